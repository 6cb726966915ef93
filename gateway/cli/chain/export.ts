/** `headgate export`: what a journal holds, read beside its gateway. */
import { resolve } from 'node:path';
import type { ChainEvent } from '../../journal/chain/chain-event.ts';
import { ChainSource, headAt, requireWhole } from '../../journal/chain/chain-source.ts';
import type { ExportHeader } from '../../journal/chain/export-line.ts';
import { exportLines, ofClass } from '../../journal/chain/journal-export.ts';
import { spanOf } from '../../journal/chain/journal-proof.ts';
import { type JournalReader, openJournalReader } from '../../journal/file/journal-reader.ts';
import { BLOCK_CLASSES, type BlockClass } from '../../journal/journal.ts';
import { GatewayError } from '../../model/errors.ts';
import type { TagId } from '../../model/sample.ts';
import { loadSiteApart, sitePath } from '../load-site.ts';
import { timeOf } from '../since.ts';
import type { Call, Verb } from '../verb.ts';
import { TABLE_HEADER, tableRows } from './export-table.ts';
import { outputTo } from './output.ts';
import { paced } from './paced.ts';
import { readable, targetOf } from './target.ts';

const FORMATS = ['ndjson', 'csv'] as const;
type Format = (typeof FORMATS)[number];

export const exportVerb: Verb = {
  usage:
    'headgate export [site|journal.db] [--since <24h|time> | --from <seq>] [--to <seq>] ' +
    '[--class telemetry|alarm|record] [--format ndjson|csv] [--out <file>] [--json]',
  about: {
    en: 'Writes what a journal holds, also while its gateway runs: as NDJSON exact to the last digit, with gaps, days and the links of the hash chain, so that "headgate verify" can prove it from the file alone; as CSV for people and spreadsheets, which cannot be verified. The file is there as a whole or not at all. Exit code 1 when something in the journal could not be read.',
    zh: '导出日志库的内容，网关运行时也可使用。NDJSON 逐位精确，含缺口、日记录和哈希链，可仅凭该文件用 "headgate verify" 校验；CSV 供人员和电子表格使用，不能校验。文件要么完整写出，要么不存在。日志库中有无法读取的内容时退出码为 1。',
  },
  options: {
    since: {
      type: 'string',
      placeholder: '24h|time',
      help: {
        en: 'what was stored from so long ago on, or from this time on (all of it)',
        zh: '从多久之前或从该时间起存储的内容（默认全部）',
      },
    },
    from: {
      type: 'string',
      placeholder: 'seq',
      help: { en: 'from this block on', zh: '从该块开始' },
    },
    to: {
      type: 'string',
      placeholder: 'seq',
      help: { en: 'up to this block', zh: '到该块为止' },
    },
    class: {
      type: 'string',
      placeholder: BLOCK_CLASSES.join('|'),
      help: { en: 'only blocks of this class', zh: '仅导出该类别的块' },
    },
    format: {
      type: 'string',
      placeholder: FORMATS.join('|'),
      help: {
        en: 'ndjson can be verified, csv is for people (ndjson)',
        zh: 'ndjson 可校验，csv 供人员查看（默认 ndjson）',
      },
    },
    out: {
      type: 'string',
      placeholder: 'file',
      help: { en: 'the file to write (standard output)', zh: '要写入的文件（默认标准输出）' },
    },
    json: {
      type: 'boolean',
      help: {
        en: 'the summary as JSON; on standard error where the export itself is on standard output',
        zh: '以 JSON 输出摘要；导出内容写到标准输出时，摘要写到标准错误输出',
      },
    },
  },
  examples: [
    [
      'headgate export ./my-site --since 24h --out day.ndjson && headgate verify day.ndjson',
      { en: 'the last day, and the proof that it is whole', zh: '导出最近一天并校验其完整性' },
    ],
    [
      'headgate export ./my-site --since 7d --format csv --out week.csv',
      { en: 'a week for a spreadsheet', zh: '导出一周数据供电子表格使用' },
    ],
  ],
  async run(call) {
    const format = oneOf('format', FORMATS, call.values.format ?? 'ndjson');
    const wanted = wantedOf(call);
    const path = sitePath(call);
    const target = await targetOf(call, path);
    if (target.kind === 'export') throw wrong('name a site or a journal, this is an export');
    const unitOf = format === 'csv' ? await unitsOf(path, target.gateway) : () => undefined;
    const reader = openJournalReader(target.path);
    try {
      const job: Job = { call, reader, wanted, format, unitOf, gateway: target.gateway };
      return await write(job, target.path);
    } catch (error) {
      throw readable(error, target.path);
    } finally {
      reader.close();
    }
  },
};

const wrong = (problem: string) => new GatewayError('cli.usage', { verb: 'export', problem });

interface Wanted {
  readonly since: ReturnType<typeof timeOf>;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly class: BlockClass | undefined;
}

