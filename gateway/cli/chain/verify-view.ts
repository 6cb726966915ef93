/** The proof of a hash chain in words. Pure. */
import type { Absent, BreakKind, ChainBreak, KnownDay } from '../../journal/chain/chain-check.ts';
import type { Language } from '../../model/errors.ts';
import { aligned, harmless } from '../columns.ts';
import type { Words } from '../verb.ts';
import type { ReceivedReport } from './received-check.ts';
import type { Proof } from './verify.ts';

const BREAKS: Readonly<Record<BreakKind, Words>> = {
  damaged: { en: 'cannot be read', zh: '无法读取' },
  'given-up': {
    en: 'could not be read by the gateway, which replaced it by a gap',
    zh: '网关曾无法读取，已用缺口记录代替',
  },
  link: { en: 'is not what was written', zh: '与写入时不一致' },
  'link-missing': { en: 'nothing says what stood before it', zh: '缺少其前一块的链值' },
  missing: { en: 'is missing, and nobody removed it', zh: '缺失，且没有删除记录' },
  order: { en: 'comes again', zh: '重复出现' },
  count: { en: 'does not hold as many samples as its row says', zh: '样本数与其行记录不符' },
  day: { en: 'the row of this day is not that of its blocks', zh: '该日的记录与其块不符' },
  'day-missing': { en: 'ends a day that has no row', zh: '结束了一天，但该日没有记录' },
  'other-link': {
    en: 'the day has another link than the one you know',
    zh: '该日的链值与您提供的不同',
  },
  'no-chain': {
    en: 'no block has a link: the journal is from before there was a hash chain',
    zh: '没有任何块带链值：该日志库早于哈希链功能',
  },
  table: {
    en: 'a table beside the blocks cannot be read wholly; the blocks are proven as far as that goes without it',
    zh: '块以外的某个表无法完整读取；各块仍按可读内容逐一校验',
  },
  line: { en: 'is not a line of an export', zh: '不是导出文件的有效行' },
  cut: { en: 'the end of the export is missing', zh: '导出文件的结尾缺失' },
  end: { en: 'the end of the export counts otherwise', zh: '导出文件结尾的计数不符' },
  bytes: {
    en: 'the export does not have the bytes that were written',
    zh: '导出文件的字节与写出时不同',
  },
};

/** About lines of an export, not about blocks. */
const OF_LINES: readonly BreakKind[] = ['line', 'cut', 'end', 'bytes'];
const BREAKS_SHOWN = 10;
const RANGES_SHOWN = 10;

export function renderProof(proof: Proof, known: KnownDay | undefined, language: Language): string {
  const { report } = proof;
  const say = (words: Words): string => words[language];
  const isWhole = report.breaks === 0;
  const verdict = isWhole
    ? say({ en: 'whole: complete and unchanged', zh: '完整：无缺失、未被更改' })
    : say({ en: `broken in ${report.breaks} place(s)`, zh: `有 ${report.breaks} 处断点` });
  const lines = [`${proof.path}: ${verdict}`, ...factLines(proof, language)];
  if (isWhole && known)
    lines.push(
      say({
        en: `${known.day} has the link that you know`,
        zh: `${known.day} 的链值与您提供的一致`,
      }),
    );
  if (isWhole && !known)
    lines.push(
      say({
        en: 'who has the file can forge all of it: compare a day with --day and --link',
        zh: '持有文件者可重写全部内容：请用 --day 和 --link 比对某一天',
      }),
    );
  const [first, ...rest] = report.listed;
  if (first)
    lines.push(`${say({ en: 'first break', zh: '第一处断点' })}: ${breakText(first, language)}`);
  for (const one of rest.slice(0, BREAKS_SHOWN - 1)) lines.push(`  ${breakText(one, language)}`);
  const more = report.breaks - Math.min(report.listed.length, BREAKS_SHOWN);
  if (more > 0) lines.push(`  ${say({ en: `and ${more} more`, zh: `另有 ${more} 处` })}`);
  if (proof.received) lines.push(...receivedLines(proof.received).map(say));
  return lines.join('\n');
}

