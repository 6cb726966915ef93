/**
 * A midnight in a stairwell: the whole gateway, simulated DL/T 645 and CJ/T 188 meters on one line, a real broker. The meters
 * freeze by broadcast and by themselves; one record of one instant arrives upstream, with every digit.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBroker } from '../../firmware-sim/broker.ts';
import { type ReceivedPart, startSubscriber } from '../../firmware-sim/subscriber.ts';
import { sleep, systemClock } from '../../gateway/host/clock.ts';
import { millis, utcMs } from '../../gateway/model/units.ts';
import type { ReadingRecord, RecordItem } from '../../rules/kinds/reading/reading-record.ts';
import { playSite } from '../support/played-site.ts';
import { local } from '../support/reading-fixture.ts';

const GATEWAY = 'stairwell-7';
const START = utcMs(local('2026-03-01 23:59:54'));
const SITE = `
gateway: { id: ${GATEWAY}, timezone: Asia/Shanghai }
uplinks: { cloud: { mqtt: "mqtt://127.0.0.1:1883" } }
buses: { riser: { serial_tcp: "127.0.0.1:9999", baud: 9600, format: 8E1 } }
devices:
  em:
    bus: riser
    protocol: dlt645
    address: "202411110002"
    scan: 1h
    tags:
      total: { address: forward_active_energy, unit: kWh, decimals: 2, counter: { modulus: 1000000 } }
      day_1: { address: "daily_freeze_forward_active_energy last:1", unit: kWh, decimals: 2, scan: 1d }
      frozen_now: { address: "instant_freeze_forward_active_energy last:1", unit: kWh, decimals: 2, scan: 1d }
      freeze: { address: "freeze broadcast", access: write, write: { by: [rule], kind: pulse } }
  wm:
    bus: riser
    protocol: cjt188
    type: water
    address: "78331505104145"
    scan: 1h
    tags: { volume: { address: volume, unit: m3, counter: {} } }
  gone: { bus: riser, protocol: cjt188, type: gas, address: "78331234567890", scan: 1h, tags: { volume: { address: volume, unit: m3 } } }
simulation:
  devices:
    em: { signals: { total: { shape: ramp, min: 1234.56, max: 1300, period: 10d } } }
    wm: { signals: { volume: { shape: constant, min: 87.65, max: 87.65 } } }
    gone: { fault: silent }
rules:
  flat-1203:
    combined_reading:
      premises: 7-1203
      electricity: { total: em.total, frozen: { days: em.day_*, instant: em.frozen_now } }
      water: wm.volume
      gas: { total: gone.volume, condition: working }
      freeze: "00:00"
      within: 5s
      freeze_command: em.freeze
`;

describe('midnight in a stairwell', () => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-reading-'));
  const parts: ReceivedPart[] = [];
  const stops: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    writeFileSync(join(folder, 'gateway.yaml'), SITE);
    const broker = await startBroker();
    stops.unshift(() => broker.stop());
    const subscriber = await startSubscriber({
      url: broker.url,
      gateway: GATEWAY,
      onPart: (part) => parts.push(part),
    });
    stops.unshift(() => subscriber.stop());
    stops.unshift(await playSite({ site: folder, broker: broker.url, start: START, folder }));
  }, 20_000);

  afterAll(async () => {
    for (const stop of stops) await stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const records = (): readonly { readonly name: string; readonly values: ReadingRecord }[] =>
    parts.flatMap(({ samples }) =>
      (samples.record_event ?? []).map(([, text]) => JSON.parse(String(text))),
    );

  /** Waits for it; the test's own limit ends it. */
  async function found<T>(of: () => T | undefined): Promise<T> {
    for (;;) {
      const one = of();
      if (one !== undefined) return one;
      await sleep(systemClock(), 'test.wait', millis(50));
    }
  }

  it('makes one record of one instant that arrives upstream with every digit', async () => {
    const { values: record } = await found(() => records().find(({ name }) => name === 'reading'));
    expect(record).toMatchObject({
      id: 'flat-1203/2026-03-01#1',
      premises: '7-1203',
      kind: 'day',
      period_end: '2026-03-01T16:00:00.000Z',
      period_end_local: '2026-03-02T00:00+08:00',
      made_at: expect.stringMatching(/^2026-03-01T16:00:05\./),
      n_valid: 2,
      n_aligned: 2,
      n_expected: 3,
      missing: ['gas'],
    });
    const item = (meter: string) => record.items.find((one) => one.meter === meter) as RecordItem;
    expect(item('electricity')).toMatchObject({
      source: 'frozen',
      quality: 'good',
      skew_s: 0,
      raw: '1234.56',
      value: '1234.56',
      unit: 'kWh',
      protocol: 'dlt645',
      address: '202411110002',
    });
    expect(item('water')).toMatchObject({ source: 'read', raw: '87.65', unit: 'm³' });
    expect(Math.abs(item('water').skew_s ?? 99)).toBeLessThanOrEqual(5);
    expect(item('gas')).toMatchObject({ source: 'missing', value: null });
    // Of a unit that is known to be silent no sample comes until it is probed.
    expect(item('gas').why).toMatch(/^(no_answer|not_read)/);
  }, 20_000);
});
