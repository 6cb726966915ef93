/** The published contract and the messages that are really sent say the same. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { alarmEvent } from '../../../gateway/alarms/alarm-event.ts';
import { boundedCauses } from '../../../gateway/alarms/event-causes.ts';
import type { StandingAlarm } from '../../../gateway/alarms/standing-alarms.ts';
import {
  acknowledgeOutcomeText,
  commandOutcomeText,
  omittedText,
  replayOutcomeText,
  statusText,
  watermarkText,
} from '../../../gateway/forward/announcement.ts';
import { readCommand } from '../../../gateway/forward/command-message.ts';
import { decodeEnvelope } from '../../../gateway/forward/envelope-reader.ts';
import type { Mailbox } from '../../../gateway/forward/mailbox.ts';
import {
  confirmationMailbox,
  type ReceiverMailboxOptions,
  replayMailbox,
} from '../../../gateway/forward/receiver-mailbox.ts';
import { selectionOf } from '../../../gateway/forward/selection.ts';
import {
  acknowledgeOutcomeTopic,
  acknowledgeTopic,
  commandOutcomeTopic,
  commandTopic,
  confirmationTopic,
  omittedTopic,
  replayOutcomeTopic,
  replayTopic,
  statusTopic,
  topicOf,
  watermarkTopic,
} from '../../../gateway/forward/topic.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { BLOCK_CLASSES, GAP_REASONS, type Gap, seqOf } from '../../../gateway/journal/journal.ts';
import { ACKNOWLEDGE_OUTCOMES } from '../../../gateway/model/acknowledgement.ts';
import { ALARM_STATES } from '../../../gateway/model/alarm.ts';
import { COMMAND_ORIGINS, COMMAND_OUTCOMES } from '../../../gateway/model/command.ts';
import { isBad, QUALITIES } from '../../../gateway/model/quality.ts';
import type { ReplayReply } from '../../../gateway/model/replay.ts';
import { deviceName, TIME_BASES } from '../../../gateway/model/sample.ts';
import { utcMs } from '../../../gateway/model/units.ts';
import { Confirmations } from '../../../gateway/receive/confirmations.ts';
import { ALARM_CHANGES } from '../../../rules/effect.ts';
import { createTextEncoder } from '../../support/envelope-texts.ts';
import { blockOf, EPOCH, mqttConfig, SPEAKER, sample, T0 } from '../../support/forward-fixture.ts';
import { heard, partFields } from '../../support/heard.ts';
import { memoryJournal } from '../../support/memory-journal.ts';

const path = join(import.meta.dirname, '../../../docs/asyncapi.yaml');
const document = parse(readFileSync(path, 'utf8'));
const { schemas, messages } = document.components;

/** The references are written out, because the validator takes one schema at a time. */
const resolve = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(resolve);
  if (typeof node !== 'object' || node === null) return node;
  if ('$ref' in node && typeof node.$ref === 'string')
    return resolve(schemas[node.$ref.replace('#/components/schemas/', '')]);
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, resolve(value)]));
};
const complaintsBy = (schema: unknown, value: unknown) => {
  const validator = z.fromJSONSchema(resolve(schema) as Parameters<typeof z.fromJSONSchema>[0]);
  const { error } = validator.safeParse(value);
  return error ? z.prettifyError(error) : undefined;
};
const complaints = (message: string, value: unknown) =>
  complaintsBy(messages[message].payload, value);

const encode = createTextEncoder({ gateway: 'weihai-3', epoch: EPOCH, tags: [] });
const gaps: Gap[] = GAP_REASONS.flatMap((reason) =>
  BLOCK_CLASSES.map((class_) => ({
    reason,
    class: class_,
    count: reason === 'journal-lost' ? undefined : 7,
    seqs: reason === 'retention' ? { from: seqOf(3), to: seqOf(9) } : undefined,
    from: utcMs(T0),
    to: utcMs(T0 + 1),
  })),
);
const everySample = QUALITIES.flatMap((quality) =>
  TIME_BASES.flatMap((timeBasis) =>
    [1.5, 2n ** 60n, true, 'text', { unscaled: 5n, decimals: 1 }].map((value) =>
      sample('press.x', isBad(quality) ? null : value, { quality, timeBasis }),
    ),
  ),
);

