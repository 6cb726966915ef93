/** A cell with every option defaulted, and a plant around it: signals over time, restarts, and a clock that people set. */
import type { Kept } from '../../gateway/host/state-store.ts';
import { utcMs } from '../../gateway/model/units.ts';
import type { Maybe } from '../../rules/expression.ts';
import {
  type CellInput,
  type CellStep,
  type CellTurn,
  cellStep,
} from '../../rules/kinds/cell/cell.ts';
import { type CalendarConfig, cellCalendar } from '../../rules/kinds/cell/cell-calendar.ts';
import { restoredCell } from '../../rules/kinds/cell/cell-kept.ts';
import {
  type CellConfig,
  type CellState,
  COUNTERS,
  newCell,
} from '../../rules/kinds/cell/cell-memory.ts';
import type { CellRecord } from '../../rules/kinds/cell/cell-records.ts';
import type { CellRule } from '../../rules/kinds/cell/cell-shift.ts';
import { CELL_SIGNALS } from '../../rules/kinds/cell/cell-state.ts';

export const cellConfig = (over: Partial<CellConfig> = {}): CellConfig => ({
  dwell: 1_000,
  microStop: 300_000,
  linger: 60_000,
  blink: 2_000,
  cycle: 'count',
  counters: { total: { modulus: undefined } },
  hasResult: false,
  partValues: [],
  handshakes: [],
  wear: [],
  ...over,
});

export const calendarConfig = (over: Partial<CalendarConfig> = {}): CalendarConfig => ({
  shifts: ['08:00', '20:00'],
  breaks: [],
  daysOff: [],
  datesOff: [],
  datesOn: [],
  ...over,
});

export const cellRule = (
  config: Partial<CellConfig> = {},
  calendar: Partial<CalendarConfig> = {},
  zone = 'Asia/Shanghai',
): CellRule => ({
  config: cellConfig(config),
  calendar: cellCalendar(calendarConfig(calendar), zone),
});

/** What is true in the plant, by the names of the inputs; null: unknown; what is not there the cell has not. */
export type Picture = Readonly<Record<string, Maybe | null>>;

/** The input of a step from what is true. */
export function inputOf(
  picture: Picture,
  time: Pick<CellInput, 'now' | 'utc' | 'isSynced'>,
  { config }: CellRule,
): CellInput {
  const of = (name: string): Maybe => picture[name] ?? undefined;
  const truth = (name: string) => of(name) as boolean | undefined;
  const amount = (name: string) => of(name) as number | undefined;
  const has = (name: string) => name in picture;
  return {
    ...time,
    signals: Object.fromEntries(CELL_SIGNALS.filter(has).map((name) => [name, truth(name)])),
    faultCode: of('faultCode'),
    counts: Object.fromEntries(COUNTERS.filter(has).map((name) => [name, amount(name)])),
    start: has('start') ? truth('start') : truth('cycleActive'),
    end: has('end') ? truth('end') : inverse(truth('cycleActive')),
    cycleTime: amount('cycleTime'),
    ideal: amount('ideal'),
    result: of('result'),
    serial: of('serial'),
    partValues: config.partValues.map(of),
    order: of('order'),
    product: of('product'),
    handshakes: config.handshakes.map(({ name }) => ({
      after: truth(`${name}.after`),
      expect: truth(`${name}.expect`),
    })),
    wear: config.wear.map(({ name }) => amount(`wear.${name}`)),
    relearn: truth('relearn'),
  };
}

const inverse = (truth: boolean | undefined) => (truth === undefined ? undefined : !truth);

/** One thing that happens in the plant. */
export type Happening =
  | { readonly kind: 'set'; readonly picture: Picture }
  | { readonly kind: 'add'; readonly to: Readonly<Record<string, number>> }
  /** People, or a server, set the clock by so much. */
  | { readonly kind: 'clock'; readonly by: number }
  | { readonly kind: 'synced'; readonly is: boolean }
  /** Nothing runs for so long; `isKnown`: afterwards the wall clock tells how long. */
  | { readonly kind: 'restart'; readonly off: number; readonly isKnown: boolean };

export interface PlantOptions {
  readonly rule: CellRule;
  /** What the wall clock shows at the beginning. */
  readonly begin: number;
  /** Evaluated at least so often; it may make no difference. */
  readonly tick: number;
  readonly picture: Picture;
}

