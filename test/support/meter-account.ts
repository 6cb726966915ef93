/** A played series put through the accounting of registers: what it counts, and what it tells. */
import type { Decimal } from '../../gateway/model/sample.ts';
import { exact, quotient } from '../../rules/kinds/reading/exact-number.ts';
import { taken } from '../../rules/kinds/reading/register-series.ts';
import type { RegisterRules } from '../../rules/kinds/reading/register-step.ts';
import { swapDeclared } from '../../rules/kinds/reading/register-swap.ts';
import { registerUnit } from '../../rules/kinds/reading/register-unit.ts';
import {
  SERIES_EVENTS,
  type SeriesEvent,
  type SeriesEventKind,
} from '../../rules/kinds/reading/series-event.ts';
import {
  NEW_SERIES,
  type Point,
  type SeriesState,
} from '../../rules/kinds/reading/series-state.ts';
import type { MeterSeries } from './meter-series.ts';

export interface Account {
  /** From the first to the last reading, in steps of the last digit. */
  readonly counted: bigint;
  readonly told: Readonly<Record<SeriesEventKind, number>>;
  readonly events: readonly SeriesEvent[];
  readonly state: SeriesState;
}

export function rulesOf(
  series: Omit<MeterSeries, 'played' | 'truth' | 'family'>,
  unit = '',
): RegisterRules {
  const { decimals, modulus, maxRate, isSigned } = series;
  const steps = (value: bigint | undefined): Decimal | undefined =>
    value === undefined ? undefined : { unscaled: value, decimals };
  return {
    counts: registerUnit(unit, '1'),
    modulus: steps(modulus),
    maxRatePerHour: steps(maxRate),
    decimals,
    direction: isSigned ? 'both' : 'forward',
  };
}

/** `unit` makes no difference to what is counted: the total is in another one. */
export function accounted(series: MeterSeries, unit = ''): Account {
  const { decimals } = series;
  const rules = rulesOf(series, unit);
  let state = NEW_SERIES;
  const events: SeriesEvent[] = [];
  // A late reading may lie before the first one: the account begins where the earliest stands.
  let earliest: Point | undefined;
  for (const played of series.played) {
    const at = played.time;
    if (played.kind === 'swap') {
      const { final, initial } = played;
      const answer = swapDeclared(state, rules, {
        time: at,
        ...(final !== undefined && { final: { unscaled: final, decimals } }),
        ...(initial !== undefined && { initial: { unscaled: initial, decimals } }),
      });
      if ('refused' in answer) throw new Error(`refused: ${answer.refused}`);
      state = answer.state;
      events.push(...answer.events);
      continue;
    }
    const { kind, value } = played;
    const verdict = taken(state, rules, {
      time: at,
      value: { unscaled: value, decimals },
      origin: kind,
      ...(kind === 'read' && played.serial !== undefined && { serial: played.serial }),
    });
    state = verdict.state;
    events.push(...verdict.events);
    const first = state.points[0];
    if (earliest === undefined || (first !== undefined && first.time < earliest.time))
      earliest = first;
  }
  const total = exact(state.total);
  const begun = exact(earliest?.total ?? '0');
  const steps = (of: Decimal): bigint => quotient(of, rules.counts.scale, decimals).unscaled;
  const told = Object.fromEntries(
    SERIES_EVENTS.map((kind) => [kind, events.filter((event) => event.kind === kind).length]),
  ) as Record<SeriesEventKind, number>;
  return { counted: steps(total) - steps(begun), told, events, state };
}
