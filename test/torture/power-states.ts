/**
 * The states in which a cut may leave a disk: of what is in doubt nothing, everything, beginnings, names newer or older
 * than the contents, any part in any order, a write torn at a sector, every sector as old as it likes. Pure.
 */
import type { Random } from '../../gateway/model/backoff.ts';
import { type Change, contentOf, type DiskFile, type Doubts, namesAfter } from './power-disk.ts';

export const SECTOR_BYTES = 512;

/** Of what was in doubt, what came to the disk. */
export const STATE_KINDS = [
  'nothing',
  'everything',
  'beginning',
  'names',
  'subset',
  'torn',
  'sectors',
  'reordered',
] as const;
export type StateKind = (typeof STATE_KINDS)[number];

export interface DiskState {
  readonly kind: StateKind;
  /** Path, a name of its content that is the same for the same content, and the content. */
  readonly files: readonly StateFile[];
}

export interface StateFile {
  readonly path: string;
  readonly key: string;
  readonly content: () => Buffer;
}

/** How many of the drawn kinds. */
export interface Draws {
  readonly beginnings: number;
  readonly subsets: number;
  readonly torn: number;
  readonly sectors: number;
  readonly reordered: number;
}

interface Picked {
  readonly changes: readonly Change[];
  readonly key: string;
}
type Pick = (pending: readonly Change[]) => Picked;

let draws = 0;
/** A content that no other has: it is not worth while to find out whether it has. */
const once = (changes: readonly Change[]): Picked => ({ changes, key: `#${++draws}` });
const known = (changes: readonly Change[]): Picked => ({
  changes,
  key: changes.map(({ id }) => id).join(),
});

const upTo = (last: number) => (pending: readonly Change[]) =>
  pending.filter(({ id }) => id <= last);

/** All states to be looked at for what is in doubt at one moment. */
export function* statesOf(doubts: Doubts, random: Random, draws: Draws): Generator<DiskState> {
  const names = doubts.nameChanges.length;
  const ids = [...doubts.files.values()]
    .flatMap(({ pending }) => pending.map(({ id }) => id))
    .sort((a, b) => a - b);
  const state = (kind: StateKind, namesCount: number, pick: Pick): DiskState => ({
    kind,
    files: filesOf(doubts, namesCount, pick),
  });
  const below = (limit: number) => Math.floor(random() * limit);
  yield state('nothing', 0, () => known([]));
  if (ids.length + names === 0) return;
  yield state('everything', names, known);
  for (let count = 1; count <= names; count++) {
    const begun = upTo((doubts.nameChanges[count - 1] as { readonly id: number }).id);
    yield state('beginning', count, (pending) => known(begun(pending)));
    yield state('names', count, () => known([]));
    yield state('names', count, known);
  }
  if (ids.length === 0) return;
  for (let n = 0; n < draws.beginnings; n++) {
    const last = ids[below(ids.length)] as number;
    const begun = upTo(last);
    const named = doubts.nameChanges.filter(({ id }) => id <= last).length;
    yield state('beginning', named, (pending) => known(begun(pending)));
    yield state('names', names, (pending) => known(begun(pending)));
  }
  for (let n = 0; n < draws.subsets; n++) {
    const share = random();
    yield state('subset', below(names + 1), (pending) =>
      known(pending.filter(() => random() < share)),
    );
  }
  for (let n = 0; n < draws.torn; n++) {
    const last = ids[n === 0 ? ids.length - 1 : below(ids.length)] as number;
    const begun = upTo(last);
    yield state('torn', names, (pending) =>
      once(begun(pending).flatMap((each) => (each.id === last ? tornOf(each, random) : each))),
    );
  }
  for (let n = 0; n < draws.sectors; n++)
    yield state('sectors', names, (pending) => once(sectorsOf(pending, random)));
  for (let n = 0; n < draws.reordered; n++)
    yield state('reordered', names, (pending) =>
      once(
        shuffled(
          pending.filter(() => random() < 0.7),
          random,
        ),
      ),
    );
}

function filesOf(doubts: Doubts, namesCount: number, pick: Pick): StateFile[] {
  const picked = new Map<DiskFile, Picked>();
  return [...namesAfter(doubts, namesCount)].map(([path, file]) => {
    const doubt = doubts.files.get(file);
    if (doubt === undefined) throw new Error(`nothing is known of ${path}`);
    const chosen = picked.get(file) ?? pick(doubt.pending);
    picked.set(file, chosen);
    return {
      path,
      key: `${file.id}.${doubt.version}+${chosen.key}`,
      content: () => contentOf(doubt.base, chosen.changes),
    };
  });
}

/** The parts of a write, one for each sector that it touches. */
function partsOf(change: Extract<Change, { kind: 'write' }>): Extract<Change, { kind: 'write' }>[] {
  const { id, offset, data } = change;
  const parts: Extract<Change, { kind: 'write' }>[] = [];
  for (let from = 0; from < data.length; ) {
    const end = (Math.floor((offset + from) / SECTOR_BYTES) + 1) * SECTOR_BYTES - offset;
    const to = Math.min(data.length, end);
    parts.push({ kind: 'write', id, offset: offset + from, data: data.subarray(from, to) });
    from = to;
  }
  return parts;
}

const tornOf = (change: Change, random: Random): Change[] =>
  change.kind === 'write' ? partsOf(change).filter(() => random() < 0.5) : [];

/** Each sector with the first few of the changes that touched it; a change of the size is there or not. */
function sectorsOf(pending: readonly Change[], random: Random): Change[] {
  const touching = new Map<number, Change[]>();
  for (const change of pending)
    for (const part of change.kind === 'write' ? partsOf(change) : []) {
      const sector = Math.floor(part.offset / SECTOR_BYTES);
      const before = touching.get(sector);
      if (before) before.push(part);
      else touching.set(sector, [part]);
    }
  const chosen = new Set<Change>();
  for (const parts of touching.values()) {
    const count = Math.floor(random() * (parts.length + 1));
    for (const part of parts.slice(0, count)) chosen.add(part);
  }
  const sizes = pending.filter((change) => change.kind === 'truncate' && random() < 0.5);
  // By id: in the order of the writes, as the sizes are.
  return [...chosen, ...sizes].sort((a, b) => a.id - b.id);
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const mixed = [...list];
  for (let index = mixed.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [mixed[index], mixed[other]] = [mixed[other] as T, mixed[index] as T];
  }
  return mixed;
}
