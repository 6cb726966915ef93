/** A row of the block table as it stands in a damaged file: what of it can be what was stored. Pure. */
import { type UtcMs, utcMs } from '../../model/units.ts';
import { blockSeal } from '../codec/block-seal.ts';
import { gapFromJson } from '../file/gap-json.ts';
import type { TailState } from '../file/journal-tail.ts';
import { type Column, columnTypes } from '../file/sqlite-cells.ts';
import { BLOCK_CLASSES, type BlockClass, GAP_REASONS, type Gap } from '../journal.ts';

export interface DamagedRow {
  readonly seq: number;
  readonly class: BlockClass;
  readonly committedAt: UtcMs;
  readonly samples: number;
  readonly gap: Gap | undefined;
  readonly gapText: string | undefined;
  readonly data: Uint8Array | undefined;
  readonly key: number | undefined;
  /** What the checksum of `data` goes on over. */
  readonly seal: string;
  /** Undefined in rows from before version 2, and where it is damaged. */
  readonly state: TailState | undefined;
  /** From before version 2. */
  readonly isOld: boolean;
  readonly link: Uint8Array | undefined;
}

const SAMPLES_MAX = 1_000_000;
/** The table had six columns first. */
const COLUMNS_MIN = 6;
const INTEGERS = new Set([1, 2, 3, 4, 5, 6, 8, 9]);
const isText = (type: number) => type >= 13 && type % 2 === 1;
const isBlob = (type: number) => type >= 12 && type % 2 === 0;

/** What the beginning of a row says; undefined where it begins no block. */
export function headOf({
  length,
  local,
}: {
  readonly length: number;
  readonly local: Buffer;
}): { readonly class: BlockClass; readonly samples: number } | undefined {
  const head = columnTypes(local);
  if (head === undefined || head.bytes !== length || head.types.length < COLUMNS_MIN)
    return undefined;
  const [id, classType = 0, timeType = 0, samplesType = 0, gap = 0, data = 0] = head.types;
  if (id !== 0 || ![classType, timeType, samplesType].every((type) => INTEGERS.has(type)))
    return undefined;
  if (!(gap === 0 || isText(gap)) || !(data === 0 || isBlob(data)) || gap + data === 0)
    return undefined;
  // The header's own length is one byte as long as there are fewer than a hundred columns.
  let at = local[0] as number;
  const next = (type: number) => {
    const bytes = type >= 8 ? 0 : type === 5 ? 6 : type === 6 ? 8 : type;
    const value = type >= 8 ? type - 8 : bytes === 8 ? Number.NaN : local.readIntBE(at, bytes);
    at += bytes;
    return value;
  };
  if (at + 8 + 8 + 8 > local.length && at + 1 + 6 + 4 > local.length) return undefined;
  const blockClass = BLOCK_CLASSES[next(classType)];
  next(timeType);
  const samples = next(samplesType);
  return blockClass !== undefined && samples >= 0 && samples <= SAMPLES_MAX
    ? { class: blockClass, samples }
    : undefined;
}

/** The whole row; undefined where it can be none of a journal. */
export function rowOf(rowid: number, columns: readonly Column[]): DamagedRow | undefined {
  const [, classIndex, committed, samples, gap, data, key, state, link] = columns;
  const blockClass = BLOCK_CLASSES[Number(classIndex)];
  if (columns.length < COLUMNS_MIN || blockClass === undefined) return undefined;
  if (typeof committed !== 'number' || typeof samples !== 'number') return undefined;
  const text = typeof gap === 'string' ? gap : undefined;
  const parsed = text === undefined ? undefined : gapIn(text, blockClass);
  if (text !== undefined && parsed === undefined) return undefined;
  const hasLink = link instanceof Uint8Array && link.length === 32;
  return {
    seq: rowid,
    class: blockClass,
    committedAt: utcMs(committed),
    samples,
    gap: parsed,
    gapText: text,
    data: data instanceof Uint8Array ? data : undefined,
    key: typeof key === 'number' ? key : undefined,
    seal: blockSeal({ seq: rowid, class: classIndex, committed_at: committed, samples, key, gap }),
    state: typeof state === 'string' ? stateIn(state) : undefined,
    isOld: state === null || state === undefined,
    link: hasLink ? link : undefined,
  };
}

function stateIn(text: string): TailState | undefined {
  try {
    const state: unknown = JSON.parse(text);
    if (!Array.isArray(state) || (state.length !== 5 && state.length !== 8)) return undefined;
    const [blocks, samples, gaps, lost, mark, origin, number, seq] = state as unknown[];
    const counts = [blocks, samples, gaps, lost, ...(state.length === 8 ? [number, seq] : [])];
    const areCounts = counts.every((count) => Number.isSafeInteger(count) && Number(count) >= 0);
    if (!areCounts || typeof mark !== 'string') return undefined;
    const totals = [Number(blocks), Number(samples), Number(gaps), Number(lost), mark] as const;
    if (state.length === 5) return totals;
    return typeof origin === 'string'
      ? [...totals, origin, Number(number), Number(seq)]
      : undefined;
  } catch {
    return undefined;
  }
}

function gapIn(text: string, blockClass: BlockClass): Gap | undefined {
  try {
    const gap = gapFromJson(text);
    const { reason, count, seqs, from, to } = gap;
    const isCount = count === undefined || (Number.isSafeInteger(count) && count >= 0);
    const areSeqs = seqs === undefined || (seqs.from >= 1 && seqs.from <= seqs.to);
    const isSane = GAP_REASONS.includes(reason) && gap.class === blockClass && isCount && areSeqs;
    return isSane && typeof from === 'number' && from <= to ? gap : undefined;
  } catch {
    return undefined;
  }
}
