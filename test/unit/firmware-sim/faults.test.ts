import { expect, test } from 'vitest';
import { hasValidCrc, rtuFrame } from '../../../firmware-sim/crc.ts';
import { createFaults, damaged, type FaultKind } from '../../../firmware-sim/faults.ts';
import { seededRandom } from '../../../gateway/host/random.ts';
import { millis, monoMs } from '../../../gateway/model/units.ts';

const pdu = Uint8Array.of(3, 4, 1, 2, 3, 4);
const nothing = () => {};

test('a healthy device draws no fault, and a share of requests meets one, the same in every run', () => {
  const run = () => {
    const faults = createFaults(5, nothing);
    const healthy = faults.draw(monoMs(0));
    faults.set({ kind: 'silent', share: 0.25 });
    const drawn = Array.from({ length: 1_000 }, (_, n) => faults.draw(monoMs(n))?.kind);
    return { healthy, drawn, counts: faults.counts() };
  };
  const first = run();
  expect(first.healthy).toBeUndefined();
  expect(first.counts.silent).toBe(first.drawn.filter((kind) => kind === 'silent').length);
  expect(first.counts.silent).toBeGreaterThan(200);
  expect(first.counts.silent).toBeLessThan(300);
  expect(run()).toEqual(first);
});

test('a fault can be exchanged and taken back while the device runs', () => {
  const faults = createFaults(1, nothing);
  faults.set('late');
  expect(faults.draw(monoMs(0))).toMatchObject({ kind: 'late', delay: 1_200 });
  faults.set({ kind: 'exception', code: 6 });
  expect(faults.draw(monoMs(0))).toMatchObject({ kind: 'exception', code: 6 });
  faults.set(undefined);
  expect(faults.draw(monoMs(0))).toBeUndefined();
  expect(faults.counts()).toEqual({ late: 1, exception: 1 });
});

test('a reboot is one restart, silence for its time, then at least as long without the next', () => {
  let reboots = 0;
  const faults = createFaults(1, () => reboots++);
  faults.set({ kind: 'reboot', downtime: millis(3_000) });
  const silentAt = [0, 1, 2_999, 3_000, 5_999, 6_000].filter((ms) => faults.draw(monoMs(ms)));
  expect(silentAt).toEqual([0, 1, 2_999, 6_000]);
  expect(reboots).toBe(2);
});

test('a device that is told to be healthy during a reboot still finishes it', () => {
  const faults = createFaults(1, nothing);
  faults.set('reboot');
  faults.draw(monoMs(0));
  faults.set(undefined);
  expect(faults.draw(monoMs(2_999))?.kind).toBe('reboot');
  expect(faults.draw(monoMs(3_000))).toBeUndefined();
});

test('damage is what its name says', () => {
  const random = seededRandom(9);
  const good = rtuFrame(7, pdu);
  const spoil = (kind: FaultKind) => damaged(kind, good, () => rtuFrame(8, pdu), random);
  expect(spoil('silent')).toEqual(good);
  expect([spoil('wrong-unit')[0], hasValidCrc(spoil('wrong-unit'))]).toEqual([8, true]);
  expect(spoil('half-frame')).toEqual(good.slice(0, 5));
  for (let run = 0; run < 50; run++) {
    const spoilt = spoil('bad-crc');
    expect([spoilt.length, hasValidCrc(spoilt)]).toEqual([good.length, false]);
    const noisy = spoil('noise');
    expect(noisy.length).toBeGreaterThan(good.length);
    expect(Buffer.from(noisy).includes(Buffer.from(good))).toBe(true);
  }
  expect(hasValidCrc(good)).toBe(true);
});

test('a busy device refuses so many requests in a row, then takes one', () => {
  const faults = createFaults(1, nothing);
  faults.set({ kind: 'busy', times: 2 });
  const drawn = Array.from({ length: 6 }, (_, n) => faults.draw(monoMs(n))?.kind);
  expect(drawn).toEqual(['busy', 'busy', undefined, 'busy', 'busy', undefined]);
});
