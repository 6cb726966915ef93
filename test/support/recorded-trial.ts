/**
 * Rules tried on a recorded plant: the rows go through the real engine under a clock of their own, and what the
 * alarms did is held against the labelled windows of the recording.
 */

import type { Trace } from '../../firmware-sim/trace.ts';
import { silentLog } from '../../gateway/host/log.ts';
import type { Sample, TagId } from '../../gateway/model/sample.ts';
import { monoMs, utcMs } from '../../gateway/model/units.ts';
import type { AlarmEffect } from '../../rules/effect.ts';
import { RuleEngine } from '../../rules/engine/engine.ts';
import type { RuleSet } from '../../rules/rule.ts';
import { manualClock } from '../../rules/tests/manual-clock.ts';

/** Seconds from the first row; both ends belong to it. */
export interface LabelledWindow {
  readonly from: number;
  readonly to: number;
}

export interface TrialOptions {
  readonly rules: RuleSet;
  readonly trace: Trace;
  /** Which tag a column is, by its title; other columns are not played. */
  readonly columns: ReadonlyMap<string, TagId>;
  /** Seconds from one row to the next, whatever their times say; by their times when left out. */
  readonly every?: number;
  readonly windows: readonly LabelledWindow[];
}

/** An activation that began in no window, or the first one in a window. */
export interface Warning {
  readonly at: number;
  readonly rule: string;
  readonly message: string;
}

export interface Trial {
  readonly rows: number;
  readonly seconds: number;
  /** `warning`: the first activation in the window; undefined: it was missed. */
  readonly windows: readonly (LabelledWindow & {
    readonly warning: Warning | undefined;
    /** First activation of each rule in the window, seconds after its beginning. */
    readonly delays: ReadonlyMap<string, number>;
  })[];
  /** Activations outside all windows. */
  readonly falseAlarms: readonly Warning[];
  /** Of all the time outside the windows, and inside: the share with at least one active alarm. */
  readonly shareOutside: number;
  readonly shareInside: number;
  /** Rules that threw. */
  readonly faults: readonly string[];
}

export function tryRules(options: TrialOptions): Trial {
  const { trace, windows } = options;
  const times = timesOf(options);
  const { changes, faults } = played(options, times);
  const seconds = times.at(-1) ?? 0;
  const active = changes.filter(({ to }) => to === 'active').map(warningOf);
  const isIn = ({ from, to }: LabelledWindow, at: number) => from <= at && at <= to;
  const isLabelled = (at: number) => windows.some((window) => isIn(window, at));
  return {
    rows: trace.rows.length,
    seconds,
    windows: windows.map((window) => {
      const inside = active.filter(({ at }) => isIn(window, at));
      const delays = new Map<string, number>();
      for (const { rule, at } of inside) if (!delays.has(rule)) delays.set(rule, at - window.from);
      return { ...window, warning: inside[0], delays };
    }),
    falseAlarms: active.filter(({ at }) => !isLabelled(at)),
    ...sharesOf(changes, seconds, isLabelled),
    faults,
  };
}

/** The windows that a column of zeros and ones marks. */
export function windowsOf(trace: Trace, title: string): readonly LabelledWindow[] {
  const column = trace.columns.indexOf(title);
  const times = trace.rows.map(({ time }) => (time - (trace.rows[0]?.time ?? 0)) / 1000);
  const windows: { from: number; to: number }[] = [];
  trace.rows.forEach(({ values }, at) => {
    const isMarked = values[column] === 1;
    const wasMarked = trace.rows[at - 1]?.values[column] === 1;
    const time = times[at] ?? 0;
    const open = windows.at(-1);
    if (isMarked && !wasMarked) windows.push({ from: time, to: time });
    else if (isMarked && open) open.to = time;
  });
  return windows;
}

/** The rows between two moments of the recording's clock, as seconds by the order of the rows. */
export function rowWindow(trace: Trace, every: number, from: string, to: string): LabelledWindow {
  const utc = (text: string) => Date.parse(`${text.replace(' ', 'T')}:00Z`);
  const first = trace.rows.findIndex(({ time }) => time >= utc(from));
  const last = trace.rows.findLastIndex(({ time }) => time <= utc(to));
  return { from: first * every, to: last * every };
}

const timesOf = ({ trace, every }: TrialOptions): readonly number[] =>
  trace.rows.map(({ time }, at) =>
    every === undefined ? (time - (trace.rows[0]?.time ?? 0)) / 1000 : at * every,
  );

const warningOf = ({ at, rule, message }: AlarmEffect): Warning => ({
  at: at / 1000,
  rule,
  message: message.en,
});

function played({ rules, trace, columns }: TrialOptions, times: readonly number[]) {
  const start = trace.rows[0]?.time ?? utcMs(0);
  const clock = manualClock(start);
  const changes: AlarmEffect[] = [];
  const faults: string[] = [];
  const engine = new RuleEngine(rules, {
    clock,
    log: silentLog,
    emit(effects) {
      for (const effect of effects) {
        if (effect.kind === 'alarm') changes.push(effect);
        if (effect.kind === 'fault') faults.push(`${effect.rule}: ${effect.reason}`);
      }
    },
  });
  engine.start();
  trace.rows.forEach(({ values }, row) => {
    clock.moveTo(monoMs((times[row] ?? 0) * 1000));
    const time = clock.utc();
    const samples = trace.columns.flatMap((title, column): Sample[] => {
      const tag = columns.get(title);
      const value = values[column];
      return tag === undefined || value === undefined
        ? []
        : [{ tag, value, quality: 'good', time, timeBasis: 'source' }];
    });
    engine.apply(samples);
  });
  engine.stop();
  return { changes, faults };
}

function sharesOf(
  changes: readonly AlarmEffect[],
  seconds: number,
  isLabelled: (at: number) => boolean,
) {
  const on = new Set<string>();
  const total = { in: 0, out: 0 };
  const warned = { in: 0, out: 0 };
  let next = 0;
  for (let second = 0; second < seconds; second++) {
    for (let change = changes[next]; change && change.at <= second * 1000; change = changes[++next])
      if (change.isActive) on.add(change.rule);
      else on.delete(change.rule);
    const side = isLabelled(second) ? 'in' : 'out';
    total[side]++;
    if (on.size > 0) warned[side]++;
  }
  const share = (side: 'in' | 'out') => (total[side] === 0 ? 0 : warned[side] / total[side]);
  return { shareInside: share('in'), shareOutside: share('out') };
}

/** One line for each window and each false alarm, for people. */
export function trialTable(name: string, trial: Trial): string {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const head = `${name}: ${trial.rows} rows, ${trial.seconds} s; in alarm ${percent(trial.shareInside)} of the labelled time, ${percent(trial.shareOutside)} of the other`;
  const windows = trial.windows.map(({ from, to, warning, delays }) => {
    const rules = [...delays].map(([rule, delay]) => `${rule} +${delay} s`).join(', ');
    return `  window ${from}…${to} s: ${warning ? rules : 'MISSED'}`;
  });
  const wrong = trial.falseAlarms.map(
    ({ at, rule, message }) => `  outside at ${at} s: ${rule}: ${message}`,
  );
  return [head, ...windows, ...(wrong.length > 0 ? wrong : ['  outside: none'])].join('\n');
}
