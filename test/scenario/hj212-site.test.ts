/**
 * A whole gateway with an uplink to a supervising platform: its worker, its file beside the journal, real time. What the
 * platform asks and is refused is in the audit, although nothing in the site can be written.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadSite } from '../../config/load.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';
import { loadDrivers } from '../../drivers/registry.ts';
import { startHj212Platform } from '../../firmware-sim/hj212-platform.ts';
import { Gateway } from '../../gateway/gateway.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { createNotify } from '../../gateway/host/notify.ts';
import { systemRandom } from '../../gateway/host/random.ts';
import { memoryStateStore } from '../../gateway/host/state-store.ts';
import { tagId } from '../../gateway/model/sample.ts';
import { LOGGER } from '../support/hj212-fixture.ts';
import { everything, journalAt, temporaryDirectory } from '../support/journal-fixture.ts';
import { samplesOf } from '../support/journal-samples.ts';
import { until } from '../support/waiting.ts';

const site = (port: number, other: number) => `
gateway: { id: sewage-1, timezone: Asia/Shanghai, self_tags: off }
uplinks:
  bureau:
    hj212: tcp://127.0.0.1:${port}
    st: 32
    mn: ${LOGGER.mn}
    pw: \${env:PW}
    factors: { w01018: { tag: cod.value }, w00000: { tag: flow.rate } }
  province:
    hj212: tcp://127.0.0.1:${other}
    st: 32
    mn: PROVINCE1
    pw: \${env:PW}
    factors: { w01018: { tag: cod.value } }
buses: { line: { tcp: "127.0.0.1:9" } }
devices:
  cod: { bus: line, protocol: modbus, tags: { value: { address: "holding:0", decimals: 1 } } }
  flow: { bus: line, protocol: modbus, unit: 2, tags: { rate: { address: "holding:0" } } }
`;

test('the platform hears of it, and what it asked for and did not get is in the audit', async () => {
  const platform = await startHj212Platform(LOGGER);
  onTestFinished(() => platform.stop());
  const province = await startHj212Platform({ ...LOGGER, mn: 'PROVINCE1' });
  onTestFinished(() => province.stop());
  const folder = temporaryDirectory();
  writeFileSync(join(folder, 'gateway.yaml'), site(platform.port, province.port));
  const environment = { PW: LOGGER.pw };
  const loaded = await loadSite(folder, DRIVER_OPTIONS, { environment });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, null, 2));
  const { journal } = loaded.site;
  mkdirSync(dirname(journal.path), { recursive: true });
  const clock = systemClock(() => ({ kind: 'none' }));
  const gateway = new Gateway(loaded.site, {
    drivers: await loadDrivers(['modbus']),
    ...{ clock, log: silentLog, random: systemRandom, notify: createNotify({}) },
    state: memoryStateStore(),
  });
  const audited = new Promise<void>((resolve) =>
    gateway.north.onCommitted((commit) => commit.class === 'alarm' && resolve()),
  );
  await gateway.start();
  const realtime = () => platform.received.filter(({ cn }) => cn === '2011');
  await until('real-time data', () => realtime().length > 0);
  // Nobody is at the other end of the bus.
  expect(realtime()[0]?.cp).toMatch(/^DataTime=\d{14};w01018-Flag=B;w00000-Flag=B$/);
  await until('the other platform', () => province.received.length > 0);
  expect(province.received[0]).toMatchObject({ cn: '2011', mn: 'PROVINCE1' });
  expect(province.received[0]?.cp).toMatch(/^DataTime=\d{14};w01018-Flag=B$/);
  const qn = platform.ask('1012', 'SystemTime=20200101000000');
  await until('the answer', () => platform.received.some((one) => one.qn === qn));
  expect(platform.received.find((one) => one.qn === qn)).toMatchObject({
    cn: '9011',
    cp: 'QnRtn=2',
  });
  const facts = async () => (await gateway.status()).north.uplinks[0];
  expect(await facts()).toMatchObject({ state: 'up', requests: { refused: 1 } });
  await audited;
  await gateway.stop();
  expect([...platform.strange, ...province.strange]).toEqual([]);
  const kept = JSON.parse(readFileSync(join(dirname(journal.path), 'hj212-bureau.json'), 'utf8'));
  expect(Object.keys(kept.kept.acknowledged)).toEqual(['minute', 'hour', 'day']);
  const stored = journalAt(journal.path, { uplinks: ['bureau', 'province'] });
  onTestFinished(() => stored.close());
  const audit = everything(stored)
    .flatMap(samplesOf)
    .filter(({ tag }) => tag === tagId('commands', 'event'));
  expect(audit.map(({ value }) => JSON.parse(String(value)))).toMatchObject([
    { state: 'refused', by: 'bureau', refused: { 'hj212.clock-set-refused': 1 } },
  ]);
});
