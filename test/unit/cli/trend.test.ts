/** `headgate trend` against the socket of a gateway that the test plays, and its plot letter by letter. */
import { describe, expect, it } from 'vitest';
import { localStamps } from '../../../gateway/cli/local-stamp.ts';
import { timeAxis } from '../../../gateway/cli/trend/time-axis.ts';
import { trendVerb } from '../../../gateway/cli/trend/trend.ts';
import { type FoundTrend, renderTrends } from '../../../gateway/cli/trend/trend-view.ts';
import { answerTrend, type ToldTrend } from '../../../gateway/health/trend-answer.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import type { TrendPoint } from '../../../gateway/journal/trend-question.ts';
import { utcMs } from '../../../gateway/model/units.ts';
import { answeringGateway } from '../../support/answering-gateway.ts';
import { called } from '../../support/command-line.ts';
import { disposals } from '../../support/disposals.ts';
import { siteTags } from '../../support/journal-samples.ts';

const ended = disposals();
const NOW = Date.UTC(2026, 0, 2, 8);
const HOUR = 3_600_000;

const point = (from: number, to: number, low: number, high: number, last: number): TrendPoint => ({
  ...{ from: utcMs(from), to: utcMs(to), low, high, last },
});

/** Up, nothing for a while, and down again. */
const HILL: FoundTrend = {
  found: 'trend',
  tag: 'press.oil_temp',
  unit: '°C',
  decimals: 1,
  points: [0, 1, 2, 3, 6, 7].map((hour) => {
    const height = 60 + 5 * Math.min(hour, 8 - hour);
    const from = NOW - (8 - hour) * HOUR;
    return point(from, from + HOUR * 0.9, height - 3, height + 3, height);
  }),
};

const view = (language: 'en' | 'zh') => ({
  ...{
    language,
    from: utcMs(NOW - 8 * HOUR),
    to: utcMs(NOW),
    timezone: 'Asia/Shanghai',
    width: 60,
  },
  stamp: localStamps('Asia/Shanghai'),
  paint: (_: string, text: string) => text,
});

describe('the plot', () => {
  it('of one tag', async () => {
    await expect(renderTrends([HILL], view('en'))).toMatchFileSnapshot(
      '../../golden/trend/one.txt',
    );
  });

  it('of several, one of them without a value, in Chinese', async () => {
    const flat: FoundTrend = {
      found: 'trend',
      tag: 'press.pump',
      points: [point(NOW - HOUR, NOW - HOUR, 1, 1, 1)],
    };
    const empty: FoundTrend = { found: 'trend', tag: 'press.name', points: [] };
    const text = renderTrends([HILL, flat, empty], view('zh'));
    await expect(text).toMatchFileSnapshot('../../golden/trend/several.zh.txt');
  });

  it('is never wider than the terminal where that has 60 columns or more', () => {
    for (const width of [60, 80, 133, 300]) {
      const lines = renderTrends([HILL], { ...view('en'), width }).split('\n');
      expect(Math.max(...lines.slice(3).map((line) => line.length))).toBeLessThanOrEqual(width);
    }
  });
});

describe('the axis', () => {
  it.each([
    ['a minute', 60_000],
    ['a day', 24 * HOUR],
    ['a year', 365 * 24 * HOUR],
  ])('of %s has times that do not run into one another', (_, span) => {
    const [line, labels] = timeAxis(
      { from: utcMs(NOW - span), to: utcMs(NOW) },
      60,
      localStamps('Europe/Berlin'),
    );
    expect(line).toHaveLength(60);
    expect(labels.length).toBeLessThanOrEqual(60);
    expect(labels.split(/ (?! )/).length).toBeGreaterThan(1);
    expect(labels).not.toMatch(/\d{3}/);
  });
});

