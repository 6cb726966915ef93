import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { styleText } from 'node:util';
import { ask } from '../../health/control-socket.ts';
import type { AskedTrend, ToldTrend } from '../../health/trend-answer.ts';
import { TREND_POINTS_MAX } from '../../journal/trend-question.ts';
import { GatewayError } from '../../model/errors.ts';
import { seconds, type UtcMs } from '../../model/units.ts';
import { type AskedGateway, askedGateway, sitePath } from '../load-site.ts';
import { localStamps } from '../local-stamp.ts';
import { timeOf } from '../since.ts';
import type { Call, Verb } from '../verb.ts';
import { type FoundTrend, pointsFor, renderTrends } from './trend-view.ts';

const DEFAULT_SINCE = '24h';
const DEFAULT_COLUMNS = 80;
/** For a script, which has no width. */
const DEFAULT_POINTS = 500;
const TAGS_MAX = 16;
/** The gateway gives up after a minute. */
const ANSWER_PATIENCE = seconds(70);

export const trendVerb: Verb = {
  usage: 'headgate trend <tag>... [site] [--since <time>] [--until <time>] [--points <n>] [--json]',
  about: {
    en: 'Plots tags over time, as the journal of the running gateway has them: each column from the lowest to the highest value in it. Values are stored when they change by more than their deadband; where a column is empty nothing was stored, or what was stored was not a number. Several tags are plotted under one another.',
    zh: '绘制点随时间的变化，数据来自正在运行的网关的日志库：每一列从该时段的最低值画到最高值。数值变化超过死区时才存储；空白列表示该时段没有存储数值。多个点依次绘制。',
  },
  options: {
    since: {
      type: 'string',
      placeholder: 'time',
      help: {
        en: 'so long ago, or since: 8h, 2026-01-31T08:00:00Z; 24h when left out',
        zh: '起始时间：8h 表示 8 小时前，或 2026-01-31T08:00:00Z；省略时为 24h',
      },
    },
    until: {
      type: 'string',
      placeholder: 'time',
      help: {
        en: 'up to then, written alike; now when left out',
        zh: '结束时间，写法相同；省略时为现在',
      },
    },
    points: {
      type: 'string',
      placeholder: 'n',
      help: {
        en: `at most so many points, 1 to ${TREND_POINTS_MAX}; as the terminal has room for when left out`,
        zh: `最多多少个数据点，1 到 ${TREND_POINTS_MAX}；省略时按终端宽度`,
      },
    },
    json: { type: 'boolean', help: { en: 'the points, as JSON', zh: '以 JSON 输出各数据点' } },
  },
  examples: [
    ['headgate trend press.oil_temp ./my-site', { en: 'the last 24 hours', zh: '最近 24 小时' }],
    [
      'headgate trend press.oil_temp press.pump ./my-site --since 30m',
      { en: 'two tags, one under the other', zh: '两个点依次绘制' },
    ],
    [
      'headgate trend press.oil_temp ./my-site --since 7d --points 1000 --json',
      { en: 'for a script', zh: '供脚本使用' },
    ],
  ],
  async run(call) {
    const { tags, site } = namesOf(call);
    const [from, to] = [askedTime(call, 'since', DEFAULT_SINCE), askedTime(call, 'until', '0s')];
    if (from >= to) throw wrong('--since has to be before --until');
    const width = process.stdout.columns ?? DEFAULT_COLUMNS;
    const points = pointsOf(call, width);
    const gateway = await askedGateway(call, site);
    const trends: FoundTrend[] = [];
    for (const tag of tags) trends.push(await askTrend(call, gateway, { tag, from, to, points }));
    const { timezone } = gateway;
    const { language } = call;
    const view = { language, from, to, timezone, stamp: localStamps(timezone), width, paint };
    call.print(
      call.values.json
        ? JSON.stringify({ from, to, trends: trends.map(({ found: _, ...trend }) => trend) })
        : renderTrends(trends, view),
    );
    return 0;
  },
};

const wrong = (problem: string) => new GatewayError('cli.usage', { verb: 'trend', problem });

const TAG_ID = /^[^/\\]+\.[^/\\]+$/;

/** Behind the tags may be the site: what does not look like a tag, or is there as a file. */
function namesOf(call: Call): { readonly tags: readonly string[]; readonly site: string } {
  const { positionals } = call;
  const last = positionals.at(-1) ?? '';
  const isSite = positionals.length > 1 && (!TAG_ID.test(last) || existsSync(resolve(last)));
  const tags = isSite ? positionals.slice(0, -1) : positionals;
  if (tags.length === 0) throw wrong('name a tag, such as press.oil_temp');
  if (tags.length > TAGS_MAX) throw wrong(`no more than ${TAGS_MAX} tags at once`);
  return { tags: [...new Set(tags)], site: sitePath(call, tags.length) };
}

function askedTime({ values, clock }: Call, option: 'since' | 'until', usual: string): UtcMs {
  const written = values[option] ?? usual;
  const time = timeOf(written, clock);
  if (time === undefined)
    throw wrong(`--${option} takes a duration such as 24h, or 2026-01-31T08:00:00Z: ${written}`);
  return time;
}

function pointsOf({ values }: Call, width: number): number {
  if (values.points === undefined) return values.json ? DEFAULT_POINTS : pointsFor(width);
  const points = Number(values.points);
  if (Number.isInteger(points) && points >= 1 && points <= TREND_POINTS_MAX) return points;
  throw wrong(`--points takes 1 to ${TREND_POINTS_MAX}: ${values.points}`);
}

async function askTrend(
  { clock, signal }: Call,
  { socket }: AskedGateway,
  asked: AskedTrend,
): Promise<FoundTrend> {
  const { tag } = asked;
  const answer = await ask(socket, 'trend', clock, asked, ANSWER_PATIENCE, signal);
  const told = answer as ToldTrend;
  switch (told.found) {
    case 'trend':
      return told;
    case 'nothing':
      throw new GatewayError('trend.unknown-tag', { tag, likely: told.likely.join(', ') || '—' });
    case 'failed':
      throw new GatewayError('trend.failed', { tag, reason: told.reason });
    case 'busy':
      throw new GatewayError('trend.busy', { tag });
    case 'late':
      throw new GatewayError('trend.late', { tag });
    default:
      return told satisfies never;
  }
}

/** Plain where standard output is no terminal. */
const paint = (color: 'bold' | 'cyan' | 'dim', text: string): string => styleText(color, text);
