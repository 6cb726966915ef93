/** docs/FAULTS.md from the records in docs/faults. */
import type { Law } from '../test/torture/attack.ts';
import type { FaultRecord } from '../test/torture/fault-record.ts';
import { lengthText } from '../test/torture/progress-line.ts';

const INTRODUCTION = [
  '# Faults',
  '',
  '下文列出网关在故障注入试验中的承诺、试验方法与实测结果：断电、强制终止、慢盘、满盘、文件损坏、时钟跳变、长时间断网后的内存占用等。' +
    '每项试验均由种子决定，可用表中命令重复。“stored”指网关已报告落盘的样本；“held”表示该承诺在这次试验中成立。文件由 `npm run generate` 生成。',
  '',
  'What is promised: what the journal has declared stored is there after whatever happens to the process, the power and the disk;',
  'it is delivered, and arrives once after repeats are dropped by (epoch, seq, part); what is lost is a recorded gap; the gateway',
  'always starts; and polling waits for no disk. `gateway/journal/FORMAT.md` says by which means.',
  '',
  'How it is tested: each attack below hurts the real parts (processes, files, sockets, Mosquitto) again and again, at moments and',
  'in ways drawn from a seed, and holds what it finds against its own books of what was handed over, declared and received. A law',
  'is one promise with what was asked for and what was found. The test suite makes each attack with a small count.',
  '',
  'How to repeat one: its command is given with its seed. `npm run torture` makes them all with the full counts, prints one JSON',
  'object for each law, ends with 1 when one does not hold, and writes what it found into `docs/faults`; this page is generated',
  'from there by `npm run generate`. Needs Linux, Mosquitto, gcc, and root for the attacks that mount or limit something.',
  '',
];

/** The whole document; the records in the order in which they are to stand. */
export function renderFaults(records: readonly FaultRecord[]): string {
  if (records.length === 0) return [...INTRODUCTION, 'No run is recorded.', ''].join('\n');
  return [...INTRODUCTION, ...overview(records), '', ...records.flatMap(section)].join('\n');
}

function overview(records: readonly FaultRecord[]): readonly string[] {
  const rows = records.map(({ attack, title, count, seed, seconds, date, version, report }) => [
    `[${attack}](#${attack})`,
    cell(title),
    grouped(count),
    String(seed),
    lengthText(seconds),
    `${date}, ${version}`,
    resultOf(report.laws),
  ]);
  return table(
    ['attack', 'what is done', 'count', 'seed', 'took', 'when, version', 'result'],
    rows,
  );
}

function section(record: FaultRecord): readonly string[] {
  const { attack, title, limits, seed, count, seconds, version, commit, node, sqlite } = record;
  const { machine, report } = record;
  const laws = report.laws.map(({ promise, goal, found, holds }) => [
    cell(promise),
    cell(goal),
    cell(found),
    holds ? 'yes' : '**no**',
  ]);
  const counts = Object.entries(report.counts).map(([name, value]) => `${name} ${grouped(value)}`);
  return [
    `## ${attack}`,
    '',
    `${title}.`,
    '',
    `\`npm run torture -- --only ${attack} --seed ${seed} --count ${count}\`, ${lengthText(seconds)} on ${machine.cores} cores` +
      ` (${machine.cpu}), ${machine.filesystem}, Linux ${machine.kernel}, Node ${node}, SQLite ${sqlite}; headgate ${version} at ${commit}.`,
    '',
    ...table(['promise', 'goal', 'found', 'held'], laws),
    '',
    `Done: ${counts.join(' · ')}.`,
    '',
    ...(limits === '' ? [] : [`What it does not show: ${limits}`, '']),
    ...(report.failures.length === 0
      ? []
      : ['What went wrong:', '', ...report.failures.map((each) => `- ${each}`), '']),
  ];
}

function resultOf(laws: readonly Law[]): string {
  const broken = laws.filter(({ holds }) => !holds).length;
  return broken === 0 ? `${laws.length} laws held` : `**${broken} of ${laws.length} did not hold**`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)];
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
const grouped = (value: number): string => value.toLocaleString('en-US');
