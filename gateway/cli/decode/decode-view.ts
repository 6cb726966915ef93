/** An explanation as people read it: what each byte means, then the values. Pure. */
import { interpretations } from '../../../drivers/codec/interpretations.ts';
import type { ExplainedPart, Explanation, Plain } from '../../../drivers/explanation.ts';
import type { Language } from '../../model/errors.ts';
import type { Words } from '../verb.ts';
import { hex } from '../wire/hex.ts';

/** Bytes of one line of the table. */
const BYTES_PER_LINE = 12;
const HEX_WIDTH = BYTES_PER_LINE * 3 - 1;
const OFFSET_WIDTH = 4;

const UNEXPLAINED: Words = { en: '(no part of a frame)', zh: '（不属于任何帧）' };
const REJECTED: Words = { en: 'refused', zh: '拒绝' };

/** `uint16`, `int32_CDAB`: one reading of registers, and the order of its bytes. */
const READING = /^((?:u?int|float|bcd|s?m10k)\d*)(?:_(\w+))?$/;

export function renderExplanation(
  bytes: Uint8Array,
  explanation: Explanation,
  language: Language,
): string {
  const table = renderParts(bytes, explanation.parts, language);
  if (!explanation.ok)
    return `${table}\n\n${REJECTED[language]}: ${explanation.reject} — ${explanation.words[language]}`;
  return [table, renderFields(explanation.fields)].filter((text) => text !== '').join('\n\n');
}

/** Offset, bytes, meaning; what no part covers is said so. */
export function renderParts(
  bytes: Uint8Array,
  parts: readonly ExplainedPart[],
  language: Language,
): string {
  const lines: string[] = [];
  let end = 0;
  const add = (at: number, length: number, meaning: string) => {
    for (let from = at; from < at + length; from += BYTES_PER_LINE) {
      const shown = hex(bytes.subarray(from, Math.min(from + BYTES_PER_LINE, at + length)));
      const words = from === at ? `  ${meaning}` : '';
      lines.push(
        `${String(from).padStart(OFFSET_WIDTH)}  ${shown.padEnd(HEX_WIDTH)}${words}`.trimEnd(),
      );
    }
  };
  for (const { at, length, label } of parts.toSorted((a, b) => a.at - b.at)) {
    if (at > end) add(end, at - end, UNEXPLAINED[language]);
    add(at, length, label[language]);
    end = Math.max(end, at + length);
  }
  if (end < bytes.length) add(end, bytes.length - end, UNEXPLAINED[language]);
  return lines.join('\n');
}

type Fields = Readonly<Record<string, Plain>>;

/** One value a line; the readings of registers side by side. */
export function renderFields(fields: Fields): string {
  const entries = Object.entries(fields);
  const readings = entries.filter(([name]) => READING.test(name));
  const others = entries.filter(([name]) => !READING.test(name));
  return [
    columns(others.map(([name, value]) => [name, plainText(value)])),
    readingTable(readings),
    registerTable(fields),
  ]
    .filter((text) => text !== '')
    .join('\n\n');
}

function readingTable(readings: readonly (readonly [string, Plain])[]): string {
  if (readings.length === 0) return '';
  const cells = new Map<string, Map<string, string>>();
  const orders = new Set<string>();
  for (const [name, value] of readings) {
    const [, type = name, order = ''] = READING.exec(name) ?? [];
    orders.add(order);
    const row = cells.get(type) ?? new Map<string, string>();
    cells.set(type, row.set(order, plainText(value)));
  }
  const heads = [...orders];
  const rows = [...cells].map(([type, row]) => [
    type,
    ...heads.map((order) => row.get(order) ?? ''),
  ]);
  const isNamed = heads.some((head) => head !== '');
  return columns(isNamed ? [['', ...heads], ...rows] : rows);
}

/** What stands at each register of a longer block, and what it may be together with the next. */
function registerTable({ registers, address }: Fields): string {
  if (!Array.isArray(registers) || registers.length <= LONGEST_VALUE) return '';
  const bytes = Buffer.alloc(2 * registers.length);
  for (const [i, word] of registers.entries()) bytes.writeUInt16BE(Number(word), 2 * i);
  const from = typeof address === 'number' ? address : 0;
  const rows = registers.map((_, i) => {
    const block = (length: number) => bytes.subarray(2 * i, 2 * (i + length));
    const readings = new Map(
      [
        ...interpretations(block(1)),
        ...(i + 1 < registers.length ? interpretations(block(2)) : []),
      ].map(({ name, value }) => [name, `${value}`] as const),
    );
    const cells = PAIR_READINGS.map((name) => readings.get(name) ?? '');
    return [`${from + i}`, hex(block(1)), ...cells];
  });
  return columns([['', '', ...PAIR_READINGS], ...rows]);
}

/** The longest number; a block of so many registers is read as a whole. */
const LONGEST_VALUE = 4;
const PAIR_READINGS = [
  ...['uint16', 'int16', 'float_ABCD', 'float_CDAB', 'uint32_ABCD', 'uint32_CDAB'],
  ...['int32_ABCD', 'int32_CDAB'],
];

function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows
    .map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}

/** Text as it is, everything else as JSON. */
const plainText = (value: Plain): string =>
  typeof value === 'string' ? value : JSON.stringify(value);
