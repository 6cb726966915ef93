/** Holes on a virtual clock, over a real SQLite store. */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type VirtualClock, virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis, seconds, utcMs } from '../../../gateway/model/units.ts';
import { HoleBook } from '../../../gateway/receive/hole-book.ts';
import { HoleWatch } from '../../../gateway/receive/hole-watch.ts';
import { openSqlite } from '../../../gateway/receive/sqlite-db.ts';
import { type Kept, ReceiveStore } from '../../../gateway/receive/store.ts';
import { EPOCH, GATEWAY, heard, part, T0, topicOf, watermark } from '../../support/heard.ts';
import { temporaryDirectory } from '../../support/journal-fixture.ts';

const ME = 'a1b2c3d4e5f6';
const PACE = {
  ...{ grace: seconds(5), patience: seconds(30), attempts: 3 },
  retry: { first: seconds(10), longest: seconds(60), jitter: 0 },
};

let clock: VirtualClock;
let store: ReceiveStore;
let watch: HoleWatch;
let sent: { topic: string; text: string }[];

const watchOf = (receiver: string) =>
  new HoleWatch({
    ...{ book: new HoleBook(store.db), clock, random: () => 0.5, receiver, pace: PACE },
    send: (message) => sent.push(message),
  });

beforeEach(async () => {
  clock = virtualClock();
  sent = [];
  store = new ReceiveStore({
    db: openSqlite(join(temporaryDirectory(), 'r.db')),
    wantsHistory: true,
  });
  await store.open();
  watch = watchOf(ME);
});
afterEach(() => store.db.close());

const hear = (...messages: readonly Kept[]) => store.commit(messages, utcMs(T0));
/** A look a second. */
const pass = async (length: number, by = watch) => {
  for (let second = 0; second < length; second++) {
    await by.look();
    await clock.advance(millis(1_000));
  }
};
const asked = () => sent.map(({ text }) => JSON.parse(text).seqs);
const answer = async (outcome: object) => {
  const fields = { v: 1, gw: GATEWAY, epoch: EPOCH, id: ME, ...outcome };
  const one = heard(`replay/${ME}/outcome`, fields);
  if (one.kind === 'outcome') await watch.answered(one);
};
const judged = async () =>
  (await store.db.query<{ judged: number }>('SELECT judged FROM journals'))[0]?.judged;

describe('a hole', () => {
  it('is asked for when it stays, in one message, and not again while the gateway is at it', async () => {
    await hear(part(1), part(4), part(6, { parts: 2 }), watermark(8));
    await pass(5);
    expect(sent).toEqual([]);
    await pass(20);
    expect(sent).toEqual([
      {
        topic: topicOf('replay'),
        text: JSON.stringify({
          v: 1,
          id: ME,
          epoch: EPOCH,
          seqs: [
            [2, 3],
            [5, 8],
          ],
        }),
      },
    ]);
    expect([watch.facts(), await judged()]).toEqual([
      { open: 6, asked: 1, gone: 0, unanswered: 0 },
      1,
    ]);
  });

  it('is none while its block has not arrived at the broker', async () => {
    await hear(part(1), part(9), watermark(3, { head: 9 }), part(2));
    await pass(20);
    expect(asked()).toEqual([[[3, 3]]]);
  });

  it('is closed by the blocks, and by what the gateway says is gone of what it was asked', async () => {
    await hear(watermark(6));
    await pass(6);
    await hear(part(1), part(2), part(3));
    await answer({
      outcome: 'done',
      blocks: 3,
      gone: [
        [4, 5],
        [7, 400],
      ],
    });
    await pass(6);
    expect([watch.facts(), await judged()]).toEqual([
      { open: 1, asked: 1, gone: 2, unanswered: 0 },
      5,
    ]);
    await pass(20);
    expect(asked()).toEqual([[[1, 6]], [[6, 6]]]);
    await hear(part(6));
    await pass(6);
    expect([watch.facts().open, await judged()]).toEqual([0, 6]);
  });

  it('is asked for again less and less often where nothing comes, and then left', async () => {
    await hear(part(1), watermark(2));
    const times: number[] = [];
    for (let second = 0; second < 400; second++) {
      const before = sent.length;
      await pass(1);
      if (sent.length > before) times.push(second);
    }
    expect(times).toEqual([5, 46, 97]);
    expect([watch.facts(), await judged()]).toEqual([
      { open: 0, asked: 3, gone: 0, unanswered: 1 },
      2,
    ]);
    await hear(part(2));
    expect(await store.db.query('SELECT count(*) AS n FROM parts')).toEqual([{ n: 2 }]);
  });

  it('waits when the gateway refuses', async () => {
    await hear(watermark(2));
    await pass(6);
    await answer({ outcome: 'refused', reason: 'busy' });
    await pass(9);
    expect(sent).toHaveLength(1);
    await pass(2);
    expect(sent).toHaveLength(2);
  });

  it('is looked after by one of several receivers, and by another when that one is gone', async () => {
    const other = watchOf('another');
    await hear(watermark(3));
    await pass(1);
    for (let second = 0; second < 9; second++) {
      await other.look();
      await pass(1);
    }
    expect(sent).toHaveLength(1);
    // The lease is the database's, by its own clock: this one is over.
    await store.db.query('UPDATE journals SET lease_until_ms = 0');
    await pass(6, other);
    expect(sent).toHaveLength(2);
    await watch.look();
    expect(watch.facts().open).toBe(0);
  });

  it('of a hundred thousand blocks and more is asked for piece by piece, in messages a gateway takes', async () => {
    await hear(watermark(250_000));
    await pass(6);
    expect(asked()).toEqual([[[1, 100_000]]]);
    const odd = Array.from({ length: 2_000 }, (_, index) => part(index * 2 + 1));
    for (let at = 0; at < odd.length; at += 500) await hear(...odd.slice(at, at + 500));
    await answer({ outcome: 'done', blocks: 2_000, gone: [[4_001, 100_000]] });
    await pass(20);
    const [, second = ''] = sent.map(({ text }) => text);
    expect(second.length).toBeLessThan(4_096);
    expect(JSON.parse(second).seqs.slice(0, 2)).toEqual([
      [2, 2],
      [4, 4],
    ]);
  });
});
