/**
 * Blocks as messages, envelope v1: JSON text, one message per device and per part of a large block. Which samples make
 * which part depends on the block alone, never on the configuration or on how values print: (gw, epoch, seq, part)
 * names the same samples in every redelivery, also after a change of the site. A change of that split is a new version.
 */
import { TIME_BASES, VALUE_KINDS, type ValueKind } from '../journal/batch.ts';
import type { Block, Gap } from '../journal/journal.ts';
import { QUALITIES, type Quality } from '../model/quality.ts';
import { type Decimal, decimalText, type TagId } from '../model/sample.ts';
import type { Tag } from '../model/tag.ts';
import { type Bytes, bytes } from '../model/units.ts';

/** One message. `device` is empty for what concerns the gateway itself. */
export interface EnvelopePart {
  readonly device: string;
  readonly text: string;
}

export interface EnvelopeOptions {
  readonly gateway: string;
  readonly epoch: string;
  /**
   * Where the declared decimals are looked up; samples of tags that are gone are sent all the same.
   */
  readonly tags: readonly Tag[];
  readonly partLimit?: Bytes;
}

/**
 * The parts of a block, at least one. `historical` is the only thing that may differ in a
 * redelivery.
 */
export type EnvelopeEncoder = (block: Block, historical: boolean) => readonly EnvelopePart[];

/** No part is larger, unless a single text value is. */
export const PART_LIMIT = bytes(64 * 1024);
/** Digits that every JSON reader keeps in a number; more travel as text. */
const SAFE_DIGITS = 15;
/** The most a row takes with its comma: a time of 17 characters, a number of 24. */
const ROW_BOUND = 48;
/** The most that a quality and a time basis add to a row. */
const MARKS_BOUND = 48;
/** The envelope around the samples, without its names. */
const FRAME_BOUND = 200;
/** Names of tags kept ready; beyond it (a site changed many times) they are made anew. */
const MAX_NAMES = 20_000;

interface TagName {
  readonly device: string;
  /** `"quantity":[` */
  readonly opening: string;
  readonly bound: number;
  /** 10^decimals, or 0 where none are declared. */
  readonly scale: number;
}

/**
 * A block's rows by tag: rows of one tag are a chain, `next` leads from each to the following one and ends with
 * NO_ROW. Numbers in typed arrays, because at 10,000 samples a second objects for each would keep the collector busy.
 */
interface Chains {
  /** By device, in the order of their first samples: its tags, likewise. */
  readonly devices: ReadonlyMap<string, readonly Chain[]>;
  readonly next: Int32Array;
  /** Where in `others` the value of a row is. */
  readonly otherAt: Int32Array;
}

interface Chain {
  readonly name: TagName;
  readonly first: number;
  last: number;
}

const NO_ROW = -1;

export function createEnvelopeEncoder(options: EnvelopeOptions): EnvelopeEncoder {
  const { gateway, epoch, tags, partLimit = PART_LIMIT } = options;
  const head = `{"v":1,"gw":${JSON.stringify(gateway)},"epoch":${JSON.stringify(epoch)},"seq":`;
  const frameBound = FRAME_BOUND + Buffer.byteLength(head);
  const nameOf = tagNames(tags);
  return (block, historical) => {
    const { gap, samples } = block;
    const bodies = [
      ...(gap ? [{ device: '', body: `"gap":${gapText(gap)}` }] : []),
      ...(gap && samples.length === 0 ? [] : sampleBodies(block, nameOf, frameBound, partLimit)),
    ];
    // What stayed of thinned blocks was measured long before its seq.
    const was = block.salvaged ? `"salvaged":${JSON.stringify(block.salvaged)},` : '';
    const isHistory = historical || gap?.reason === 'thinned';
    const opening = `${head}${block.seq},"part":`;
    return bodies.map(({ device, body }, part) => ({
      device,
      text:
        `${opening}${part},"parts":${bodies.length},"device":${JSON.stringify(device)},` +
        `"hist":${isHistory},${was}${body}}`,
    }));
  };
}

/**
 * A gap as it travels, in its own message and in the watermark; `seq` is its place in the journal.
 */
export const gapText = (gap: Gap, seq?: number): string =>
  JSON.stringify({
    seq,
    reason: gap.reason,
    class: gap.class,
    count: gap.count ?? null,
    seqs: gap.seqs ? [gap.seqs.from, gap.seqs.to] : null,
    from: gap.from,
    to: gap.to,
  });

function sampleBodies(
  block: Block,
  nameOf: (tag: TagId) => TagName,
  frameBound: number,
  partLimit: number,
): { device: string; body: string }[] {
  const chains = chainRows(block, nameOf);
  const bodies = [...chains.devices].flatMap(([device, tags]) => {
    const bound = frameBound + Buffer.byteLength(JSON.stringify(device));
    return deviceBodies(block, chains, tags, bound, partLimit).map((body) => ({ device, body }));
  });
  return bodies.length > 0 ? bodies : [EMPTY_BODY];
}

/** A block without samples still tells the receiver that its seq is no hole. */
const EMPTY_BODY = { device: '', body: '"samples":{}' };

