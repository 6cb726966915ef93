/** In which order a block's rows are sent, and which of them make a part. Pure but for what is used again. */
import { VALUE_KINDS } from '../journal/batch.ts';
import type { Block } from '../journal/journal.ts';
import { isSameColumn, longer } from '../model/columns.ts';
import type { TagId } from '../model/sample.ts';
import { Pieces } from './byte-page.ts';
import { LARGEST_SCALE } from './decimal-digits.ts';

export interface TagText {
  readonly device: string;
  /** `"quantity":[` */
  readonly opening: string;
  /** 10^decimals, or 0 where none are declared. */
  readonly scale: number;
}

interface TagName extends TagText {
  /** Of its piece: the same behind another, `],"quantity":[`. */
  readonly piece: number;
  /** In bytes; no name takes more in a part. */
  readonly pieceLength: number;
}

export interface DeviceName {
  readonly device: string;
  /** The same as JSON. */
  readonly quoted: string;
}

interface DeviceRows extends DeviceName {
  /** Where they end in the order. */
  readonly end: number;
  /** The most that the names of its tags take, each. */
  readonly bound: number;
}

/** Holds until the next block is put in order. */
export interface SentRows {
  /** Rows of the block: device by device, tag by tag, in the order of their first samples. */
  readonly order: Int32Array;
  /** Whether that is the order of the block, and each row is its tag's only one. */
  readonly isOwnOrder: boolean;
  readonly devices: readonly DeviceRows[];
  /** Of a row: its tag's place among those of the block. */
  readonly slotAt: Int32Array;
  /** By slot, as the tag's name has them. */
  readonly scales: Float64Array;
  /** A thousand / scale; 1 where none are declared. */
  readonly steps: Float64Array;
  readonly pieceAt: Int32Array;
  readonly pieceLengths: Int32Array;
  readonly pieces: Pieces;
  /** In bytes. */
  readonly longestPiece: number;
  /** Of a row. */
  readonly nameAt: (row: number) => TagName;
  /** Of a row whose kind is not small: where its value is in `others`. */
  readonly otherAt: Int32Array;
}

/** Rows of one device, places in `order`. */
export interface Part extends DeviceName {
  readonly from: number;
  readonly to: number;
}

/** `none`, `number` and `boolean` have no place in `others`. */
const LAST_SMALL_KIND = VALUE_KINDS.indexOf('boolean');
const FIRST_ROWS = 1024;
/** By tag number: a journal with more has outlived many sites. */
const KEPT_NAMES = 65_536;
/** Of all names, in words; more are of many sites, and begin anew. */
const KEPT_WORDS = 524_288;
/** The number of no tag. */
export const NO_TAG = -1;

export const isSmall = (kind: number): boolean => kind <= LAST_SMALL_KIND;

/**
 * Puts the rows of one block after the other in order. Its arrays are used again for each: made anew, they would keep the
 * collector busy at 10,000 samples a second, and leave it behind while a backlog drains.
 */
export class RowSorter {
  readonly #textOf: (tag: TagId) => TagText;
  /** By tag number, of the journal whose numbers they are. */
  #numbered: { readonly tagOf: Block['tagOf']; readonly names: TagName[] } | undefined;
  #pieces = new Pieces();
  /** By tag number: its slot, if that has this tag; so nothing is to be cleared. */
  #slots = new Int32Array(FIRST_ROWS);
  /** By slot, which the tags of a block get in the order of their first samples. */
  readonly #names: TagName[] = [];
  #tags = new Int32Array(FIRST_ROWS);
  #devices = new Int32Array(FIRST_ROWS);
  #counts = new Int32Array(FIRST_ROWS);
  #scales = new Float64Array(FIRST_ROWS);
  #steps = new Float64Array(FIRST_ROWS);
  #pieceAt = new Int32Array(FIRST_ROWS);
  #pieceLengths = new Int32Array(FIRST_ROWS);
  /** By row. */
  #slotAt = new Int32Array(FIRST_ROWS);
  #otherAt = new Int32Array(FIRST_ROWS);
  #order = new Int32Array(FIRST_ROWS);
  /** Most blocks have the tags of the one before, those of one key even in one column: what is in order stays so. */
  #last:
    | {
        tags: Uint32Array;
        readonly tagOf: Block['tagOf'];
        readonly devices: readonly DeviceRows[];
        readonly longestPiece: number;
        readonly isOwnOrder: boolean;
      }
    | undefined;

