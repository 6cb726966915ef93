/** Rules of a kind with every option defaulted, and their machines led through moments by hand. */
import type { Kept } from '../../gateway/host/state-store.ts';
import type { TagId } from '../../gateway/model/sample.ts';
import { millis, seconds, utcMs } from '../../gateway/model/units.ts';
import type { Expression, Maybe } from '../../rules/expression.ts';
import type { Machine, MachineSite, Step } from '../../rules/kind.ts';
import type {
  Action,
  AlarmConfig,
  LoopRule,
  OnOffControl,
  PiControl,
  ScheduleRule,
  SequenceRule,
} from '../../rules/rule.ts';

/** Stands for an expression whose result a test hands in itself. */
export const expressionOf = (text: string): Expression => ({
  text,
  root: { kind: 'literal', type: 'any', value: text, span: { start: 0, end: text.length } },
  tags: [],
  looksAtTime: false,
});

export const recordOf = (name: string): Action => ({ kind: 'record', name, values: [] });

const common = {
  name: 'r',
  fingerprint: 'f',
  mode: 'active',
  description: undefined,
  tags: [],
  looksAtTime: true,
  memories: 0,
  tests: [],
} as const;

export const scheduleRule = (over: Partial<ScheduleRule> = {}): ScheduleRule => ({
  ...common,
  kind: 'schedule',
  at: { kind: 'cron', cron: '0 6 * * *' },
  missed: 'skip',
  onlyWhen: undefined,
  do: [recordOf('done')],
  ...over,
});

export const loopRule = (over: Partial<LoopRule> = {}): LoopRule => ({
  ...common,
  kind: 'loop',
  input: expressionOf('input'),
  setpoint: expressionOf('setpoint'),
  output: 'room.heater' as TagId,
  enabledWhen: undefined,
  control: onOff(),
  fallback: undefined,
  ...over,
});

export const onOff = (over: Partial<OnOffControl> = {}): OnOffControl => ({
  kind: 'on_off',
  action: 'heat',
  band: 2,
  minOn: millis(0),
  minOff: millis(0),
  ...over,
});

export const pi = (over: Partial<PiControl> = {}): PiControl => ({
  kind: 'pi',
  action: 'heat',
  gain: 2,
  integralTime: seconds(100),
  min: 0,
  max: 100,
  every: seconds(10),
  outputDeadband: 0,
  ...over,
});

export const alarmConfig: AlarmConfig = {
  severity: 500,
  message: { en: ['hangs'], zh: ['卡住'] },
  latch: false,
  realarm: undefined,
  firstOut: undefined,
  suppressWhen: undefined,
};

export const sequenceRule = (over: Partial<SequenceRule> = {}): SequenceRule => ({
  ...common,
  kind: 'sequence',
  steps: [
    { name: 'one', when: expressionOf('one'), within: undefined },
    { name: 'two', when: expressionOf('two'), within: seconds(3) },
    { name: 'three', when: expressionOf('three'), within: seconds(5) },
  ],
  abortWhen: undefined,
  alarm: alarmConfig,
  do: [recordOf('completed')],
  otherwise: [recordOf('hung')],
  ...over,
});

/** A site in which `output` is what is known of every tag; it can be changed as a test goes on. */
export function siteOf(output?: Maybe): MachineSite & { output: Maybe } {
  return {
    output,
    timezone: 'Asia/Shanghai',
    position: { latitude: 31.2, longitude: 121.5 },
    lastValue() {
      return this.output === undefined
        ? { value: undefined, quality: 'bad:waiting' }
        : { value: this.output, quality: 'good' };
    },
  };
}

/** A machine that keeps its state from one moment to the next. */
export function led<S extends Kept>(machine: Machine<S>) {
  let state = machine.begin();
  return {
    at(now: number, ...values: readonly Maybe[]): Step<S> {
      return this.on(now, now, values);
    },
    on(now: number, utc: number, values: readonly Maybe[] = [], isSynced = true): Step<S> {
      const input = { now, utc: utcMs(utc), isSynced, values, isAcknowledged: false };
      const step = machine.step(state, input);
      state = step.state;
      return step;
    },
    state: () => state,
    /** As over a restart: through JSON, `off` later. False: the machine did not take it. */
    restart(off = 0): boolean {
      const restored = machine.restored(JSON.parse(JSON.stringify(state)), off);
      state = restored ?? machine.begin();
      return restored !== undefined;
    },
  };
}
