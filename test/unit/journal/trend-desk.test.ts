/** Trends beside commits: the worker's desk by itself, and a real worker that is asked while it stores. */
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../gateway/host/clock.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { NorthLink } from '../../../gateway/journal/north/north-link.ts';
import {
  TREND_PATIENCE,
  TrendDesk,
  type TrendWork,
} from '../../../gateway/journal/trend/trend-desk.ts';
import type { TrendAnswer, TrendPoint } from '../../../gateway/journal/trend-question.ts';
import type { TagId } from '../../../gateway/model/sample.ts';
import { bytes, millis, monoMs, utcMs } from '../../../gateway/model/units.ts';
import { temporaryDirectory } from '../../support/journal-fixture.ts';
import { numbered, siteTags, T0, TAGS } from '../../support/journal-samples.ts';
import { until } from '../../support/waiting.ts';

const QUESTION = { from: utcMs(T0), to: utcMs(T0 + 10_000_000), points: 100 };
const TAG = TAGS[0] as TagId;

describe('the desk', () => {
  /** Each step takes a millisecond; what is done by whom, in order. */
  function desk(stepsOf: (tag: TagId) => number) {
    const clock = virtualClock();
    let now = 0;
    const done: TagId[] = [];
    const answers = new Map<string, TrendAnswer>();
    const work: TrendWork = function* (tag) {
      for (let step = 0; step < stepsOf(tag); step++) {
        done.push(tag);
        now++;
        yield;
      }
      return [];
    };
    const made = new TrendDesk(work, { ...clock, mono: () => monoMs(now) });
    const ask = (name: string) =>
      made.ask(name as TagId, QUESTION, (answer) => answers.set(name, answer));
    return { ask, done, answers, pass: (ms: number) => (now += ms) };
  }

  test('works on two questions by turns, a slice each, and then on the next', async () => {
    const { ask, done, answers } = desk(() => 6);
    for (const name of ['a', 'b', 'c']) ask(name);
    await until('all are answered', () => answers.size === 3);
    expect(done.slice(0, 8).join('')).toBe('aabbaabb');
    expect(done.slice(-4).join('')).toBe('cccc');
  });

  test('lets the event loop turn between two slices', async () => {
    const { ask, done, answers } = desk(() => 100);
    ask('a');
    let turns = 0;
    const turn = () => {
      turns++;
      if (answers.size === 0) setImmediate(turn);
    };
    turn();
    await until('it is answered', () => answers.size === 1);
    expect(done.length / turns).toBeLessThan(4);
  });

  test('takes ten and no more', async () => {
    const { ask, answers } = desk(() => 1);
    for (let name = 0; name < 11; name++) ask(String(name));
    expect([...answers]).toEqual([['10', { kind: 'busy' }]]);
    await until('the others are answered', () => answers.size === 11);
    expect([...answers.values()].filter(({ kind }) => kind === 'points')).toHaveLength(10);
  });

  test('gives up what takes too long', async () => {
    const { ask, answers, pass } = desk(() => Number.POSITIVE_INFINITY);
    ask('a');
    pass(TREND_PATIENCE);
    await until('it is answered', () => answers.size === 1);
    expect(answers.get('a')).toEqual({ kind: 'late' });
  });

  test('tells of a mistake, and goes on', async () => {
    const { ask, answers } = desk((tag) => {
      if (tag === 'bad') throw new Error('no such thing');
      return 1;
    });
    ask('bad');
    ask('good');
    await until('both are answered', () => answers.size === 2);
    expect(answers.get('bad')).toEqual({ kind: 'failed', reason: 'no such thing' });
    expect(answers.get('good')).toEqual({ kind: 'points', points: [] });
  });
});

describe('a worker that is asked', () => {
  async function started() {
    const link = new NorthLink({
      site: {
        gateway: { id: 'asked', timezone: 'UTC' },
        journal: {
          path: join(temporaryDirectory(), 'journal.db'),
          lossWindow: millis(0),
          maxSize: bytes(2 ** 26),
          keep: millis(1e12),
        },
        uplinks: [],
        tags: siteTags(8),
        hash: 'c0ffee',
      },
      clock: systemClock(),
      log: silentLog,
      random: () => 0,
    });
    onTestFinished(() => link.stop());
    await link.start();
    return link;
  }
  const pointsOf = (answer: TrendAnswer): readonly TrendPoint[] =>
    answer.kind === 'points' ? answer.points : [];
  /** Of now: a trend looks for a sample near its commit. */
  const begin = systemClock().utc();
  const samplesOf = (block: number) =>
    numbered(block).map((sample) => ({ ...sample, time: utcMs(begin + sample.time - T0) }));
  const asking = { from: begin, to: utcMs(begin + 10_000_000), points: 10_000 };
  const valuesOf = (blocks: number) =>
    Array.from({ length: blocks }, (_, block) => samplesOf(block))
      .flat()
      .flatMap(({ tag, value }) => (tag === TAG ? [Number(value)] : []));

  test('goes on with its commits meanwhile, and answers right', async () => {
    const link = await started();
    const blocks = 400;
    for (let block = 0; block < blocks; block++) {
      link.append('telemetry', samplesOf(block));
      await link.flush();
    }
    const order: string[] = [];
    const asked = Array.from({ length: 10 }, async () => {
      const answer = await link.trend(TAG, asking);
      order.push('answer');
      return answer;
    });
    for (let block = blocks; order.filter((each) => each === 'answer').length < 10; block++) {
      link.append('telemetry', samplesOf(block));
      await link.flush();
      order.push('commit');
    }
    const answers = await Promise.all(asked);
    expect(order.lastIndexOf('answer')).toBeGreaterThan(order.indexOf('commit'));
    const values = valuesOf(blocks);
    for (const answer of answers) {
      const points = pointsOf(answer);
      expect(Math.min(...points.map(({ low }) => low))).toBeLessThanOrEqual(Math.min(...values));
      expect(Math.max(...points.map(({ high }) => high))).toBeGreaterThanOrEqual(
        Math.max(...values),
      );
    }
  });

  test('refuses an eleventh question, does not know every tag, and says when it is closed', async () => {
    const link = await started();
    link.append('telemetry', numbered(1));
    await link.flush();
    const many = await Promise.all(Array.from({ length: 30 }, () => link.trend(TAG, QUESTION)));
    expect(new Set(many.map(({ kind }) => kind))).toEqual(new Set(['points', 'busy']));
    expect(await link.trend('press.unheard' as TagId, QUESTION)).toEqual({ kind: 'unknown-tag' });
    await link.stop();
    expect(await link.trend(TAG, QUESTION)).toMatchObject({ kind: 'failed' });
  });
});
