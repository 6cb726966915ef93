import { styleText } from 'node:util';
import { type LoadedSite, loadSite } from '../../../config/load.ts';
import { renderProblems } from '../../../config/report.ts';
import type { Site } from '../../../config/site.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';
import { inputTags } from '../../../rules/replay/replay.ts';
import { replayDifference } from '../../../rules/replay/replay-difference.ts';
import type { RuleSet } from '../../../rules/rule.ts';
import { GatewayError } from '../../model/errors.ts';
import type { UtcMs } from '../../model/units.ts';
import { sitePath } from '../load-site.ts';
import { localStamps } from '../local-stamp.ts';
import { timeOf as writtenTime } from '../since.ts';
import type { Call, Verb } from '../verb.ts';
import { type Replayed, runReplay } from './replay-run.ts';
import { journalSource, type ReplaySource, type Span, tableSource } from './replay-source.ts';
import { type ReplayView, renderDifference, renderReplay } from './replay-view.ts';

export const rulesReplay: Verb = {
  usage:
    'headgate rules replay [site] [--since <24h|time>] [--until <time>] [--with <path>] [--csv <file>] [--json]',
  about: {
    en: '"replay" plays recorded samples through the rules of a site and prints what they would have done: alarms, writes, records. With --with it plays them through other rules as well and prints the difference; exit code 1 when the two did not do the same. Samples come from the journal of the site, also while its gateway runs, or from a table (--csv). Rules begin anew with the first sample, knowing what the tags showed before it; derived tags are computed again, and a sample that a deadband kept out of the journal is not there. Time never goes back: where the recorded clock was set back, rules go on from the time that they had. Nothing is written anywhere.',
    zh: '“replay” 用已记录的样本回放站点规则，列出规则本会产生的报警、写入和记录。加 --with 时，用另一套规则同时回放并列出差异；两者结果不同时退出码为 1。样本取自站点日志（网关运行时也可读取），或表格文件（--csv）。规则从第一个样本开始重新计算，并已知各点此前的值；计算点会重新求值，被死区滤除而未入库的样本不参与。时间不会倒退：记录的时钟被回拨时，规则沿用当时的时间继续。不写入任何设备。',
  },
  options: {
    since: {
      type: 'string',
      placeholder: '24h|time',
      help: {
        en: 'from so long ago on, or from this time on (24h; of a table all of it)',
        zh: '从多久之前或从该时间开始（默认 24h；表格默认全部）',
      },
    },
    until: {
      type: 'string',
      placeholder: 'time',
      help: { en: 'up to this time', zh: '到该时间为止' },
    },
    with: {
      type: 'string',
      placeholder: 'path',
      help: {
        en: "another site, or a folder of rule files that take the place of the site's own",
        zh: '另一个站点，或替换本站点规则的规则文件夹',
      },
    },
    csv: {
      type: 'string',
      placeholder: 'file',
      help: {
        en: 'a recorded table; simulation.trace says which tags its columns are',
        zh: '已记录的表格；由 simulation.trace 指定各列对应的点',
      },
    },
    json: { type: 'boolean', help: { en: 'as JSON', zh: '以 JSON 输出' } },
  },
  examples: [
    [
      'headgate rules replay ./my-site --since 24h --with ./new-rules',
      {
        en: 'what new rules would have done differently since yesterday',
        zh: '新规则从昨天起会有何不同',
      },
    ],
    [
      'headgate rules replay ./my-site --csv pump.csv',
      { en: 'what the rules say to a recording', zh: '用记录的数据检验规则' },
    ],
  ],
  async run(call) {
    const { csv, with: other } = call.values;
    const path = sitePath(call);
    const span = spanOf(call, csv === undefined);
    const site = required(call, path, await loadSite(path, DRIVER_OPTIONS));
    const second =
      typeof other === 'string'
        ? required(call, other, await loadSite(path, DRIVER_OPTIONS, { rulesFrom: other }))
        : undefined;
    const sets: readonly [RuleSet] | readonly [RuleSet, RuleSet] = second
      ? [site.rules, second.rules]
      : [site.rules];
    if (sets.every(({ rules }) => rules.length === 0))
      throw new GatewayError('replay.no-rules', { site: path });
    const source =
      typeof csv === 'string'
        ? await tableSource(csv, site, sets, span)
        : journalSource(site.journal.path, span, inputTags(sets));
    try {
      const replayed = await runReplay(sets, source, call);
      const stamp = localStamps(site.gateway.timezone);
      if (replayed.facts.from === undefined) throw nothingRecorded(source, stamp);
      return print(call, replayed, { language: call.language, stamp, paint });
    } finally {
      source.close();
    }
  },
};

function print(call: Call, replayed: Replayed, view: ReplayView): number {
  const [first, second] = replayed.outcomes;
  const difference =
    first && second && replayDifference(first.effects, second.effects, replayed.derived);
  const isEqual = difference?.isEqual ?? true;
  if (call.values.json) call.print(JSON.stringify(fieldsOf(replayed, difference)));
  else
    call.print(
      difference ? renderDifference(difference, replayed, view) : renderReplay(replayed, view),
    );
  return isEqual ? 0 : 1;
}

function fieldsOf(
  { facts, blocks, losses, outcomes, derived }: Replayed,
  difference: ReturnType<typeof replayDifference> | undefined,
) {
  const [first, second] = outcomes;
  return {
    from: facts.from,
    to: facts.to,
    samples: facts.samples,
    blocks,
    clock_steps: facts.clockSteps,
    gaps: losses.gaps,
    damaged: losses.damaged,
    more_losses: losses.more,
    effects: first?.effects,
    dropped: first?.dropped,
    digest: first?.digest,
    derived: derived.map(({ tag, before }) => ({ tag, values: before })),
    ...(second && {
      with: { effects: second.effects, dropped: second.dropped, digest: second.digest },
      difference,
    }),
  };
}

function nothingRecorded(source: ReplaySource, stamp: (time: UtcMs) => string): GatewayError {
  const held = source.held();
  return new GatewayError('replay.nothing-recorded', {
    source: source.name,
    held: held ? held.map(stamp).join(' … ') : '—',
  });
}

/** Prints its problems and throws where the site, or what was made of it, cannot be used. */
function required(call: Call, path: string, loaded: LoadedSite): Site {
  const problems = loaded.ok ? loaded.warnings : loaded.problems;
  if (problems.length > 0) call.note(renderProblems(problems, call.language));
  if (loaded.ok) return loaded.site;
  throw new GatewayError('cli.site-invalid', { site: path, count: loaded.problems.length });
}

const DEFAULT_SINCE = '24h';

function spanOf({ values, clock }: Call, isBounded: boolean): Span {
  const { since, until } = values;
  const wrong = (problem: string) => new GatewayError('cli.usage', { verb: 'rules', problem });
  const timeOf = (option: string, written: string): UtcMs => {
    const time = writtenTime(written, clock);
    if (time === undefined)
      throw wrong(
        `--${option} takes a length of time or a time, 24h or 2026-01-31T08:00:00Z: ${written}`,
      );
    return time;
  };
  const span = {
    since:
      typeof since === 'string' || isBounded
        ? timeOf('since', String(since ?? DEFAULT_SINCE))
        : undefined,
    until: typeof until === 'string' ? timeOf('until', until) : undefined,
  };
  if (span.since !== undefined && span.until !== undefined && span.until <= span.since)
    throw wrong('--until is before --since');
  return span;
}

/** Plain where standard output is no terminal. */
const paint = (color: 'green' | 'red' | 'yellow' | 'dim' | 'bold', text: string): string =>
  styleText(color, text);
