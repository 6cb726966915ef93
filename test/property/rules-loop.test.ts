import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Kept } from '../../gateway/host/state-store.ts';
import { millis } from '../../gateway/model/units.ts';
import type { Maybe } from '../../rules/expression.ts';
import type { Machine } from '../../rules/kind.ts';
import { loopMachine } from '../../rules/kinds/loop.ts';
import { scheduleMachine } from '../../rules/kinds/schedule.ts';
import { sequenceMachine } from '../../rules/kinds/sequence.ts';
import {
  expressionOf,
  led,
  loopRule,
  onOff,
  pi,
  scheduleRule,
  sequenceRule,
  siteOf,
} from '../support/kind-fixture.ts';

const SEED = Number(process.env.SEED ?? 20_260_101);
const settings = { seed: SEED, numRuns: 500 };

interface Moment {
  readonly now: number;
  readonly values: readonly Maybe[];
}

/** Rising times, often on round ones, where timers fall due. */
const traceOf = (values: fc.Arbitrary<readonly Maybe[]>): fc.Arbitrary<readonly Moment[]> =>
  fc
    .array(
      fc.tuple(fc.oneof(fc.constantFrom(0, 1000, 5000, 10_000, 60_000), fc.nat(40_000)), values),
      { maxLength: 60 },
    )
    .map((steps) => {
      let now = 0;
      return steps.map(([by, seen]) => {
        now += by;
        return { now, values: seen };
      });
    });

const flag = fc.constantFrom<Maybe>(true, true, false, undefined);
const number = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 150, max: 250 }).map((tenths): Maybe => tenths / 10) },
  { weight: 2, arbitrary: fc.constant<Maybe>(undefined) },
  { weight: 1, arbitrary: fc.constantFrom<Maybe>(1e308, -1e308, -0, 'text', Number.NaN) },
);
const loopTrace = traceOf(fc.tuple(number, number, flag));
const fallbackOf = <T>(value: fc.Arbitrary<T>) =>
  fc.option(fc.record({ value, after: fc.constantFrom(0, 10_000, 60_000).map(millis) }), {
    nil: undefined,
  });
const action = fc.constantFrom('heat' as const, 'cool' as const);
const enabledWhen = fc.constantFrom(undefined, expressionOf('enabled'));

const switching = fc
  .record({
    action,
    band: fc.constantFrom(0, 1, 4),
    minOn: fc.constantFrom(0, 15_000, 60_000).map(millis),
    minOff: fc.constantFrom(0, 15_000, 60_000).map(millis),
  })
  .map((control) => onOff(control));
const switchingRule = fc
  .record({ control: switching, fallback: fallbackOf(fc.boolean()), enabledWhen })
  .map((over) => ({ ...loopRule(over), control: over.control }));

const modulating = fc
  .record({
    action,
    gain: fc.constantFrom(0, 0.5, 20),
    integralTime: fc.constantFrom(1000, 100_000).map(millis),
    every: fc.constantFrom(1000, 10_000).map(millis),
    outputDeadband: fc.constantFrom(0, 2),
    min: fc.constantFrom(0, 10),
    max: fc.constantFrom(60, 100),
  })
  .map((control) => pi(control));
const modulatingRule = fc
  .record({
    control: modulating,
    fallback: fallbackOf(fc.integer({ min: 10, max: 60 })),
    enabledWhen,
  })
  .map((over) => ({ ...loopRule(over), control: over.control }));
const output = fc.constantFrom<Maybe>(undefined, true, false, 0, 55, 400);

/** The trace with a moment of its own wherever the machine asked for one, as the engine has it. */
function follow<S extends Kept>(
  machine: Machine<S>,
  trace: readonly Moment[],
  each: (moment: Moment, write: Maybe) => void,
  between: (run: ReturnType<typeof led<S>>, moment: number) => void = () => {},
): void {
  const run = led(machine);
  let wake: number | undefined;
  let seen: readonly Maybe[] | undefined;
  let count = 0;
  const at = (moment: Moment) => {
    const step = run.at(moment.now, ...moment.values);
    if (step.wake !== undefined) expect(step.wake).toBeGreaterThan(moment.now);
    wake = step.wake;
    each(moment, step.out?.write);
    between(run, count++);
  };
  for (const moment of trace) {
    for (let wakes = 0; wakes < 100 && wake !== undefined && wake <= moment.now && seen; wakes++)
      at({ now: wake, values: seen });
    seen = moment.values;
    at(moment);
  }
}

test('a loop that switches keeps its times on and off in every trace, and writes changes alone', () => {
  fc.assert(
    fc.property(switchingRule, loopTrace, output, (rule, trace, known) => {
      const { minOn, minOff } = rule.control;
      let isOn = typeof known === 'number' ? known !== 0 : known;
      let since = trace[0]?.now ?? 0;
      follow(loopMachine(rule, siteOf(known)), trace, ({ now }, write) => {
        if (write === undefined) return;
        expect(write).not.toBe(isOn);
        // Nothing known counts as off since the beginning: the first off is no change.
        const isChange = !(isOn === undefined && write === false);
        if (isChange) {
          expect(now - since).toBeGreaterThanOrEqual(isOn === true ? minOn : minOff);
          since = now;
        }
        isOn = write === true;
      });
    }),
    settings,
  );
});

