import { describe, expect, test } from 'vitest';
import type { SerialSettings } from '../../../drivers/line/line.ts';
import { exchangesOf } from '../../../drivers/line/recorded-exchanges.ts';
import type { LineEvent, Passage, Recording } from '../../../drivers/line/recording.ts';
import { utcMs } from '../../../gateway/model/units.ts';

/** One character lasts a millisecond, or four. */
const WIRE: SerialSettings = { baud: 10_000, format: '8N1' };
const SLOW: SerialSettings = { baud: 2_500, format: '8N1' };

const sent = (at: number, text: string): Passage => ({
  kind: 'sent',
  at: utcMs(at),
  bytes: Buffer.from(text, 'latin1'),
});
const heard = (at: number, text: string): Passage => ({ ...sent(at, text), kind: 'heard' });
const onWire = (...events: readonly (Passage | LineEvent)[]): Recording => ({
  framing: 'wire',
  settings: WIRE,
  events,
});
const inPackets = (...events: readonly (Passage | LineEvent)[]): Recording => ({
  framing: 'packets',
  settings: undefined,
  events,
});
const seen = (recording: Recording) =>
  exchangesOf(recording).map(({ request, reply, delay, settings }) => [
    Buffer.from(request).toString('latin1'),
    Buffer.from(reply).toString('latin1'),
    delay,
    ...(settings ? [settings.baud] : []),
  ]);

describe('on a wire', () => {
  test('a request is followed by its reply, as late as it was', () => {
    expect(
      seen(onWire(sent(0, 'ask'), heard(20, 'yes'), sent(100, 'more'), heard(110, 'no'))),
    ).toEqual([
      ['ask', 'yes', 17, 10_000],
      ['more', 'no', 6, 10_000],
    ]);
  });

  test('pieces of a frame are one frame, pieces far apart are not', () => {
    expect(
      seen(onWire(sent(0, 'as'), sent(2, 'k'), heard(20, 'ye'), heard(30, 's'), sent(100, 'more'))),
    ).toEqual([
      ['ask', 'yes', 17, 10_000],
      ['more', '', undefined, 10_000],
    ]);
    expect(seen(onWire(sent(0, 'ask'), sent(53, 'ask')))).toHaveLength(2);
  });

  test('what was heard late belongs to the request that was under way', () => {
    expect(
      seen(onWire(heard(0, 'early'), sent(10, 'a'), sent(200, 'b'), heard(250, 'late'))),
    ).toEqual([
      ['a', '', undefined, 10_000],
      ['b', 'late', 49, 10_000],
    ]);
  });

  test('each has the settings of its time', () => {
    const tuned: LineEvent = { kind: 'tuned', at: utcMs(50), settings: SLOW };
    expect(
      seen(onWire(sent(0, 'ask'), heard(20, 'yes'), tuned, sent(60, 'ask'), heard(90, 'yes'))),
    ).toEqual([
      ['ask', 'yes', 17, 10_000],
      ['ask', 'yes', 18, 2_500],
    ]);
  });

  test('an echo comes at once, not before the request', () => {
    expect(seen(onWire(sent(0, 'ask'), heard(1, 'askyes')))).toEqual([
      ['ask', 'askyes', 0, 10_000],
    ]);
  });
});

describe('in packets', () => {
  const packet = (id: number, body: string) =>
    Buffer.concat([Buffer.from([0, id, 0, 0, 0, body.length]), Buffer.from(body)]).toString(
      'latin1',
    );

  test('replies find their requests in any order and any pieces', () => {
    const [a, b, c] = [packet(1, 'a?'), packet(2, 'b?'), packet(3, 'c?')];
    const [A, B] = [packet(1, 'yes'), packet(2, 'no')];
    const both = B + A;
    expect(
      seen(
        inPackets(
          sent(0, a + b),
          sent(1, c),
          heard(10, both.slice(0, 4)),
          heard(15, both.slice(4, 10)),
          heard(30, both.slice(10)),
        ),
      ),
    ).toEqual([
      [a, A, 30],
      [b, B, 15],
      [c, '', undefined],
    ]);
  });

  test('a reply to nothing, or to a request of an earlier connection, is nobody’s', () => {
    const closed: LineEvent = { kind: 'closed', at: utcMs(5), reason: '' };
    const a = packet(1, 'a?');
    expect(
      seen(inPackets(heard(0, packet(9, '?')), sent(1, a), closed, heard(6, packet(1, 'yes')))),
    ).toEqual([[a, '', undefined]]);
  });
});
