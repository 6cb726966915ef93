import { describe, expect, it } from 'vitest';
import type { FaultSetting } from '../../firmware-sim/faults.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import { isBad } from '../../gateway/model/quality.ts';
import { between, millis, minutes, seconds } from '../../gateway/model/units.ts';
import { type MixedBus, type MixedUnit, mixedBus, type Protocol } from '../support/mixed-bus.ts';

const PROTOCOLS: readonly Protocol[] = ['modbus', 'dlt645', 'cjt188'];
const UNITS = 30;
/** Unit number 3 babbles, the last ones are dead, all others damage one reply in twenty. */
const BABBLER = 3;
/** Modbus Application Protocol V1.1b3 §6.6. */
const WRITE_REGISTER = 6;
const CORRUPT: FaultSetting = { kind: 'bad-crc', share: 0.05 };

const thirty = (dead: number): MixedUnit[] =>
  Array.from({ length: UNITS }, (_, i) => ({
    protocol: PROTOCOLS[i % PROTOCOLS.length] as Protocol,
    fault:
      i >= UNITS - dead ? 'silent' : i + 1 === BABBLER ? { kind: 'babble', share: 0.05 } : CORRUPT,
  }));

/** Commands at random moments: for each, how long after the end of the transaction under way it was on the wire. */
async function command(site: MixedBus, count: number) {
  const random = seededRandom(11);
  const waits: number[] = [];
  for (let i = 0; i < count; i++) {
    await site.clock.advance(millis(200 + Math.floor(random() * 2_000)));
    const device = site.devices[0];
    const [target] = device?.tags ?? [];
    if (!device || !target) throw new Error('the site has no unit 1');
    const given = site.clock.mono();
    const written = site.bus.write(device.name, {
      tag: target.tag,
      address: target.address,
      value: i,
    });
    await site.clock.advance(seconds(6));
    await written;
    const isWrite = (bytes: Uint8Array) => bytes[0] === 1 && bytes[1] === WRITE_REGISTER;
    const at = site.sent.find((one) => one.at >= given && isWrite(one.bytes))?.at ?? Number.NaN;
    const running = site.ended.find((end) => end >= given && end <= at) ?? given;
    waits.push(between(running, at as typeof given));
  }
  return waits;
}

describe.each([1, 3, 5, 9])(
  'thirty units of three protocols on 9600 8N1, %i of them dead',
  (dead) => {
    it('healthy units are on time, dead ones keep to their share, commands overtake', async () => {
      const site = mixedBus(thirty(dead));
      await site.bus.start();
      await site.clock.advance(minutes(10));
      const commands = await command(site, 20);
      const elapsed = site.clock.mono();
      const { devices } = site.bus.facts();
      const healthy = devices.slice(0, UNITS - dead).filter((_, i) => i + 1 !== BABBLER);
      const polls = healthy.reduce((sum, { polls }) => sum + polls, 0);
      const missed = healthy.reduce((sum, { late, overruns }) => sum + late + overruns, 0);
      expect(1 - missed / polls).toBeGreaterThanOrEqual(0.99);
      // One that was unlucky at its first contact was found by a probe later on.
      for (const { answered, state } of healthy) {
        expect(state).toBe('up');
        expect(answered).toBeGreaterThanOrEqual(Math.floor(elapsed / 5_000) * 0.9);
      }

      const silent = devices.slice(UNITS - dead);
      expect(silent.reduce((sum, { lineMs }) => sum + lineMs, 0) / elapsed).toBeLessThanOrEqual(
        0.05,
      );
      for (const { answered } of silent) expect(answered).toBe(0);

      expect(Math.max(...commands)).toBeLessThanOrEqual(20);
      const wrong = site.samples.filter(
        ({ tag, value, quality }) =>
          /^unit-\d+\.r\d+$/.test(tag) &&
          !isBad(quality) &&
          tag !== 'unit-1.r0' &&
          value !== Number(/unit-(\d+)/.exec(tag)?.[1]) * 1000 + Number(/r(\d+)$/.exec(tag)?.[1]),
      );
      expect(wrong).toEqual([]);
      await site.bus.stop();
    });
  },
);

describe('one wire with devices of different settings', () => {
  it('tunes the line for each request, and every device answers', async () => {
    const site = mixedBus([
      { protocol: 'modbus' },
      { protocol: 'dlt645', settings: { baud: 2400, format: '8E1' } },
      { protocol: 'cjt188', settings: { baud: 2400, format: '8E1' } },
      { protocol: 'modbus', settings: { baud: 19_200, format: '8E1' } },
      { protocol: 'dlt645', settings: { baud: 1200, format: '8E1' } },
    ]);
    await site.bus.start();
    await site.clock.advance(minutes(2));
    for (const device of site.bus.facts().devices) {
      expect(device).toMatchObject({ state: 'up', silent: 0, garbled: 0, late: 0 });
      expect(device.answered).toBeGreaterThanOrEqual(24);
    }
    expect(site.line.stats()).toMatchObject({ tooEarly: 0, collisions: 0 });
    await site.bus.stop();
  });
});
