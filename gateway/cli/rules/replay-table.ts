/** A recorded table as samples of a site's tags, by the site's own mapping (`simulation.trace`). Pure. */
import { readRecords } from '../../../config/import/table.ts';
import type { TraceMapping } from '../../../config/site.ts';
import { expressionsOf, partsOf } from '../../../rules/compiled/rule-expressions.ts';
import type { Expr } from '../../../rules/expression.ts';
import type { RuleSet } from '../../../rules/rule.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Sample, TagId } from '../../model/sample.ts';
import { type UtcMs, utcMs } from '../../model/units.ts';

/** Some million rows of a few columns; it is read as a whole. */
export const LARGEST_RECORDING = 64 * 2 ** 20;

/** The samples of one row; they are of one time. */
export type Row = readonly Sample[];

/**
 * The rows in the order of the table, each made when it is asked for. `flags`: tags that are true or false, for which
 * a table may say 1 and 0. Throws `replay.table-invalid` at the row that is wrong.
 */
export function rowsOf(
  bytes: Uint8Array,
  file: string,
  { time, separator, columns }: TraceMapping,
  flags: ReadonlySet<TagId>,
): { readonly count: number; readonly rows: Iterable<Row> } {
  const [header, ...records] = readRecords(bytes, file, separator);
  const titles = header?.cells.map((cell) => cell.trim()) ?? [];
  const refuse = (line: number, reason: string): never => {
    throw new GatewayError('replay.table-invalid', { file, line, reason });
  };
  const placeOf = (title: string): number => {
    const place = titles.indexOf(title);
    if (place < 0) refuse(header?.line ?? 1, `no column "${title}": ${titles.join(', ')}`);
    return place;
  };
  const timeAt = placeOf(time);
  const places = [...columns].map(([title, tag]) => ({ title, tag, at: placeOf(title) }));
  function* rows(): Generator<Row> {
    for (const { line, cells } of records) {
      const written = cells[timeAt]?.trim() ?? '';
      const utc = utcOf(written) ?? refuse(line, `"${written}" is no time`);
      yield places.flatMap(({ title, tag, at }): Sample[] => {
        const cell = cells[at]?.trim() ?? '';
        if (cell === '') return [];
        const value = cellValue(cell, flags.has(tag));
        if (value === undefined) return refuse(line, `"${cell}" in column ${title} is no number`);
        return [{ tag, value, quality: 'good', time: utc, timeBasis: 'source' }];
      });
    }
  }
  return { count: records.length, rows: rows() };
}

/** The titles of a table of which nobody said what its columns are. */
export function titlesOf(bytes: Uint8Array, file: string): readonly string[] {
  const separated = [';', ','].map(
    (separator) => readRecords(bytes, file, separator)[0]?.cells ?? [],
  );
  return separated.toSorted((a, b) => b.length - a.length)[0] ?? [];
}

const TIME =
  /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,3})\d*)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/;

/** ISO 8601, or with a blank between date and time; without a zone it is UTC. */
export function utcOf(text: string): UtcMs | undefined {
  const [, year, month, day, hour, minute, second = '0', part = '0', zone = 'Z'] =
    TIME.exec(text) ?? [];
  if (year === undefined) return undefined;
  const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const local = Date.UTC(y, mo - 1, d, h, mi, s, Number(part.padEnd(3, '0')));
  const isReal = new Date(local).getUTCDate() === d && mo <= 12 && h < 24 && mi < 60 && s < 60;
  return isReal ? utcMs(local - offsetOf(zone)) : undefined;
}

function offsetOf(zone: string): number {
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  if (sign === undefined) return 0;
  const size = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return sign === '-' ? -size : size;
}

function cellValue(cell: string, isFlag: boolean): number | boolean | undefined {
  if (/^(true|false)$/i.test(cell)) return cell.toLowerCase() === 'true';
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(cell) ? Number(cell) : Number.NaN;
  if (!Number.isFinite(value)) return undefined;
  return isFlag && (value === 0 || value === 1) ? value === 1 : value;
}

/** The tags that the rules take for true or false. */
export function flagsOf(sets: readonly RuleSet[]): ReadonlySet<TagId> {
  const flags = new Set<TagId>();
  const isFlag = (part: Expr) => part.kind === 'tag' && part.type === 'flag';
  for (const { rules } of sets)
    for (const rule of rules)
      for (const [, { root }] of expressionsOf(rule))
        for (const part of partsOf(root))
          if (isFlag(part) && part.kind === 'tag') flags.add(part.tag);
  return flags;
}
