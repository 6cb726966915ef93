/** What a meter says of itself besides its registers: flags, its clock, its temperatures, its tariffs. Pure. */
import { difference, sum } from '../../../gateway/model/decimal.ts';
import { type Decimal, decimalText } from '../../../gateway/model/sample.ts';
import { type Millis, minutes } from '../../../gateway/model/units.ts';
import { compared, exact, magnitude, ZERO } from './exact-number.ts';
import type { FindingKey } from './finding.ts';

/** What is known of a meter at present; what a site has no tag for stays undefined. */
export interface MeterFacts {
  /** Flags, or counts that rise with each event. */
  readonly cover?: boolean | number;
  readonly magnetic?: boolean | number;
  readonly battery?: boolean;
  readonly valve?: 'open' | 'closed' | 'abnormal';
  readonly reverse?: boolean;
  readonly noWater?: boolean;
  /** The register of what flowed backwards, where the meter has one and nothing should. */
  readonly reverseTotal?: Decimal;
  /** Its clock less the gateway's, in milliseconds. */
  readonly clockOff?: number;
  /** Of a heat meter; °C, and any unit of flow. */
  readonly supply?: number;
  readonly return?: number;
  readonly flow?: number;
  /** Of one request: the total register and those of the tariffs. */
  readonly total?: Decimal;
  readonly tariffs?: readonly Decimal[];
}

export interface StatusLimits {
  readonly clock: Millis;
  /** K */
  readonly deltaT: number;
  readonly deltaTAfter: Millis;
  /** In the register's unit. */
  readonly tariffs: Decimal;
}

export const STATUS_DEFAULTS: StatusLimits = {
  clock: minutes(5),
  deltaT: 5,
  deltaTAfter: minutes(60),
  tariffs: exact('0.04'),
};

export type StatusState = {
  /** Counts as last seen; null: never, or a flag. */
  readonly cover: number | null;
  readonly magnetic: number | null;
  /** Since when the temperatures are too close; null: they are not. */
  readonly close: number | null;
  /** The register of what flowed backwards, as last seen. */
  readonly reverseTotal: string | null;
  /** What the meter, or its temperatures, last said of the direction; null: nothing. */
  readonly isReverse: boolean | null;
};

export const NEW_STATUS: StatusState = {
  cover: null,
  magnetic: null,
  close: null,
  reverseTotal: null,
  isReverse: null,
};

export interface StatusFinding {
  readonly key: FindingKey;
  /** Undefined: nothing was said of it. */
  readonly isActive: boolean | undefined;
  readonly details: Readonly<Record<string, string>>;
}

/** All that a meter says of itself, condition by condition. */
export function statusSeen(
  state: StatusState,
  facts: MeterFacts,
  now: number,
  limits: StatusLimits,
): { readonly state: StatusState; readonly findings: readonly StatusFinding[] } {
  const close = isClose(facts, limits);
  const reverse = reversed(facts, state);
  const next: StatusState = {
    cover: typeof facts.cover === 'number' ? facts.cover : state.cover,
    magnetic: typeof facts.magnetic === 'number' ? facts.magnetic : state.magnetic,
    close: close === undefined ? state.close : close ? (state.close ?? now) : null,
    reverseTotal: facts.reverseTotal ? decimalText(facts.reverseTotal) : state.reverseTotal,
    isReverse: reverse.isActive ?? state.isReverse,
  };
  const plain = (key: FindingKey, isActive: boolean | undefined): StatusFinding => ({
    key,
    isActive,
    details: {},
  });
  const { valve, clockOff } = facts;
  return {
    state: next,
    findings: [
      plain('tamper', hasHappened(facts.cover, state.cover)),
      plain('magnetic', hasHappened(facts.magnetic, state.magnetic)),
      plain('battery_low', facts.battery),
      plain('valve_fault', valve === undefined ? undefined : valve === 'abnormal'),
      plain('no_water', facts.noWater),
      {
        key: 'clock_off',
        isActive: clockOff === undefined ? undefined : Math.abs(clockOff) > limits.clock,
        details: { off: clockOff === undefined ? '' : `${Math.round(clockOff / 1000)} s` },
      },
      reverse,
      closeFinding(facts, next, now, limits),
      tariffFinding(facts, limits),
    ],
  };
}

/** A flag that is set; of a count: it has risen since it was last seen. */
function hasHappened(
  present: boolean | number | undefined,
  before: number | null,
): boolean | undefined {
  if (typeof present !== 'number') return present;
  return before === null ? undefined : present > before;
}

/** A flag, a register of its own that rises, or a return that is hotter than the supply: any of them is enough. */
function reversed(
  { reverse, supply, return: back, flow, reverseTotal }: MeterFacts,
  before: StatusState,
): StatusFinding {
  const isKnown = supply !== undefined && back !== undefined && flow !== undefined;
  const isHotter = isKnown ? flow > 0 && back > supply : undefined;
  const rose =
    reverseTotal && before.reverseTotal !== null
      ? difference(reverseTotal, exact(before.reverseTotal))
      : undefined;
  const isRising = rose && rose.unscaled > 0n;
  const said = [reverse, isHotter, isRising].filter((one) => one !== undefined);
  const sign =
    rose && isRising
      ? `+${decimalText(rose)}`
      : isHotter === true
        ? `${back} > ${supply} °C`
        : 'flag';
  const isActive = said.length === 0 ? undefined : said.includes(true);
  return { key: 'reverse', isActive, details: { sign } };
}

function isClose(
  { supply, flow, ...facts }: MeterFacts,
  { deltaT }: StatusLimits,
): boolean | undefined {
  if (supply === undefined || facts.return === undefined || flow === undefined) return undefined;
  return flow > 0 && supply - facts.return < deltaT;
}

function closeFinding(
  { supply, ...facts }: MeterFacts,
  { close }: StatusState,
  now: number,
  { deltaTAfter }: StatusLimits,
): StatusFinding {
  const difference = supply === undefined || facts.return === undefined ? 0 : supply - facts.return;
  const lasted = close === null ? 0 : now - close;
  return {
    key: 'low_delta_t',
    isActive: close === null ? false : lasted >= deltaTAfter ? true : undefined,
    details: {
      difference: `${Number(difference.toFixed(2))} K`,
      minutes: `${Math.floor(lasted / 60_000)}`,
    },
  };
}

function tariffFinding({ total, tariffs }: MeterFacts, limits: StatusLimits): StatusFinding {
  if (total === undefined || tariffs === undefined || tariffs.length === 0)
    return { key: 'tariff_sum', isActive: undefined, details: {} };
  const all = tariffs.reduce(sum, ZERO);
  return {
    key: 'tariff_sum',
    isActive: compared(magnitude(difference(all, total)), limits.tariffs) > 0,
    details: { sum: decimalText(all), total: decimalText(total) },
  };
}