async function headgate(answer: ToldTrend | undefined, argv: readonly string[]) {
  const asked: unknown[] = [];
  const gateway = ended(
    await answeringGateway(
      answer && {
        trend: (about) => {
          asked.push(about);
          return answer;
        },
      },
    ),
    ({ close }) => close(),
  );
  const args = argv.map((arg) => (arg === 'SITE' ? gateway.folder : arg));
  const clock = virtualClock(utcMs(NOW));
  return { ...(await called({ trend: trendVerb }, ['trend', ...args], { clock })), asked };
}

describe('headgate trend', () => {
  it('asks for each tag and prints the points as JSON', async () => {
    const argv = ['press.oil_temp', 'press.pump', 'SITE', '--since', '8h', '--json'];
    const { status, stdout, asked } = await headgate(HILL, argv);
    const question = { from: NOW - 8 * HOUR, to: NOW, points: 500 };
    expect(asked).toEqual([
      { tag: 'press.oil_temp', ...question },
      { tag: 'press.pump', ...question },
    ]);
    expect(status).toBe(0);
    const { found: _, ...trend } = HILL;
    expect(JSON.parse(stdout)).toEqual({ from: NOW - 8 * HOUR, to: NOW, trends: [trend, trend] });
  });

  it('plots in the zone of the site', async () => {
    const { stdout } = await headgate(HILL, ['press.oil_temp', 'SITE']);
    expect(stdout).toContain('2026-01-01 08:00:00 – 2026-01-02 08:00:00  UTC');
    expect(stdout).toContain('last 65.0 °C (07:54:00)');
  });

  it.each<[ToldTrend, string]>([
    [{ found: 'nothing', likely: ['press.oil_temp'] }, 'the likeliest first: press.oil_temp'],
    [{ found: 'busy' }, 'ask again in a minute'],
    [{ found: 'late' }, '--since and --until'],
    [{ found: 'failed', reason: 'it is not open' }, 'it is not open'],
  ])('says what %o means', async (answer, words) => {
    const { status, stderr } = await headgate(answer, ['press.oil', 'SITE']);
    expect([status, stderr]).toEqual([1, expect.stringContaining(words)]);
  });

  it('says that no gateway runs, and what to do', async () => {
    const { status, stderr } = await headgate(undefined, ['press.oil', 'SITE']);
    expect([status, stderr]).toEqual([1, expect.stringContaining('headgate run <site>')]);
  });

  it.each([
    [[]],
    [['a.b', 'SITE', '--since', 'yesterday']],
    [['a.b', 'SITE', '--since', '1h', '--until', '2h']],
    [['a.b', 'SITE', '--points', '0']],
  ])('refuses %j', async (argv) => {
    expect((await headgate(HILL, argv)).status).toBe(2);
  });
});

describe('the answer', () => {
  const tags = siteTags(3);
  const question = { from: NOW - HOUR, to: NOW, points: 10 };
  const told = (tag: string, kind: 'unknown-tag' | 'points') =>
    answerTrend(
      { tag, ...question },
      { tags, north: { trend: async () => (kind === 'points' ? { kind, points: [] } : { kind }) } },
    );

  it('names what is like a tag that nobody knows', async () => {
    expect(await told('press.t11', 'unknown-tag')).toMatchObject({ found: 'nothing' });
    expect(await told('pres.t1', 'unknown-tag')).toEqual({
      found: 'nothing',
      likely: ['press.t1', 'press.t0', 'press.t2'],
    });
  });

  it('has no points of a tag that never had a sample, and tells one that the site had once', async () => {
    expect(await told('press.t1', 'unknown-tag')).toEqual({
      ...{ found: 'trend', tag: 'press.t1', points: [] },
    });
    expect(await told('press.gone', 'points')).toMatchObject({ found: 'trend', tag: 'press.gone' });
  });

  it.each([
    {},
    { tag: 'a.b', ...question, points: 1e9 },
    { tag: 'a.b', ...question, to: NOW - 2 * HOUR },
  ])('refuses %j', async (about) => {
    const north = { trend: async () => ({ kind: 'busy' }) as const };
    await expect(answerTrend(about, { tags, north })).rejects.toThrow(RangeError);
  });
});