function chainRows(block: Block, nameOf: (tag: TagId) => TagName): Chains {
  const { length, tags, kinds } = block.samples;
  const devices = new Map<string, Chain[]>();
  const chains = new Map<number, Chain>();
  const next = new Int32Array(length).fill(NO_ROW);
  const otherAt = new Int32Array(length);
  let others = 0;
  for (let row = 0; row < length; row++) {
    const tag = tags[row] as number;
    const known = chains.get(tag);
    if (known) {
      next[known.last] = row;
      known.last = row;
    } else {
      const chain = { name: nameOf(block.tagOf(tag)), first: row, last: row };
      chains.set(tag, chain);
      const device = devices.get(chain.name.device);
      if (device) device.push(chain);
      else devices.set(chain.name.device, [chain]);
    }
    if ((kinds[row] as number) > LAST_SMALL_KIND) otherAt[row] = others++;
  }
  return { devices, next, otherAt };
}

/** `none`, `number` and `boolean` have no place in `others`. */
const LAST_SMALL_KIND = VALUE_KINDS.indexOf('boolean');

/** A device's samples, tag by tag, in as many parts as the limit asks for. */
function deviceBodies(
  block: Block,
  { next, otherAt }: Chains,
  tags: readonly Chain[],
  frameBound: number,
  partLimit: number,
): string[] {
  const bodies: string[] = [];
  let text: string[] = [];
  let bound = frameBound;
  const rowText = rowWriter(block, otherAt);
  for (const { name, first } of tags) {
    let isOpen = false;
    for (let row = first; row !== NO_ROW; row = next[row] as number) {
      const value = rowText(row, name);
      const wanted = boundOf(block, row, value);
      const isFull = bound + wanted + (isOpen ? 0 : name.bound) > partLimit;
      if (isFull && text.length > 0) {
        bodies.push(`"samples":{${text.join('')}${isOpen ? ']' : ''}}`);
        text = [];
        bound = frameBound;
        isOpen = false;
      }
      if (isOpen) text.push(',', value);
      else {
        text.push(text.length > 0 ? ',' : '', name.opening, value);
        bound += name.bound;
        isOpen = true;
      }
      bound += wanted;
    }
    text.push(']');
  }
  bodies.push(`"samples":{${text.join('')}}`);
  return bodies;
}

/** The most a row can take, from what the block says of it and not from how its number prints. */
function boundOf({ samples }: Block, row: number, text: string): number {
  const { kinds, qualities, timeBases } = samples;
  const marks = qualities[row] !== 0 || timeBases[row] !== 0 ? MARKS_BOUND : 0;
  const other = (kinds[row] as number) > LAST_SMALL_KIND ? Buffer.byteLength(text) : 0;
  return ROW_BOUND + marks + other;
}

/** Prints one row, `[time,value…]`. */
function rowWriter(
  { samples }: Block,
  otherAt: Int32Array,
): (row: number, name: TagName) => string {
  const { times, kinds, qualities, timeBases, numbers, others } = samples;
  let time = Number.NaN;
  let opening = '';
  return (row, name) => {
    if (times[row] !== time) {
      time = times[row] as number;
      opening = `[${time},`;
    }
    const kind = VALUE_KINDS[kinds[row] as number] as ValueKind;
    const number = numbers[row] as number;
    let quality = QUALITIES[qualities[row] as number] as Quality;
    let value: string;
    if (kind === 'number') {
      // Not a number and infinity have no JSON form; a device that sends them did not send a value.
      value = Number.isFinite(number) ? numberText(number, name.scale) : 'null';
      if (value === 'null') quality = 'bad:device';
    } else if (kind === 'none') value = 'null';
    else if (kind === 'boolean') value = number === 0 ? 'false' : 'true';
    else value = otherText(others[otherAt[row] as number] as bigint | string | Decimal);
    const basis = timeBases[row] as number;
    const marks = quality === 'good' && basis === 0 ? ']' : marksText(quality, basis);
    return opening + value + marks;
  };
}

/**
 * A number with declared decimals prints no more than those; without, all that the double holds.
 */
function numberText(number: number, scale: number): string {
  if (scale === 0) return `${number}`;
  const scaled = number * scale;
  return Math.abs(scaled) <= Number.MAX_SAFE_INTEGER
    ? `${Math.round(scaled) / scale}`
    : `${number}`;
}

function otherText(value: bigint | string | Decimal): string {
  if (typeof value === 'string') return JSON.stringify(value);
  const unscaled = typeof value === 'bigint' ? value : value.unscaled;
  const text = typeof value === 'bigint' ? `${value}` : decimalText(value);
  const digits = `${unscaled < 0n ? -unscaled : unscaled}`.length;
  return digits > SAFE_DIGITS ? `"${text}"` : text;
}

const marksText = (quality: Quality, basis: number): string =>
  basis === 0 ? `,"${quality}"]` : `,"${quality}","${TIME_BASES[basis]}"]`;

function tagNames(tags: readonly Tag[]): (tag: TagId) => TagName {
  const decimalsOf = new Map(tags.map((tag) => [tag.id, tag.decimals]));
  const names = new Map<TagId, TagName>();
  return (tag) => {
    let name = names.get(tag);
    if (name === undefined) {
      if (names.size >= MAX_NAMES) names.clear();
      name = tagName(tag, decimalsOf.get(tag));
      names.set(tag, name);
    }
    return name;
  };
}

/** The quantity is the last part of the id, whatever the present site says of the tag. */
function tagName(tag: TagId, decimals: number | undefined): TagName {
  const dot = tag.lastIndexOf('.');
  const opening = `${JSON.stringify(tag.slice(dot + 1))}:[`;
  return {
    device: tag.slice(0, Math.max(0, dot)),
    opening,
    bound: Buffer.byteLength(opening) + 2,
    scale: decimals === undefined ? 0 : 10 ** decimals,
  };
}
