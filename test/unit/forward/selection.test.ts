import { describe, expect, it } from 'vitest';
import { blockMessagesOf } from '../../../gateway/forward/block-messages.ts';
import { decodeEnvelope } from '../../../gateway/forward/envelope-reader.ts';
import { leavesOut, selectionOf } from '../../../gateway/forward/selection.ts';
import { type Block, type BlockClass, type Gap, seqOf } from '../../../gateway/journal/journal.ts';
import type { TagId } from '../../../gateway/model/sample.ts';
import { minutes, utcMs } from '../../../gateway/model/units.ts';
import { EPOCH, mqttConfig, SPEAKER, sample } from '../../support/forward-fixture.ts';
import { memoryJournal } from '../../support/memory-journal.ts';

const gap: Gap = {
  ...{ reason: 'thinned', class: 'telemetry', count: 5, from: utcMs(1), to: utcMs(2) },
  seqs: { from: seqOf(1), to: seqOf(3) },
};
const samples = [
  sample('oven.x', 1),
  sample('press.a', 2),
  sample('press.b', 12345678901234567890n),
  sample('em.x', 'text'),
  sample('press.a', 3),
];
const block = (class_: BlockClass = 'telemetry'): Block => {
  const journal = memoryJournal(EPOCH);
  return journal.read(journal.put(samples, class_), 1)[0] as Block;
};
const messages = (set: Parameters<typeof mqttConfig>[0], of: Block = block(), historical = false) =>
  blockMessagesOf(mqttConfig(set), SPEAKER, [])(of, historical);
const envelopes = (set: Parameters<typeof mqttConfig>[0], of?: Block) =>
  messages(set, of).map(({ payload }) => decodeEnvelope(String(payload)));

describe('what an uplink wants', () => {
  const selection = selectionOf({ telemetry: ['press.*', 'em.x'], alarm: ['*'] });

  it('is told by class and tag', () => {
    const has = (of: BlockClass, tag: string) => selection?.has(of, tag as TagId);
    expect(has('telemetry', 'press.a')).toBe(true);
    expect(has('telemetry', 'oven.x')).toBe(false);
    expect(has('alarm', 'oven.alarm_event')).toBe(true);
    expect(has('record', 'press.a')).toBe(false);
    expect(selectionOf(undefined)).toBeUndefined();
  });

  it('leaves a block out of which it wants nothing, and no loss', () => {
    const nothing = selectionOf({ record: ['*'] });
    expect(selection && leavesOut(selection, block())).toBe(false);
    expect(nothing && leavesOut(nothing, block())).toBe(true);
    expect(nothing && leavesOut(nothing, { ...block(), gap })).toBe(false);
  });
});

describe('an envelope of which an uplink wants a part', () => {
  it('keeps the numbers of the parts, and says how many come and how much does not', () => {
    const whole = envelopes({});
    expect(whole.map(({ part, parts, sent, omitted }) => [part, parts, sent, omitted])).toEqual([
      [0, 3, 3, 0],
      [1, 3, 3, 0],
      [2, 3, 3, 0],
    ]);
    const some = envelopes({ only: { telemetry: ['press.*', 'em.*'] } });
    expect(some).toEqual(whole.slice(1).map((each) => ({ ...each, sent: 2, omitted: 1 })));
  });

  it('has of a part what is wanted, each value still the right one', () => {
    const [press, ...others] = envelopes({ only: { telemetry: ['press.b'] } });
    expect(others).toEqual([]);
    expect(press).toMatchObject({ device: 'press', part: 1, parts: 3, sent: 1, omitted: 4 });
    expect([...(press?.samples ?? [])]).toMatchObject([['b', [{ value: '12345678901234567890' }]]]);
  });

  it('leaves the next block as it is', () => {
    const messagesOf = blockMessagesOf(
      mqttConfig({ only: { telemetry: ['press.a'], alarm: ['*'] } }),
      SPEAKER,
      [],
    );
    const some = block();
    messagesOf(some, false);
    const next = messagesOf({ ...some, class: 'alarm' }, false);
    expect(next.map(({ payload }) => payload)).toEqual(
      messages({}, { ...some, class: 'alarm' }).map(({ payload }) => payload),
    );
  });

  it('says nothing of it where all of the block is wanted', () => {
    const text = (set: Parameters<typeof mqttConfig>[0]) => messages(set).map((m) => m.payload);
    expect(text({ only: { telemetry: ['*'] } })).toEqual(text({}));
  });

  it('always tells a loss', () => {
    const told = envelopes({ only: { telemetry: ['em.*'] } }, { ...block(), gap });
    expect(told.map(({ part, gap }) => [part, gap?.reason])).toEqual([
      [0, 'thinned'],
      [3, undefined],
    ]);
    expect(told[0]).toMatchObject({ parts: 4, sent: 2, omitted: 4 });
  });

  it.each([
    ['sent', { sent: 0 }],
    ['sent', { sent: 4 }],
    ['omitted', { omitted: -1 }],
  ])('is none where %s cannot be', (_, fields) => {
    const text = messages({ only: { telemetry: ['em.*'] } })[0]?.payload;
    const wrong = JSON.stringify({ ...JSON.parse(String(text)), ...fields });
    expect(() => decodeEnvelope(wrong)).toThrow('forward.envelope-invalid');
  });
});

describe('the formats of platforms', () => {
  const only = { telemetry: ['press.a'] };

  it.each([
    ['thingsboard', ['{"press":[{"ts":1732345678123,"values":{"a":2,"a":3}}]}']],
    ['per-tag', ['2', '3']],
    ['influx', ['press']],
    ['template', ['a', 'a']],
  ] as const)('have of a block what is wanted: %s', (format, expected) => {
    const template = { t: '{tag}' };
    const texts = messages({ format, only, template }).map(({ payload }) => String(payload));
    expect(texts).toHaveLength(expected.length);
    for (const [index, text] of texts.entries()) expect(text).toContain(expected[index]);
    expect(texts.join()).not.toMatch(/oven|"?em\b/);
  });

  it('let what is new expire, and never what waited', () => {
    const set = { format: 'per-tag', only, expiry: minutes(60) } as const;
    expect(messages(set).map(({ expiry }) => expiry)).toEqual([minutes(60), minutes(60)]);
    expect(messages(set, block(), true).map(({ expiry }) => expiry)).toEqual([
      undefined,
      undefined,
    ]);
    expect(messages({ format: 'per-tag' })[0]?.expiry).toBeUndefined();
  });
});