function receivedLines(received: ReceivedReport): Words[] {
  const { store, isKnown, equal, different, omitted, missing, days, listed } = received;
  if (!isKnown)
    return [{ en: `${store}: knows nothing of this journal`, zh: `${store}：没有该日志库的数据` }];
  return [
    {
      en: `${store}: ${equal} samples were received as they are, ${different} otherwise or not, ${missing} blocks are missing`,
      zh: `${store}：${equal} 个样本与收到的一致，${different} 个不一致或缺失，缺 ${missing} 块`,
    },
    ...(omitted > 0
      ? [
          {
            en: `${omitted} samples are left out by the "only" of the uplink: that copy is a part, and of what is not in it it proves nothing`,
            zh: `上行按 “only” 省略了 ${omitted} 个样本：该副本只是一部分，对其中没有的内容不构成任何证明`,
          },
        ]
      : []),
    {
      en: `links of days: ${days.equal} as published, ${days.different} not`,
      zh: `日链值：${days.equal} 天与发布的一致，${days.different} 天不一致`,
    },
    ...listed.map((what) => ({ en: `  ${harmless(what)}`, zh: `  ${harmless(what)}` })),
  ];
}

function factLines({ gateway, epoch, report }: Proof, language: Language): string[] {
  const { head, link, blocks, samples, proven, unproven, older, gaps, days } = report;
  const zh = language === 'zh';
  const rows: [string, string][] = [
    [
      zh ? '网关' : 'gateway',
      `${gateway === undefined ? '' : `${harmless(gateway)} `}${epoch === '' ? '?' : harmless(epoch)}`,
    ],
    [zh ? '最新块' : 'head', head === undefined ? (zh ? '无' : 'none') : `${head} ${link ?? ''}`],
    [
      zh ? '块' : 'blocks',
      zh
        ? `${blocks} 块，${samples} 个样本；已证明 ${proven} 块`
        : `${blocks} with ${samples} samples, ${proven} of them proven`,
    ],
  ];
  if (unproven > 0)
    rows.push([
      zh ? '未证明' : 'not proven',
      zh
        ? `${unproven} 块，其前一块不可用或自身无法读取`
        : `${unproven}: what stood before them is not there, or they cannot be read`,
    ]);
  if (older > 0)
    rows.push([
      zh ? '更早的块' : 'older',
      zh ? `${older} 块写于哈希链功能之前` : `${older} from before there was a hash chain`,
    ]);
  rows.push([
    zh ? '日' : 'days',
    zh
      ? `已证明 ${days.proven} 天，${days.removed} 天的末块已删除；最后一天 ${days.last ?? '无'}`
      : `${days.proven} proven, ${days.removed} whose last block was removed; the last one: ${days.last ?? 'none'}`,
  ]);
  rows.push([
    zh ? '缺口' : 'gaps',
    zh ? `${gaps} 处，由网关记录` : `${gaps}, recorded by the gateway`,
  ]);
  rows.push([zh ? '已删除' : 'removed', absentText(report.removed, zh)]);
  if (report.skipped.blocks > 0)
    rows.push([zh ? '未导出' : 'not exported', absentText(report.skipped, zh)]);
  return aligned(rows).map((line) => `  ${line}`);
}

function absentText({ blocks, ranges, more }: Absent, zh: boolean): string {
  const shown = ranges
    .slice(0, RANGES_SHOWN)
    .map(([from, to]) => (from === to ? `${from}` : `${from}…${to}`));
  const rest = more + ranges.length - shown.length;
  const told = [...shown, ...(rest > 0 ? [zh ? `另有 ${rest} 段` : `${rest} more`] : [])].join(
    ', ',
  );
  return told === '' ? `${blocks}` : `${blocks}: ${told}`;
}

function breakText({ kind, at, to, detail }: ChainBreak, language: Language): string {
  const zh = language === 'zh';
  const isLine = OF_LINES.includes(kind);
  const numbers = to === undefined || to === at ? `${at}` : `${at}…${to}`;
  const name = isLine
    ? zh
      ? `第 ${numbers} 行`
      : `line ${numbers}`
    : zh
      ? `块 ${numbers}`
      : `block ${numbers}`;
  const place = at === undefined ? '' : `${name}: `;
  const more = detail === undefined ? '' : ` (${harmless(detail)})`;
  return `${place}${BREAKS[kind][language]}${more}`;
}