  constructor(textOf: (tag: TagId) => TagText) {
    this.#textOf = textOf;
  }

  sort({ samples, tagOf }: Block): SentRows {
    const { tags, kinds, others } = samples;
    const isKnown = tagOf === this.#last?.tagOf && isSameColumn(tags, this.#last.tags);
    if (!this.#last || !isKnown) this.#last = { tags, tagOf, ...this.#putInOrder(tags, tagOf) };
    // Those behind it have this very column.
    else this.#last.tags = tags;
    if (others.length > 0) this.#placeOthers(kinds);
    const [names, slotAt] = [this.#names, this.#slotAt];
    const { devices, longestPiece, isOwnOrder } = this.#last;
    return {
      ...{ order: this.#order, isOwnOrder, devices, otherAt: this.#otherAt, slotAt },
      ...{ scales: this.#scales, steps: this.#steps, pieces: this.#pieces, longestPiece },
      ...{ pieceAt: this.#pieceAt, pieceLengths: this.#pieceLengths },
      nameAt: (row) => names[slotAt[row] as number] as TagName,
    };
  }

  #putInOrder(tags: Uint32Array, tagOf: Block['tagOf']) {
    const { length } = tags;
    if (length > this.#order.length) this.#makeRoom(2 * length);
    const devices = new DeviceNumbers();
    if (this.#numbered?.tagOf !== tagOf || this.#pieces.length > KEPT_WORDS) {
      this.#numbered = { tagOf, names: [] };
      this.#pieces = new Pieces();
    }
    const { names } = this.#numbered;
    let slotsUsed = 0;
    for (let row = 0; row < length; row++) {
      const tag = tags[row] as number;
      let slot = this.#slots[tag] ?? 0;
      if (slot >= slotsUsed || this.#tags[slot] !== tag) {
        slot = slotsUsed++;
        const name = names[tag] ?? this.#nameOf(tagOf(tag));
        if (tag < KEPT_NAMES) names[tag] = name;
        this.#open(slot, tag, name, devices);
      }
      this.#slotAt[row] = slot;
      (this.#counts[slot] as number)++;
    }
    const ends = this.#turnIntoStarts(slotsUsed, devices.names);
    let isOwnOrder = slotsUsed === length;
    for (let row = 0; row < length; row++) {
      const place = (this.#counts[this.#slotAt[row] as number] as number)++;
      this.#order[place] = row;
      if (place !== row) isOwnOrder = false;
    }
    const longestPiece = Math.max(0, ...ends.map(({ bound }) => bound));
    return { devices: ends, longestPiece, isOwnOrder };
  }

  #placeOthers(kinds: Uint8Array): void {
    let others = 0;
    for (let row = 0; row < kinds.length; row++)
      if (!isSmall(kinds[row] as number)) this.#otherAt[row] = others++;
  }

  #open(slot: number, tag: number, name: TagName, devices: DeviceNumbers): void {
    if (tag >= this.#slots.length) this.#slots = longer(this.#slots, 2 * (tag + 1));
    this.#slots[tag] = slot;
    this.#tags[slot] = tag;
    this.#names[slot] = name;
    this.#scales[slot] = name.scale;
    this.#steps[slot] = LARGEST_SCALE / (name.scale || LARGEST_SCALE);
    this.#pieceAt[slot] = name.piece;
    this.#pieceLengths[slot] = name.pieceLength;
    this.#counts[slot] = 0;
    this.#devices[slot] = devices.numberOf(name.device);
  }

  /** From then on `#counts` has the places where the slots' rows begin. */
  #turnIntoStarts(slots: number, devices: readonly string[]) {
    const next = new Int32Array(devices.length + 1);
    for (let slot = 0; slot < slots; slot++)
      (next[(this.#devices[slot] as number) + 1] as number) += this.#counts[slot] as number;
    for (let device = 1; device <= devices.length; device++)
      (next[device] as number) += next[device - 1] as number;
    const rows = devices.map((device, at) => ({
      device,
      quoted: JSON.stringify(device),
      end: next[at + 1] as number,
      bound: 0,
    }));
    for (let slot = 0; slot < slots; slot++) {
      const device = this.#devices[slot] as number;
      const count = this.#counts[slot] as number;
      this.#counts[slot] = next[device] as number;
      (next[device] as number) += count;
      const of = rows[device] as (typeof rows)[number];
      of.bound = Math.max(of.bound, this.#pieceLengths[slot] as number);
    }
    return rows;
  }

  #nameOf(tag: TagId): TagName {
    const text = this.#textOf(tag);
    const next = `],${text.opening}`;
    const pieceLength = Buffer.byteLength(next);
    return { ...text, piece: this.#pieces.add(next), pieceLength };
  }

  #makeRoom(rows: number): void {
    this.#scales = new Float64Array(rows);
    this.#steps = new Float64Array(rows);
    this.#pieceAt = new Int32Array(rows);
    this.#pieceLengths = new Int32Array(rows);
    this.#tags = new Int32Array(rows);
    this.#devices = new Int32Array(rows);
    this.#counts = new Int32Array(rows);
    this.#slotAt = new Int32Array(rows);
    this.#otherAt = new Int32Array(rows);
    this.#order = new Int32Array(rows);
  }
}

/** The devices of a block in the order of their first samples. Its tags come device by device, mostly. */
class DeviceNumbers {
  readonly names: string[] = [];
  readonly #numbers = new Map<string, number>();
  #last = 0;

  numberOf(device: string): number {
    if (this.names[this.#last] === device) return this.#last;
    this.#last = this.#numbers.get(device) ?? this.names.push(device) - 1;
    this.#numbers.set(device, this.#last);
    return this.#last;
  }
}

/** Bytes, as the block says them and not how its values print. */
export interface PartBounds {
  readonly boundOf: (row: number) => number;
  /** No row is bound to take more. */
  readonly mostOfRow: number;
  /** What an envelope takes without its samples and the device's name. */
  readonly frameBound: number;
  readonly limit: number;
}

/** Each device in as many parts as the limit asks for. */
export function partsOf(
  { samples }: Block,
  { order, devices, slotAt, pieceLengths }: SentRows,
  { boundOf, mostOfRow, frameBound, limit }: PartBounds,
): Part[] {
  const { tags } = samples;
  const parts: Part[] = [];
  let from = 0;
  for (const { device, quoted, end, bound: mostOfName } of devices) {
    const frame = frameBound + Buffer.byteLength(quoted);
    const isOne = frame + (end - from) * (mostOfRow + mostOfName) <= limit;
    let bound = frame;
    let open = NO_TAG;
    for (let place = isOne ? end : from; place < end; place++) {
      const row = order[place] as number;
      const tag = tags[row] as number;
      const wanted = boundOf(row);
      const opening = pieceLengths[slotAt[row] as number] as number;
      if (bound + wanted + (tag === open ? 0 : opening) > limit && place > from) {
        parts.push({ device, quoted, from, to: place });
        from = place;
        bound = frame;
        open = NO_TAG;
      }
      bound += wanted + (tag === open ? 0 : opening);
      open = tag;
    }
    parts.push({ device, quoted, from, to: end });
    from = end;
  }
  return parts;
}