/** Real time goes on in the plant; engine time stands still while it is off, where nobody can tell how long. */
export class Plant {
  readonly records: (CellRecord & { readonly at: number })[] = [];
  readonly turns: (CellTurn & { readonly at: number })[] = [];
  state: CellState;
  picture: Picture;
  real = 0;
  #engine = 0;
  #wall: number;
  #isSynced = true;
  /** Nothing runs until then. */
  #offUntil = 0;
  #wake: number | undefined;
  /** Nobody can tell how long nothing ran. */
  #isLost = false;
  readonly #options: PlantOptions;

  constructor(options: PlantOptions) {
    this.#options = options;
    this.#wall = options.begin;
    this.picture = options.picture;
    this.state = newCell(options.rule.config);
  }

  get isOff(): boolean {
    return this.real < this.#offUntil;
  }

  get engine(): number {
    return this.#engine;
  }

  /** Everything that becomes due before `real` is evaluated, and then what happens; what is off is not restarted. */
  happen(real: number, happenings: readonly Happening[]): void {
    this.run(real);
    for (const happening of happenings) this.#do(happening);
    if (this.isOff) return;
    this.evaluate();
    const restart = happenings.find((happening) => happening.kind === 'restart');
    if (restart === undefined) return;
    this.#restart(restart);
    if (!this.isOff) this.evaluate();
  }

  /** Time goes on up to `real`, without what happens then. */
  run(real: number): void {
    const { tick } = this.#options;
    while (this.real < real) {
      const isOff = this.real < this.#offUntil;
      const wake = this.#wake === undefined ? real : this.real + this.#wake - this.#engine;
      const next = isOff
        ? Math.min(real, this.#offUntil)
        : Math.min(real, Math.max(this.real, wake), (Math.floor(this.real / tick) + 1) * tick);
      this.#goOn(next - this.real, isOff);
      // What happens at `real` is seen with it, in one evaluation.
      if (this.real < real && this.real >= this.#offUntil) this.evaluate();
    }
  }

  evaluate(): void {
    const { rule } = this.#options;
    const time = { now: this.#engine, utc: utcMs(this.#wall), isSynced: this.#isSynced };
    const step: CellStep = cellStep(this.state, inputOf(this.picture, time, rule), rule);
    this.state = step.state;
    this.#wake = step.wake;
    if (step.wake !== undefined && step.wake <= this.#engine)
      throw new Error(`wants to be woken at ${step.wake}, and it is ${this.#engine}`);
    const at = this.#engine;
    this.records.push(...step.records.map((record) => ({ ...record, at })));
    this.turns.push(...step.turns.map((turn) => ({ ...turn, at })));
  }

  #goOn(by: number, isOff: boolean): void {
    this.real += by;
    this.#wall += by;
    if (!(isOff && this.#isLost)) this.#engine += by;
  }

  #do(happening: Happening): void {
    const { picture } = this;
    if (happening.kind === 'set') this.picture = { ...picture, ...happening.picture };
    else if (happening.kind === 'clock') this.#wall += happening.by;
    else if (happening.kind === 'synced') this.#isSynced = happening.is;
    else if (happening.kind === 'add') this.picture = this.added(picture, happening.to);
  }

  /** The picture after counters went on, each up to its modulus. */
  added(picture: Picture, to: Readonly<Record<string, number>>): Picture {
    const counters: Readonly<Record<string, { readonly modulus: number | undefined }>> =
      this.#options.rule.config.counters;
    const sums = Object.entries(to).map(([name, by]) => {
      const sum = Number(picture[name] ?? 0) + by;
      const modulus = counters[name]?.modulus;
      return [name, modulus === undefined ? sum : sum % modulus];
    });
    return { ...picture, ...Object.fromEntries(sums) };
  }

  #restart({ off, isKnown }: Happening & { readonly kind: 'restart' }): void {
    const kept: Kept = JSON.parse(JSON.stringify(this.state));
    const restored = restoredCell(kept, isKnown ? off : 0, this.#options.rule.config);
    if (restored === undefined) throw new Error('what was kept cannot be used');
    this.state = restored;
    this.#isLost = !isKnown;
    this.#offUntil = this.real + off;
    this.#wake = undefined;
  }
}