function wantedOf({ values, clock }: Call): Wanted {
  if (values.since !== undefined && values.from !== undefined)
    throw wrong('say --since or --from, not both');
  const since = timeOf(values.since, clock);
  if (values.since !== undefined && since === undefined)
    throw wrong(
      `--since takes a length of time or a time, 24h or 2026-01-31T08:00:00Z: ${values.since}`,
    );
  const [from, to] = [seqIn('from', values.from), seqIn('to', values.to)];
  if (from !== undefined && to !== undefined && to < from) throw wrong('--to is before --from');
  const wanted =
    values.class === undefined ? undefined : oneOf('class', BLOCK_CLASSES, values.class);
  return { since, from, to, class: wanted };
}

function seqIn(option: string, value: Call['values'][string]): number | undefined {
  if (value === undefined) return undefined;
  const seq = /^\d{1,15}$/.test(String(value)) ? Number(value) : 0;
  if (seq > 0) return seq;
  throw wrong(`--${option} takes the number of a block, not "${value}"`);
}

function oneOf<T extends string>(option: string, known: readonly T[], value: unknown): T {
  const found = known.find((each) => each === value);
  if (found) return found;
  throw wrong(`--${option} takes one of ${known.join(', ')}, not "${value}"`);
}

/** Of a site whose files cannot be loaded just now there are none. */
async function unitsOf(path: string, gateway: string | undefined) {
  const units = new Map<TagId, string>();
  const loaded = gateway === undefined ? undefined : await loadSiteApart(path, 'skip');
  if (loaded?.ok)
    for (const { id, unit } of loaded.site.tags) if (unit !== undefined) units.set(id, unit);
  return (tag: TagId) => units.get(tag);
}

interface Job {
  readonly call: Call;
  readonly reader: JournalReader;
  readonly wanted: Wanted;
  readonly format: Format;
  readonly unitOf: (tag: TagId) => string | undefined;
  readonly gateway: string | undefined;
}

interface Summary {
  readonly file: string | undefined;
  readonly from: number;
  readonly to: number;
  blocks: number;
  samples: number;
  gaps: number;
  damaged: number;
}

async function write({ call, reader, wanted, format, unitOf, gateway }: Job, path: string) {
  const { book, to: head } = spanOf(reader);
  requireWhole(book);
  const from = wanted.from ?? (wanted.since === undefined ? 1 : reader.firstSince(wanted.since));
  // Where the newest piece cannot be read, all that is known of.
  const newest = Number.isSafeInteger(head + 1) ? head : book.known;
  const to = Math.min(wanted.to ?? newest, newest);
  const file = call.values.out === undefined ? undefined : resolve(String(call.values.out));
  const summary: Summary = { file, from, to, blocks: 0, samples: 0, gaps: 0, damaged: 0 };
  const header: ExportHeader = {
    ...headAt(reader, book, from),
    gateway,
    madeAt: call.clock.utc(),
    to,
    class: wanted.class,
  };
  let at = from;
  const events = function* (): Generator<ChainEvent> {
    for (const event of ofClass(new ChainSource(reader, book, from).events(to), wanted.class)) {
      count(summary, event);
      at = 'seq' in event ? (event.seq ?? at) : at;
      yield event;
    }
  };
  const output = outputTo(file, path, call);
  try {
    if (format === 'csv') output.line(TABLE_HEADER);
    const lines = format === 'csv' ? rowsOf(events(), unitOf) : exportLines(header, events());
    for await (const line of paced(lines, call, () => (at - from) / Math.max(1, to - from)))
      output.line(line);
  } catch (error) {
    output.drop();
    throw error;
  }
  output.done();
  tell(call, summary, format);
  return summary.damaged > 0 ? 1 : 0;
}

function* rowsOf(events: Iterable<ChainEvent>, unitOf: Job['unitOf']): Generator<string> {
  for (const event of events) yield* tableRows(event, unitOf);
}

function count(summary: Summary, event: ChainEvent): void {
  if (event.kind === 'damaged') summary.damaged++;
  if (event.kind !== 'block') return;
  summary.blocks++;
  summary.samples += event.samples?.batch.length ?? 0;
  if (event.gap !== undefined) summary.gaps++;
}

function tell(call: Call, summary: Summary, format: Format): void {
  const { file, from, to, blocks, samples, gaps, damaged } = summary;
  const say = file === undefined ? call.note : call.print;
  if (call.values.json) {
    say(JSON.stringify({ ...summary, format }));
    return;
  }
  const isZh = call.language === 'zh';
  const place = file ?? (isZh ? '标准输出' : 'standard output');
  const held = isZh
    ? `块 ${from}…${to}，共 ${blocks} 块、${samples} 个样本、${gaps} 处缺口`
    : `blocks ${from}…${to}, ${blocks} of them, ${samples} samples, ${gaps} recorded gaps`;
  const none = isZh ? `没有块，最新的块是 ${to}` : `no blocks, the newest is ${to}`;
  say(`${place}${isZh ? '：' : ': '}${to < from ? none : held}`);
  if (format === 'csv')
    call.note(
      isZh
        ? 'CSV 不能校验；需要校验时请用 --format ndjson'
        : 'CSV cannot be verified; for that use --format ndjson',
    );
  if (damaged > 0)
    call.note(
      isZh
        ? `${damaged} 处内容无法读取；"headgate verify" 会指出位置`
        : `${damaged} could not be read; "headgate verify" names them`,
    );
}
