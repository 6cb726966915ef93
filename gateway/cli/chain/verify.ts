/** `headgate verify`: whether a journal, or an export of one, is complete and unchanged. */
import type { ChainReport, KnownDay } from '../../journal/chain/chain-check.ts';
import { MalformedLine } from '../../journal/chain/export-line.ts';
import { ExportCheck } from '../../journal/chain/journal-export.ts';
import { proveJournal } from '../../journal/chain/journal-proof.ts';
import { openJournalReader } from '../../journal/file/journal-reader.ts';
import { GatewayError, reasonOf } from '../../model/errors.ts';
import type { Db } from '../../receive/db.ts';
import { sitePath } from '../load-site.ts';
import type { Call, Verb } from '../verb.ts';
import { FileLines } from './file-lines.ts';
import { paced } from './paced.ts';
import { ReceivedCheck, type ReceivedReport } from './received-check.ts';
import { readable, targetOf } from './target.ts';
import { renderProof } from './verify-view.ts';

/** What was proven, of what. */
export interface Proof {
  readonly kind: 'journal' | 'export';
  readonly path: string;
  readonly gateway: string | undefined;
  readonly epoch: string;
  readonly report: ChainReport;
  /** Of an export that was compared with what a receiver has. */
  readonly received?: ReceivedReport | undefined;
}

export const verifyVerb: Verb = {
  usage:
    'headgate verify [site|journal.db|export.ndjson] [--day <date> --link <hex>] [--received <received.db>] [--json]',
  about: {
    en: 'Proves that a journal, or an export of one, is complete and unchanged: follows the hash chain from block to block and names the first break and how many there are. What retention removed after it was delivered is no break, nor is a loss that the gateway recorded; both are told. A chain can be forged from one end to the other by whoever has the file, so compare a day with the link that was published: --day and --link. Works beside a running gateway. Exit code 0 when it is whole, 1 when it is not.',
    zh: '校验日志库或其导出文件是否完整、未被更改：沿哈希链逐块检查，指出第一处断点及断点总数。送达后按保留策略删除的块不算断点，网关已记录的缺口也不算断点，两者都会列出。持有文件者可以重写整条链，因此请用 --day 和 --link 与已发布的链值比对。网关运行时也可使用。完整时退出码为 0，否则为 1。',
  },
  options: {
    day: {
      type: 'string',
      placeholder: 'date',
      help: {
        en: 'a UTC day that is over, 2026-11-29, whose link is known from elsewhere: the watermark tells it',
        zh: '已结束的 UTC 日期，如 2026-11-29，其链值另有存档：水位消息中会给出',
      },
    },
    link: {
      type: 'string',
      placeholder: 'hex',
      help: { en: 'that link', zh: '该日的链值' },
    },
    received: {
      type: 'string',
      placeholder: 'file',
      help: {
        en: 'of an export: compare every sample, and the link of each day, with what "headgate receive" has stored in SQLite',
        zh: '仅用于导出文件：将每个样本及每日链值与 "headgate receive" 存入 SQLite 的内容比对',
      },
    },
    json: { type: 'boolean', help: { en: 'as JSON', zh: '以 JSON 输出' } },
  },
  examples: [
    ['headgate verify ./my-site', { en: 'the journal of a site', zh: '校验站点的日志库' }],
    [
      'headgate verify day.ndjson',
      { en: 'what "headgate export" wrote', zh: '校验 "headgate export" 的导出文件' },
    ],
    [
      'headgate verify day.ndjson --received received.db',
      { en: 'and whether all of it has arrived', zh: '并核对是否全部送达' },
    ],
  ],
  async run(call) {
    const known = knownDay(call);
    const target = await targetOf(call, sitePath(call));
    if (call.values.received !== undefined && target.kind !== 'export')
      throw new GatewayError('cli.usage', {
        verb: 'verify',
        problem: '--received is about an export: headgate export … --out day.ndjson',
      });
    const proof =
      target.kind === 'export'
        ? await provenExport(target.path, known, call)
        : await provenJournal(target.path, target.gateway, known, call);
    call.print(
      call.values.json ? JSON.stringify(fieldsOf(proof)) : renderProof(proof, known, call.language),
    );
    return proof.report.breaks === 0 && isAllReceived(proof.received) ? 0 : 1;
  },
};

const receivedIn = async (path: string): Promise<Db> =>
  (await import('../../receive/sqlite-db.ts')).openSqliteToRead(path);

const isAllReceived = (received: ReceivedReport | undefined): boolean =>
  received === undefined ||
  (received.isKnown && received.different + received.missing + received.days.different === 0);

function knownDay({ values }: Call): KnownDay | undefined {
  const { day, link } = values;
  const wrong = (problem: string) => new GatewayError('cli.usage', { verb: 'verify', problem });
  if (day === undefined && link === undefined) return undefined;
  if (typeof day !== 'string' || typeof link !== 'string')
    throw wrong('--day and --link belong together');
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) throw wrong(`--day takes a UTC day, 2026-11-29: ${day}`);
  if (!/^[0-9a-f]{64}$/i.test(link)) throw wrong('--link takes 64 hexadecimal digits');
  return { day, link: link.toLowerCase() };
}

async function provenJournal(
  path: string,
  gateway: string | undefined,
  known: KnownDay | undefined,
  call: Call,
): Promise<Proof> {
  const reader = openJournalReader(path);
  try {
    const proof = proveJournal(reader, known);
    let at = 0;
    for await (const event of paced(proof.events, call, () => at / Math.max(1, proof.to)))
      at = 'seq' in event ? (event.seq ?? at) : at;
    return { kind: 'journal', path, gateway, epoch: proof.epoch, report: proof.report() };
  } catch (error) {
    throw readable(error, path);
  } finally {
    reader.close();
  }
}

async function provenExport(path: string, known: KnownDay | undefined, call: Call): Promise<Proof> {
  const file = new FileLines(path);
  const { received } = call.values;
  const store = received === undefined ? undefined : await receivedIn(String(received));
  try {
    let check: ExportCheck | undefined;
    let comparison: ReceivedCheck | undefined;
    for await (const { text, isWhole } of paced(file.lines(), call, () => file.share))
      if (check) {
        const event = check.take(text, isWhole);
        if (event) await comparison?.take(event);
      } else {
        check = new ExportCheck(text, known);
        comparison = store && (await ReceivedCheck.of(store, check.header));
      }
    if (!check) throw new MalformedLine('it is empty');
    const { gateway, epoch } = check.header;
    const proof = { kind: 'export', path, gateway, epoch, report: check.end() } as const;
    return { ...proof, received: comparison?.report() };
  } catch (error) {
    if (!(error instanceof MalformedLine || error instanceof RangeError)) throw error;
    throw new GatewayError('verify.not-readable', { file: path, reason: reasonOf(error) }, error);
  } finally {
    file.close();
    await store?.close();
  }
}

function fieldsOf({ kind, path, gateway, epoch, report, received }: Proof) {
  const { listed, breaks, removed, skipped, days, ...counts } = report;
  return {
    whole: breaks === 0,
    kind,
    path,
    gateway,
    epoch,
    ...counts,
    days,
    removed,
    skipped,
    breaks,
    first_break: listed[0],
    listed,
    received,
  };
}
