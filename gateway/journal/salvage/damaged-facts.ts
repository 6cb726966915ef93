/**
 * What a damaged journal says of itself outside its blocks: its epoch, its tags, what was delivered. Everything stands in
 * the file twice or in several versions; what two places say differently is not believed. Pure.
 */

import { type Range, RangeSet } from '../../model/range-set.ts';
import type { TagId } from '../../model/sample.ts';
import { markOf } from '../file/journal-tail.ts';
import type { Column } from '../file/sqlite-cells.ts';
import type { BlockName } from '../journal.ts';

const EPOCH = /^[0-9a-f]{8,32}$/;
/** Names and numbers of tags that are kept; a site has far fewer. */
const TAGS_MAX = 200_000;
const SALVAGED_MAX = 1_000_000;
const VERSIONS_MAX = 64;

export class DamagedFacts {
  readonly #epochs = new Map<string, number>();
  /** As the table says, and as its index says. */
  readonly #tagRows = new Map<number, Set<TagId>>();
  readonly #tagIndex = new Map<number, Set<TagId>>();
  readonly #positions = new Map<string, Set<string>>();
  readonly #salvaged = new Map<number, BlockName>();
  readonly #links = new Map<number, Uint8Array>();
  readonly #remembered: string | undefined;
  #mark: string | undefined;

  /** `remembered`: the epoch that somebody outside the file last knew; it may be another journal's. */
  constructor(remembered?: string) {
    this.#remembered = remembered;
  }

  /** A row of a table that is neither a block nor a command. */
  takeRow(rowid: number, columns: readonly Column[]): void {
    const [first, second, third] = columns;
    if (first !== null) return;
    if (columns.length === 2 && typeof second === 'string')
      note(this.#tagRows, rowid, second as TagId, TAGS_MAX);
    else if (columns.length === 2 && second instanceof Uint8Array && second.length === 32)
      this.#links.set(rowid, second);
    else if (columns.length === 3 && typeof second === 'string' && typeof third === 'number') {
      const isName = EPOCH.test(second) && Number.isSafeInteger(third) && third > 0;
      if (isName && this.#salvaged.size < SALVAGED_MAX)
        this.#salvaged.set(rowid, { epoch: second, seq: third });
    }
  }

  /** A record of an index, or of a table without row ids. */
  takeRecord(columns: readonly Column[]): void {
    const [first, second, third] = columns;
    if (typeof first !== 'string') return;
    if (columns.length === 2 && typeof second === 'number')
      note(this.#tagIndex, second, first as TagId, TAGS_MAX);
    else if (columns.length === 2 && typeof second === 'string') {
      if (first === 'epoch') this.#noteEpoch(second);
    } else if (columns.length === 3 && typeof second === 'string' && typeof third === 'string') {
      if (first === 'journal' && second === 'epoch') this.#noteEpoch(third.replaceAll('"', ''));
      else note(this.#positions, `${first}/${second}`, third, TAGS_MAX);
    }
  }

  /** What most rows of blocks say whose they are. */
  takeMark(mark: string | undefined): void {
    this.#mark = mark;
  }

  /** Undefined where nothing says it that can be believed. */
  get epoch(): string | undefined {
    const [remembered, mark] = [this.#remembered, this.#mark];
    const isMarked = (epoch: string) => mark === undefined || markOf(epoch) === mark;
    const isKnown =
      remembered !== undefined && (mark !== undefined || this.#epochs.has(remembered));
    if (isKnown && isMarked(remembered)) return remembered;
    const [first, second] = [...this.#epochs]
      .filter(([epoch]) => isMarked(epoch))
      .sort(([, a], [, b]) => b - a);
    return first?.[1] === second?.[1] ? undefined : first?.[0];
  }

  /** Where the block came from, if it had been salvaged before. */
  salvaged(seq: number): BlockName | undefined {
    return this.#salvaged.get(seq);
  }

  /** The link up to a block that was removed. */
  link(seq: number): Uint8Array | undefined {
    return this.#links.get(seq);
  }

  /** The id behind a number; undefined where nobody can be sure. `known` are the ids of the site. */
  tag(number: number, known: ReadonlySet<TagId>): TagId | undefined {
    const rows = this.#tagRows.get(number);
    const index = this.#tagIndex.get(number);
    const all = [...new Set([...(rows ?? []), ...(index ?? [])])];
    const agreed = all.filter((id) => rows?.has(id) && index?.has(id));
    if (agreed.length > 0) return agreed.length === 1 ? agreed[0] : undefined;
    const ofSite = all.filter((id) => known.has(id) && this.#isOnly(id, number));
    return ofSite.length === 1 ? ofSite[0] : undefined;
  }

  /** What an uplink had acknowledged, of the seqs up to `head`. */
  acknowledged(uplink: string, head: number): RangeSet {
    return this.#ranges(`uplink/${uplink}`, head);
  }

  /** What retention had removed. */
  removed(head: number): RangeSet {
    return this.#ranges('journal/removed', head);
  }

  /** Both only grow, so all versions of them hold together. */
  #ranges(name: string, head: number): RangeSet {
    const union = new RangeSet();
    for (const text of this.#positions.get(name) ?? [])
      for (const [from, to] of rangesIn(text, head) ?? []) union.add(from, to);
    return union;
  }

  /** No other number claims this id. */
  #isOnly(id: TagId, number: number): boolean {
    for (const map of [this.#tagRows, this.#tagIndex])
      for (const [other, ids] of map) if (other !== number && ids.has(id)) return false;
    return true;
  }

  #noteEpoch(epoch: string): void {
    if (EPOCH.test(epoch) && (this.#epochs.has(epoch) || this.#epochs.size < VERSIONS_MAX))
      this.#epochs.set(epoch, (this.#epochs.get(epoch) ?? 0) + 1);
  }
}

function note<K, V>(map: Map<K, Set<V>>, key: K, value: V, most: number): void {
  const values = map.get(key);
  if (values === undefined) {
    if (map.size < most) map.set(key, new Set([value]));
  } else if (values.size < VERSIONS_MAX) values.add(value);
  else {
    // The newest versions say the most.
    values.delete(values.values().next().value as V);
    values.add(value);
  }
}

/** Ascending, neither touching nor overlapping, none above `head`; undefined where the text is something else. */
function rangesIn(text: string, head: number): readonly Range[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parsed)) return undefined;
  let last = -1;
  const ranges: Range[] = [];
  for (const range of parsed) {
    if (!Array.isArray(range) || range.length !== 2) return undefined;
    const [from, to] = range as unknown[];
    if (typeof from !== 'number' || typeof to !== 'number') return undefined;
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) return undefined;
    if (from <= last + 1 || to < from || to > head) return undefined;
    ranges.push([from, to]);
    last = to;
  }
  return ranges;
}
