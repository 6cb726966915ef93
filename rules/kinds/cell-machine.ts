/**
 * The kind `cell` in the engine: from the values of expressions to the cell, from what it tells to samples, records and
 * alarms. The cell itself is in cell/, and what it means in SEMANTICS-cell.md.
 */
import { fieldsOf } from '../../gateway/host/kept-fields.ts';
import type { Kept } from '../../gateway/host/state-store.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import type { CellRule } from '../cell-rule.ts';
import { rounded } from '../compiled/compile-call.ts';
import type { EngineMs } from '../effect.ts';
import type { Maybe, Plain } from '../expression.ts';
import type { AlarmTurn, Machine, MachineSite, MadeSample, Step, StepInput } from '../kind.ts';
import { type CellStep, type CellTurn, cellStep, cellView } from './cell/cell.ts';
import { cellCalendar } from './cell/cell-calendar.ts';
import { settlesAt } from './cell/cell-dwell.ts';
import { restoredCell } from './cell/cell-kept.ts';
import { type CellState, newCell } from './cell/cell-memory.ts';
import { isUnknown } from './cell/cell-state.ts';
import { recipeIn } from './cell/cell-wear.ts';
import { cellInputs } from './cell-input.ts';
import { conditionText, stateName, turnMessage } from './cell-words.ts';

/** Figures change all the time; nobody wants more of them. */
const FIGURES_EVERY = 10_000;
const FIGURES: ReadonlySet<string> = new Set([
  ...['availability', 'effectiveness', 'quality_ratio', 'oee'],
]);
const DAYS_OF_WEAR = /^wear_.*_days$/;

export type CellMachineState = {
  readonly cell: CellState;
  /** What the cell's tags show; nothing after a restart. */
  readonly shown: Readonly<Record<string, Plain | null>>;
  /** When the figures were last looked at. */
  readonly figuresAt: EngineMs | null;
};

export function cellMachine(rule: CellRule, { timezone }: MachineSite): Machine<CellMachineState> {
  const { roles, cell, makes = [] } = rule;
  const { config, hasPartRecords } = cell;
  const core = { config, calendar: cellCalendar(cell.calendar, timezone) };
  const inputOf = cellInputs(rule);

  const alarmTurn = (turn: CellTurn, state: CellState): AlarmTurn => ({
    key: keyOf(turn, rule),
    turn: turn.turn,
    ...(turn.turn === 'active' && { message: turnMessage(turn, state, rule) }),
  });

  const samplesOf = (before: CellMachineState, { state, records }: CellStep, now: EngineMs) => {
    const isNew = records.some(({ name }) => name === 'shift');
    const { figuresAt } = before;
    const hasFigures = isNew || figuresAt === null || now - figuresAt >= FIGURES_EVERY;
    const values = valuesOf(state, core);
    const samples = makes.flatMap((tag): MadeSample[] => {
      const { id, quantity } = tag;
      if (!hasFigures && isFigure(quantity)) return [];
      const value = roundedTo(tag, values[quantity] ?? null);
      if (before.shown[quantity] === value) return [];
      return [{ tag: id, value, quality: value === null ? 'bad:no-value' : 'good' }];
    });
    return { samples, figuresAt: hasFigures ? now : figuresAt };
  };

  return {
    expressions: roles,
    alarm: undefined,
    isRestless: true,
    begin: () => anew(newCell(config)),
    step(before, input: StepInput<readonly Maybe[]>): Step<CellMachineState> {
      const step = cellStep(before.cell, inputOf(input, lastCycle(before.cell)), core);
      const { samples, figuresAt } = samplesOf(before, step, input.now);
      const alarms = step.turns.map((turn) => alarmTurn(turn, step.state));
      const records = step.records.filter(({ name }) => name !== 'part' || hasPartRecords);
      const hasOut = samples.length + alarms.length + records.length > 0;
      return {
        state: { cell: step.state, shown: withShown(before.shown, samples, makes), figuresAt },
        wake: step.wake,
        ...(hasOut && { out: { samples, alarms, records } }),
      };
    },
    restored(kept: Kept, off: number, isSameRun = false): CellMachineState | undefined {
      const was = fieldsOf(kept).cell ?? null;
      const restored = restoredCell(was, off, config);
      // Where only rules were loaded anew nobody looked away, and what was kept is what is.
      return restored && anew(isSameRun ? (was as CellState) : restored);
    },
    describe({ cell: { dwell, faultCode } }): string {
      const { settled, pending } = dwell;
      const is = conditionText(settled, faultCode);
      if (pending === null) return is;
      const next = conditionText(pending.condition, faultCode);
      return `${is}, then ${next} until ${settlesAt(dwell, config.dwell)}`;
    },
  };
}

const anew = (cell: CellState): CellMachineState => ({ cell, shown: {}, figuresAt: null });

/** In seconds; undefined: none was seen of this product. */
function lastCycle({ cycle }: CellState): number | undefined {
  const last = cycle.times.at(-1);
  return last === undefined ? undefined : last / 1000;
}

const isFigure = (quantity: string): boolean =>
  FIGURES.has(quantity) || DAYS_OF_WEAR.test(quantity);

/** See CommonRule.alarms. */
function keyOf({ of, index }: CellTurn, { cell: { config } }: CellRule): string {
  const { name } = (of === 'handshake' ? config.handshakes : config.wear)[index] ?? { name: '' };
  return `${of}-${name}`;
}

/** What every tag of a cell shows, by quantity. */
function valuesOf(
  state: CellState,
  core: Parameters<typeof cellView>[1],
): Readonly<Record<string, Plain | null>> {
  const { condition, reason, numbers, figures } = cellView(state, core);
  const { wear, batch } = state;
  const values: Record<string, Plain | null> = {
    state: stateName(condition) ?? null,
    reason,
    mode: isUnknown(condition) ? null : condition.mode,
    packml: numbers.packmlState,
    machinery_state: numbers.itemState,
    machinery_mode: numbers.operationMode,
    parts: figures.produced,
    good: figures.good,
    reject: figures.reject,
    rework: figures.rework,
    cycle_time: lastCycle(state) ?? null,
    availability: figures.availability,
    effectiveness: figures.effectiveness,
    quality_ratio: figures.quality,
    oee: figures.oee,
  };
  for (const [index, { name }] of core.config.wear.entries()) {
    const one = wear[index];
    const recipe = one && recipeIn(one, batch.product ?? '');
    values[`wear_${name}`] = recipe?.level ?? 'learning';
    values[`wear_${name}_days`] = recipe?.forecast ?? null;
  }
  return values;
}

const roundedTo = ({ decimals }: Tag, value: Plain | null): Plain | null =>
  typeof value === 'number' && decimals !== undefined ? (rounded(value, decimals) ?? null) : value;

function withShown(
  shown: CellMachineState['shown'],
  samples: readonly MadeSample[],
  makes: readonly Tag[],
): CellMachineState['shown'] {
  if (samples.length === 0) return shown;
  const values = new Map(samples.map(({ tag, value }) => [tag, value]));
  const fresh = makes.flatMap(({ id, quantity }): [string, Plain | null][] => {
    const value = values.get(id);
    return value === undefined ? [] : [[quantity, value]];
  });
  return { ...shown, ...Object.fromEntries(fresh) };
}
