/** The guides to uplinks: their sites load, their messages are what the gateway sends and takes, both say the same. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadSite } from '../../config/load.ts';
import type { MqttConfig } from '../../config/site.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';
import { blockMessagesOf } from '../../gateway/forward/block-messages.ts';
import { confirmationMailbox, replayMailbox } from '../../gateway/forward/receiver-mailbox.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import type { Confirmation, ReplayRequest } from '../../gateway/model/replay.ts';
import { blockOf, mqttConfig, SPEAKER, sample, tag } from '../support/forward-fixture.ts';
import { heard } from '../support/heard.ts';
import { temporaryDirectory } from '../support/journal-fixture.ts';

const GUIDES = ['docs/uplinks.md', 'docs/uplinks.zh-CN.md'] as const;
const guide = (name: string) => readFileSync(join(import.meta.dirname, '../..', name), 'utf8');
const parts = (name: string, language: string) =>
  [...guide(name).matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, text = '']) => text,
  );

async function uplinksOf(text: string) {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, 'gateway.yaml'), text);
  writeFileSync(join(folder, 'ca.pem'), '');
  const loaded = await loadSite(folder, DRIVER_OPTIONS, {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.site.uplinks;
}

const textOf = (set: Partial<MqttConfig>): string => {
  const messagesOf = blockMessagesOf(mqttConfig(set), SPEAKER, [tag('press.oil_temp', 1)]);
  const [message] = messagesOf(blockOf([sample('press.oil_temp', 74.2)]), false);
  return `${message?.payload}`;
};

describe.each(GUIDES)('%s', (name) => {
  test('its sites load, and mean what it says', async () => {
    const [first = '', second = ''] = parts(name, 'yaml');
    expect(await uplinksOf(first)).toMatchObject([
      {
        name: 'cloud',
        mqtt: {
          fallback: ['mqtts://broker-b.example:8883'],
          ack: 'receiver',
          ackWithin: 30_000,
          resend: 5_000,
          compress: 'zstd',
          backlog: { rate: 64_000, perDay: 200_000_000, timezone: 'Asia/Shanghai' },
        },
      },
      { name: 'scada', mqtt: { format: 'thingsboard', topic: 'v1/gateway/telemetry' } },
    ]);
    const [iot] = await uplinksOf(second);
    expect(iot).toMatchObject({ mqtt: { format: 'template', topic: 'up/{gateway}/{device}' } });
    const set = iot && 'mqtt' in iot ? iot.mqtt : {};
    expect(guide(name)).toContain(`\`${textOf(set)}\``);
  });

  test('its messages are those of the formats, on the topics it names', async () => {
    for (const format of ['thingsboard', 'per-tag', 'influx'] as const)
      expect(guide(name)).toContain(`\`${textOf({ format })}\``);
    for (const format of ['envelope', 'thingsboard', 'per-tag', 'influx', 'template'] as const) {
      const template = format === 'template' ? 'template: { v: "{value}" }' : '';
      const [site = ''] = parts(name, 'yaml');
      const [, uplink] = await uplinksOf(
        site.replace('format: thingsboard', `format: ${format}\n    ${template}`),
      );
      const topic = uplink && 'mqtt' in uplink ? uplink.mqtt.topic : '';
      expect(guide(name)).toContain(`| \`${format}\` | \`${topic}\` |`);
    }
  });

  test('its parts for uplinks are what it says of them', async () => {
    const [mobile, panel] = await uplinksOf(parts(name, 'yaml')[2] ?? '');
    expect(mobile).toMatchObject({ mqtt: { only: { alarm: ['*'], record: ['*'] } } });
    expect(panel).toMatchObject({ mqtt: { format: 'per-tag', expiry: 3_600_000 } });
    const told = JSON.parse(parts(name, 'json')[2] ?? '');
    expect(heard('omitted', told)).toMatchObject({ kind: 'omitted', seqs: told.seqs });
  });

  test('what a receiver says in it is understood', () => {
    const said: (Confirmation | ReplayRequest)[] = [];
    const common = { uplink: 'cloud', speaker: SPEAKER, clock: virtualClock(), log: silentLog };
    const take = { confirmed: (it: Confirmation) => void said.push(it), send: () => {} };
    const [confirmation = '', request = ''] = parts(name, 'json');
    confirmationMailbox({ ...common, ...take }).take(Buffer.from(confirmation), false);
    const asked = (it: ReplayRequest) => void said.push(it);
    replayMailbox({ ...common, send: () => {}, asked }).take(Buffer.from(request), false);
    expect(said).toMatchObject([
      { seqs: [[18_231, 18_240]], parts: expect.any(Array) },
      { id: 'gap-17', seqs: [[18_200, 18_210]] },
    ]);
  });

  test('every option it names is one', () => {
    const named = [...guide(name).matchAll(/`([a-z]+_[a-z_]+)`/g)].map(([, key = '']) => key);
    const reference = guide('docs/reference-configuration.md');
    const options = named.filter((key) => !/^(oil|time|max_packet)_/.test(key));
    for (const key of options) expect(reference).toContain(`| \`${key}\` |`);
    expect(named.length).toBeGreaterThan(2);
  });
});