test('a proportional-integral loop stays within its limits in every trace, and writes changes alone', () => {
  fc.assert(
    fc.property(modulatingRule, loopTrace, output, (rule, trace, known) => {
      const { min, max } = rule.control;
      let last: Maybe;
      follow(loopMachine(rule, siteOf(known)), trace, (_, write) => {
        if (write === undefined) return;
        expect(write).toBeGreaterThanOrEqual(min);
        expect(write).toBeLessThanOrEqual(max);
        expect(write).not.toBe(last);
        last = write;
      });
    }),
    settings,
  );
});

test('a loop without values is at its fallback once its time is over', () => {
  const blind = fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.oneof(switchingRule, modulatingRule), loopTrace, blind, (rule, trace, steps) => {
      const { fallback } = { ...rule };
      fc.pre(fallback !== undefined && rule.enabledWhen === undefined);
      const end = trace.at(-1)?.now ?? 0;
      let now = end;
      const dark = steps.map((by) => {
        now += by;
        return { now, values: [undefined, 20] };
      });
      const hold = rule.control.kind === 'on_off' ? 60_000 : 0;
      const last = { now: now + (fallback?.after ?? 0) + hold, values: [undefined, 20] };
      let written: Maybe;
      follow(loopMachine(rule, siteOf()), [...trace, ...dark, last], (_, write) => {
        written = write ?? written;
      });
      expect(written).toBe(fallback?.value);
    }),
    settings,
  );
});

const ofAnyKind = fc.oneof(
  fc
    .tuple(fc.oneof(switchingRule, modulatingRule), output, loopTrace)
    .map(([rule, known, trace]) => ({
      make: (): Machine => loopMachine(rule, siteOf(known)),
      trace,
    })),
  fc.tuple(fc.boolean(), traceOf(fc.tuple(flag, flag, flag, flag))).map(([aborts, trace]) => ({
    make: (): Machine =>
      sequenceMachine(sequenceRule(aborts ? { abortWhen: expressionOf('abort') } : {}), siteOf()),
    trace,
  })),
  fc
    .tuple(fc.constantFrom('skip' as const, 'run' as const), traceOf(fc.tuple(flag)))
    .map(([missed, trace]) => ({
      make: (): Machine =>
        scheduleMachine(
          scheduleRule({
            missed,
            at: { kind: 'cron', cron: '*/2 * * * *' },
            onlyWhen: expressionOf('dark'),
          }),
          siteOf(),
        ),
      trace,
    })),
);

test('a machine of any kind goes on after a restart at any moment as if there had been none', () => {
  fc.assert(
    fc.property(ofAnyKind, fc.nat(60), ({ make, trace }, at) => {
      const outs = (restartsAt: number) => {
        const run = led(make());
        return trace.map(({ now, values }, index) => {
          if (index === restartsAt) expect(run.restart()).toBe(true);
          const { out, wake } = run.at(now, ...values);
          return { now, out, wake };
        });
      };
      expect(outs(at)).toEqual(outs(-1));
    }),
    settings,
  );
});

test('no machine takes a state that is not its own, and none throws at one', () => {
  const key = fc.constantFrom(
    ...['from', 'next', 'awaited', 'due', 'isArmed', 'hung', 'isOn', 'isKnown', 'since'],
    ...['isEnabled', 'blind', 'phase', 'out', 'integral', 'at'],
  );
  fc.assert(
    fc.property(
      ofAnyKind,
      fc.oneof(fc.jsonValue(), fc.dictionary(key, fc.jsonValue())),
      fc.nat(60),
      ({ make, trace }, kept, at) => {
        const machine = make();
        const restored = machine.restored(kept as Kept, 5);
        if (restored === undefined) return;
        const { now, values } = trace[at] ?? { now: 0, values: [] };
        machine.step(restored, {
          now,
          utc: now as never,
          isSynced: true,
          values,
          isAcknowledged: false,
        });
        expect(machine.describe(restored, now)).toEqual(expect.any(String));
      },
    ),
    settings,
  );
});

test('a sequence clears its alarm only after it was active, and asks for one thing at a time', () => {
  fc.assert(
    fc.property(traceOf(fc.tuple(flag, flag, flag)), (trace) => {
      const run = led(sequenceMachine(sequenceRule(), siteOf()));
      let isActive = false;
      for (const { now, values } of trace) {
        const { out } = run.at(now, ...values);
        if (out?.alarm !== undefined) {
          expect(out.alarm === 'active').toBe(!isActive);
          isActive = out.alarm === 'active';
        }
        if (out !== undefined) expect(out.actions).toHaveLength(1);
      }
    }),
    settings,
  );
});
