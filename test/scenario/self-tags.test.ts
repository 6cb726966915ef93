/** A gateway that tells of itself: its own tags through image, rules and journal, as of any device. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { loadSite } from '../../config/load.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';
import { loadDrivers } from '../../drivers/registry.ts';
import { Gateway } from '../../gateway/gateway.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { createNotify } from '../../gateway/host/notify.ts';
import { systemRandom } from '../../gateway/host/random.ts';
import { fileStateStore, statePath } from '../../gateway/host/state-store.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { type TagId, tagId } from '../../gateway/model/sample.ts';
import { SELF_QUANTITIES, selfTagId } from '../../gateway/model/self-tag.ts';
import { bytes, minutes } from '../../gateway/model/units.ts';
import { ruleEngineFor } from '../../gateway/rules/rule-engine.ts';
import { everything, journalAt, temporaryDirectory } from '../support/journal-fixture.ts';
import { samplesOf } from '../support/journal-samples.ts';
import { until } from '../support/waiting.ts';

const RULES = `
rules:
  flash-wears:
    when: gateway.flash_years_left < 200
    alarm: { severity: low, message: { zh: "存储卡还可用 {gateway.flash_years_left} 年", en: "the card lasts {gateway.flash_years_left} years" } }
    tests:
      - name: a year is too little
        series: { gateway.flash_years_left: "300x3 1x2", step: 1m }
        expect: { alarms: [ { at: 3m, to: active } ] }
  has-memory:
    when: gateway.memory > 1
    alarm: { severity: low, message: { zh: "{gateway.memory} MB", en: "{gateway.memory} MB" } }
`;

const site = (selfTags: string) => `
gateway: { id: self, self_tags: ${selfTags} }
journal: { endurance: 6TB }
buses: { line: { tcp: "127.0.0.1:9" } }
devices: { press: { bus: line, protocol: modbus, tags: { oil: { address: "holding:0" } } } }
${selfTags === 'on' ? RULES : ''}
`;

async function started(selfTags: string) {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, 'gateway.yaml'), site(selfTags));
  const loaded = await loadSite(folder, DRIVER_OPTIONS, { environment: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, null, 2));
  const { journal } = loaded.site;
  mkdirSync(dirname(journal.path), { recursive: true });
  const clock = virtualClock();
  const gateway = new Gateway(loaded.site, {
    drivers: await loadDrivers(['modbus']),
    clock,
    log: silentLog,
    random: systemRandom,
    notify: createNotify({}),
    state: await fileStateStore(statePath(journal.path), clock, silentLog),
    makeRuleEngine: await ruleEngineFor(loaded.site.rules),
    logged: () => ({ bytes: 1234, syncs: 0 }),
  });
  await gateway.start();
  return { gateway, clock, path: journal.path };
}

test('its own tags go through image, rules and journal, and the status has the same', async () => {
  const { gateway, clock, path } = await started('on');
  expect(gateway.image.latest(selfTagId('memory'))?.quality).toBe('bad:waiting');
  for (let minute = 0; minute < 3; minute++) {
    await clock.advance(minutes(1));
    const seen = () => gateway.image.latest(selfTagId('memory'))?.time === clock.utc();
    await until('a look of this minute', seen);
  }
  expect(gateway.image.latest(selfTagId('memory'))).toMatchObject({ quality: 'good' });
  expect(gateway.image.latest(selfTagId('clock_trust'))?.value).toBe('synced');
  expect(gateway.image.latest(selfTagId('loss_window'))?.value).toBe(1);
  // The worker's clock is the real one, and it has not run for a minute.
  expect(gateway.image.latest(selfTagId('flash_years_left'))?.quality).toBe('bad:waiting');

  const status = await gateway.status();
  expect(status.flash).toMatchObject({ endurance: 6e12, basis: expect.any(String) });
  expect(status.north.journal.wear.today.causes.log).toEqual({ bytes: 1234, syncs: 0 });
  expect(status.north.journal.wear.today.causes.telemetry?.bytes).toBeGreaterThan(0);
  expect(status.alarms.standing).toBe(1);
  expect(await gateway.renderMetrics()).toContain('gateway_flash_today_bytes{cause="telemetry"}');
  await gateway.stop();

  const journal = journalAt(path, { maxSize: bytes(2 ** 26) });
  const samples = everything(journal).flatMap(samplesOf);
  const tags = new Set<TagId>(samples.map(({ tag }) => tag));
  for (const quantity of SELF_QUANTITIES) expect(tags).toContain(selfTagId(quantity));
  // The deadband holds: three looks, one sample of what does not change.
  expect(samples.filter(({ tag }) => tag === selfTagId('clock_trust'))).toHaveLength(1);
  expect(tags).toContain(tagId('rules', 'alarm_event'));
  await journal.close();
});

test('switched off, it has none of these tags', async () => {
  const { gateway, clock } = await started('off');
  await clock.advance(minutes(2));
  expect(gateway.image.latest(selfTagId('memory'))).toBeUndefined();
  expect((await gateway.status()).flash.today.bytes).toBeGreaterThan(0);
  await gateway.stop();
});