describe('docs/asyncapi.yaml', () => {
  it('describes the samples that are sent', () => {
    for (const block of [blockOf(everySample), blockOf([])])
      for (const { text } of encode(block, true))
        expect(complaints('samples', JSON.parse(text))).toBeUndefined();
  });

  it('describes what is sent of a block of which the uplink wants a part, and of one of which it wants nothing', () => {
    const selection = selectionOf({ telemetry: ['press.x'] });
    const options = { gateway: 'weihai-3', epoch: EPOCH, tags: [], selection };
    const block = blockOf([sample('press.x', 1), sample('press.y', 2), sample('em.x', 3)]);
    const told = createTextEncoder(options)(block, false).map(({ text }) => JSON.parse(text));
    expect(told).toMatchObject([{ sent: 1, omitted: 2 }]);
    expect(complaints('samples', told[0])).toBeUndefined();
    expect(complaints('samples', { ...told[0], omitted: 0 })).toContain('omitted');
    expect(complaints('omitted', JSON.parse(omittedText(SPEAKER, [[1, 4]])))).toBeUndefined();
    const { address } = document.channels.omitted;
    expect(topicOf(address, { gateway: 'g', class: '', device: '' })).toBe(omittedTopic('g'));
    for (const { payload } of messages.omitted.examples)
      expect(heard('omitted', payload)).toMatchObject({ kind: 'omitted', seqs: payload.seqs });
  });

  it('describes what people upstream say of alarms, and what they are told', () => {
    const { acknowledge, acknowledgeOutcome } = schemas;
    expect(acknowledgeOutcome.properties.outcome.enum).toEqual([...ACKNOWLEDGE_OUTCOMES]);
    for (const outcome of ACKNOWLEDGE_OUTCOMES) {
      const reply = { key: '4f2a9c01', id: 'hot#1', outcome, by: 'li', reason: 'x' };
      const text = acknowledgeOutcomeText(SPEAKER, reply);
      expect(complaints('acknowledgeOutcome', JSON.parse(text))).toBeUndefined();
    }
    expect(complaintsBy(acknowledge, { key: '4f2a9c01' })).toContain('by');
    const { channels } = document;
    expect(topicOf(channels.acknowledge.address, { gateway: 'g', class: '', device: '' })).toBe(
      acknowledgeTopic('g'),
    );
    expect(
      topicOf(channels.acknowledgeOutcome.address, { gateway: 'g', class: '', device: '' }),
    ).toBe(acknowledgeOutcomeTopic('g'));
  });

  it('describes the commands that are taken, and no others', () => {
    const { command, signedCommand } = messages;
    for (const { payload } of [...command.examples, ...signedCommand.examples])
      expect(readCommand(Buffer.from(JSON.stringify(payload)))).toMatchObject({ ok: true });
    const [{ payload: good }] = command.examples;
    for (const wrong of [
      ...[{ v: 2 }, { more: 1 }, { gw: undefined }, { id: 'short' }, { tag: '' }, { value: {} }],
      ...[{ release: false }, { issued: 'x' }, { hold_ms: 9e7 }, { by: '' }, { counter: -1 }],
    ])
      expect(complaints('command', { ...good, ...wrong }), JSON.stringify(wrong)).toBeDefined();
    expect(Object.keys(schemas.command.properties).toSorted()).toEqual(
      [...Object.keys(good), 'release'].toSorted(),
    );
  });

  it('describes what becomes of commands', () => {
    const { properties } = schemas.commandOutcome;
    expect(properties.outcome.enum).toEqual([...COMMAND_OUTCOMES]);
    expect(properties.owner.properties.origin.enum).toEqual([...COMMAND_ORIGINS]);
    const reply = { id: 'command-1', tag: 'press.total' };
    const details = { by: 'li', tag: 'press.total' };
    const owner = {
      origin: 'local',
      by: 'wang',
      value: 3n,
      since: utcMs(T0),
      until: utcMs(T0),
    } as const;
    const texts = [
      commandOutcomeText(SPEAKER, { ...reply, state: 'accepted' }, utcMs(T0)),
      ...COMMAND_OUTCOMES.map((outcome) =>
        commandOutcomeText(
          SPEAKER,
          {
            ...reply,
            state: 'ended',
            value: 2n ** 60n,
            end: {
              ...{ outcome, owner, allowedAt: utcMs(T0), isRepeated: true, tookMs: 3 },
              readBack: { unscaled: 5n, decimals: 1 },
              reason: { code: 'command.operator-tag', details },
            },
          },
          utcMs(T0),
        ),
      ),
      commandOutcomeText(
        SPEAKER,
        { ...reply, tag: undefined, state: 'ended', end: { outcome: 'rejected', tookMs: 0 } },
        utcMs(T0),
      ),
    ];
    for (const text of texts)
      expect(complaints('commandOutcome', JSON.parse(text))).toBeUndefined();
    const { channels } = document;
    const addressOf = (channel: string) => channels[channel].address.replace('{gateway}', 'g');
    expect(addressOf('command')).toBe(commandTopic('g'));
    expect(addressOf('commandOutcome').replace('{id}', 'command-1')).toBe(
      commandOutcomeTopic('g', 'command-1'),
    );
  });

  it('describes what receivers say and ask, and the answers', () => {
    const confirmations = new Confirmations();
    for (const seq of [3, 4, 9]) confirmations.add(decodeEnvelope(JSON.stringify(partFields(seq))));
    for (const part of [0, 2])
      confirmations.add(decodeEnvelope(JSON.stringify(partFields(5, { part, parts: 3 }))));
    const said = confirmations.take();
    expect(said).toHaveLength(2);
    for (const { topic, text } of said) {
      expect(complaints('confirmation', JSON.parse(text))).toBeUndefined();
      expect(topic).toBe(confirmationTopic('weihai-3'));
    }
    const replies: ReplayReply[] = [
      { id: 'a', outcome: 'done', blocks: 3, gone: [[1, 2]] },
      { id: 'a', outcome: 'refused', reason: 'busy' },
    ];
    for (const reply of replies)
      expect(complaints('replayOutcome', JSON.parse(replayOutcomeText(SPEAKER, reply)))).toBe(
        undefined,
      );
    const taken: unknown[] = [];
    const options: ReceiverMailboxOptions = {
      ...{ uplink: 'cloud', speaker: SPEAKER, clock: virtualClock(), log: silentLog },
      send: () => {},
      confirmed: (confirmation) => taken.push(confirmation),
      asked: (request) => taken.push(request),
    };
    const take = (message: string, mailbox: Mailbox) => {
      for (const { payload } of messages[message].examples)
        mailbox.take(Buffer.from(JSON.stringify(payload)), false);
    };
    take('confirmation', confirmationMailbox(options));
    take('replay', replayMailbox(options));
    expect(taken).toHaveLength(3);
    const { channels } = document;
    const addressOf = (channel: string) => channels[channel].address.replace('{gateway}', 'g');
    expect(addressOf('confirmation')).toBe(confirmationTopic('g'));
    expect(addressOf('replay')).toBe(replayTopic('g'));
    expect(addressOf('replayOutcome').replace('{id}', 'x')).toBe(replayOutcomeTopic('g', 'x'));
    for (const wrong of [{ seqs: [] }, { seqs: [[0, 1]] }, { id: 'a/b' }, { more: 1 }]) {
      const [{ payload }] = messages.replay.examples;
      expect(complaints('replay', { ...payload, ...wrong }), JSON.stringify(wrong)).toBeDefined();
    }
  });

  it('describes the changes of alarms that are sent', () => {
    const report = { isActive: true, isAcknowledged: false, isShelved: true, comment: 'on my way' };
    const alarm: StandingAlarm = {
      ...report,
      device: deviceName('press'),
      id: 'nsu=http://vendor/;s=Axis3.Hot',
      key: '4f2a9c01',
      about: 'Axis 3',
      condition: 'OverTemperature',
      severity: 700,
      message: 'too hot',
      time: utcMs(T0),
      timeBasis: 'source',
      since: utcMs(T0),
      repeats: 0,
    };
    const { isShelved: _, comment: __, ...plain } = alarm;
    for (const one of [alarm, plain]) {
      const text = String(alarmEvent(one).value);
      expect(complaintsBy(schemas.alarmEvent, JSON.parse(text))).toBeUndefined();
    }
    expect(schemas.alarmEvent.properties.state.enum).toEqual([...ALARM_STATES]);
    const ofRule: StandingAlarm = {
      ...alarm,
      messages: { en: 'too hot', zh: '过热' },
      activation: 'hot#1',
      by: 'li',
      isSuppressed: true,
      isFirstOut: true,
    };
    const part = { text: 'a > 1', value: null };
    const causes = boundedCauses({
      inputs: [{ tag: 'press.oil', value: null, quality: 'bad:comm', age_ms: null }],
      expressions: [{ role: 'when', text: 'a > 1', parts: Array(1_000).fill(part) }],
      before: 'off',
      after: 'on',
    });
    expect(causes.left_out).toBeGreaterThan(0);
    for (const change of ALARM_CHANGES) {
      const event = JSON.parse(String(alarmEvent(ofRule, { change, causes }).value));
      expect(complaintsBy(schemas.alarmEvent, event)).toBeUndefined();
    }
    expect(schemas.alarmEvent.properties.change.enum).toEqual([...ALARM_CHANGES]);
    const [example] = messages.samples.examples.flatMap(
      ({ payload }: { payload: { samples: Record<string, [number, string][]> } }) =>
        payload.samples.alarm_event?.map(([, text]) => text) ?? [],
    );
    expect(complaintsBy(schemas.alarmEvent, JSON.parse(example))).toBeUndefined();
  });

  it('describes the gaps that are sent', () => {
    const journal = memoryJournal(EPOCH);
    for (const gap of gaps) journal.putGap(gap);
    for (const block of journal.read(seqOf(1), gaps.length))
      for (const { text } of encode(block, true))
        expect(complaints('gap', JSON.parse(text))).toBeUndefined();
  });

  it('describes the status, the will and the watermark', () => {
    const texts = [
      statusText(SPEAKER, true, utcMs(T0)),
      statusText(SPEAKER, false, utcMs(T0)),
      statusText(SPEAKER, false),
    ];
    for (const text of texts) expect(complaints('status', JSON.parse(text))).toBeUndefined();
    const watermark = {
      epoch: EPOCH,
      head: seqOf(12),
      acknowledged: seqOf(0),
      gaps: gaps.map((gap) => ({ ...gap, seq: seqOf(5) })),
    };
    const text = watermarkText(SPEAKER, watermark);
    expect(complaints('watermark', JSON.parse(text))).toBeUndefined();
    const day = { day: '2026-11-29', first: 1, last: 11, link: 'ab'.repeat(32) };
    const proven = JSON.parse(watermarkText(SPEAKER, { ...watermark, day }));
    expect(proven).toEqual({ ...JSON.parse(text), day });
    expect(complaints('watermark', proven)).toBeUndefined();
    const corrections = [{ seqs: { from: seqOf(3), to: seqOf(5) }, shift: -1500 }];
    const corrected = JSON.parse(watermarkText(SPEAKER, { ...watermark, corrections }));
    expect(corrected.clock).toEqual([{ seqs: [3, 5], shift_ms: -1500 }]);
    expect(complaints('watermark', corrected)).toBeUndefined();
  });

  it('names the topics that are used', () => {
    const filled = (channel: string) =>
      document.channels[channel].address.replaceAll('{gateway}', 'weihai-3');
    expect(filled('status')).toBe(statusTopic('weihai-3'));
    expect(filled('watermark')).toBe(watermarkTopic('weihai-3'));
    const fields = { gateway: 'weihai-3', class: 'telemetry', device: 'press' };
    expect(topicOf(document.channels.block.address, fields)).toBe(
      topicOf(mqttConfig().topic, fields),
    );
    expect(document.channels.block.parameters.class.enum).toEqual([...BLOCK_CLASSES]);
  });

  it('gives examples that keep to it', () => {
    for (const [name, { examples }] of Object.entries<{ examples: { payload: unknown }[] }>(
      messages,
    ))
      for (const { payload } of examples) expect(complaints(name, payload)).toBeUndefined();
  });

  it('refuses what is not a message of its kind', () => {
    const [part] = encode(blockOf([sample('a.b', 1)]), false);
    const good = JSON.parse(part?.text ?? '');
    const wrong: readonly object[] = [
      { v: 2 },
      { seq: 0 },
      { gw: undefined },
      { extra: 1 },
      { samples: { b: [] } },
      { samples: { b: [[T0]] } },
      { samples: { b: [[T0, {}]] } },
      { samples: { b: [[T0, 1, 'fine']] } },
      { samples: { b: [[T0, 1, 'good', 'source', 1]] } },
    ];
    expect(complaints('samples', good)).toBeUndefined();
    for (const change of wrong)
      expect(complaints('samples', { ...good, ...change }), JSON.stringify(change)).toBeDefined();
  });
});
