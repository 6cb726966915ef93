import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CountPin } from '../../drivers/gpio/count-pin.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import { type Kept, memoryStateStore, type StateStore } from '../../gateway/host/state-store.ts';
import { type VirtualClock, virtualClock } from '../../gateway/host/virtual-clock.ts';
import { millis, monoMs } from '../../gateway/model/units.ts';
import { pinAddressOf, tagOf } from '../support/gpio-fixture.ts';
import { type ScriptedPins, scriptedPins } from '../support/scripted-pins.ts';

const PULSES = 100_000;
const DEBOUNCE = 5;
/** The longest a contact bounces; shorter than the debounce. */
const BOUNCING = 4;

/** A meter whose contact bounces, from the moment `from` on; gives back when it is done with its pulse. */
function pulse(pins: ScriptedPins, random: () => number, from: number): number {
  let at = from;
  for (const isHigh of [true, false]) {
    const end = at + random() * BOUNCING;
    pins.move(27, isHigh, monoMs(at));
    for (let n = Math.floor(random() * 3); n > 0 && at < end; n--) {
      at += (random() * (end - at)) / 2;
      pins.move(27, !isHigh, monoMs(at));
      at += (random() * (end - at)) / 2;
      pins.move(27, isHigh, monoMs(at));
    }
    at += DEBOUNCE + 1 + random() * 60;
  }
  return at;
}

function counter(clock: VirtualClock, state: StateStore): CountPin {
  const address = pinAddressOf({ address: 'count 27', pulse: 0.01, debounce: `${DEBOUNCE}ms` });
  if (address.kind !== 'count') throw new Error('no counter');
  return new CountPin(tagOf('water'), address, { clock, state, report() {}, note() {} });
}

const countIn = (state: StateStore): number => {
  const kept = state.get('gpio/box.water') as Readonly<Record<string, Kept>>;
  return Number(kept.pulses);
};

test(`of ${PULSES} bouncing pulses none is lost or doubled while the gateway runs, restarts included`, async () => {
  const random = seededRandom(20_261);
  const clock = virtualClock();
  const pins = scriptedPins(clock);
  const state = memoryStateStore();
  let pin = counter(clock, state);
  await pin.take(pins, 27, () => {});
  let at = 1;
  let restarts = 0;
  for (let n = 0; n < PULSES; n++) {
    at = pulse(pins, random, at);
    if (random() < 0.001) {
      await clock.advance(millis(at - clock.mono()));
      await pin.stop();
      await pins.close();
      pin = counter(clock, state);
      await pin.take(pins, 27, () => {});
      restarts++;
    }
  }
  await clock.advance(millis(at - clock.mono() + 1_000));
  expect(pin.sample()).toMatchObject({ value: PULSES / 100, quality: 'good' });
  expect(countIn(state)).toBe(PULSES);
  expect(restarts).toBeGreaterThan(50);
});

test('a power cut costs what was counted since the last write, a stop what comes until the next start', () => {
  const lives = fc.array(
    fc.record({
      pulses: fc.nat(30),
      missed: fc.nat(3),
      isKilled: fc.boolean(),
      written: fc.nat(30),
    }),
    { maxLength: 8 },
  );
  return fc.assert(
    fc.asyncProperty(lives, fc.integer(), async (all, seed) => {
      const random = seededRandom(seed);
      const clock = virtualClock();
      const pins = scriptedPins(clock);
      let state = memoryStateStore();
      let at = 1;
      let expected = 0;
      for (const { pulses, missed, isKilled, written } of all) {
        const pin = counter(clock, state);
        await pin.take(pins, 27, () => {});
        let onDisk = state;
        for (let n = 0; n < pulses; n++) {
          at = pulse(pins, random, at);
          await clock.advance(millis(at - clock.mono() + 200));
          at = clock.mono();
          pin.sample();
          if (n + 1 === written) onDisk = copyOf(state);
        }
        if (isKilled) {
          state = onDisk === state ? copyOf(state) : onDisk;
          expected += written > 0 && written <= pulses ? written : pulses;
        } else {
          await pin.stop();
          expected += pulses;
        }
        await pins.close();
        for (let n = 0; n < missed; n++) at = pulse(pins, random, at);
        await clock.advance(millis(at - clock.mono()));
        expect(countIn(state)).toBe(expected);
      }
    }),
    { numRuns: 40 },
  );
});

function copyOf(state: StateStore): StateStore {
  const copy = memoryStateStore();
  const kept = state.get('gpio/box.water');
  if (kept !== undefined) copy.set('gpio/box.water', kept);
  return copy;
}
