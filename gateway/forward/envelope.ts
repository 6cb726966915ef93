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
  /** Where the declared decimals are looked up; samples of tags that are gone are sent all the same. */
  readonly tags: readonly Tag[];
  readonly partLimit?: Bytes;
}

/** The parts of a block, at least one. `historical` is the only thing that may differ in a redelivery. */
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

/** A tag within one block; `rows` is what the open part of its device holds of it. */
interface TagRows {
  readonly name: TagName;
  readonly device: DeviceParts;
  rows: string;
}

interface DeviceParts {
  readonly device: string;
  readonly frameBound: number;
  readonly finished: string[];
  open: TagRows[];
  bound: number;
}

export function createEnvelopeEncoder(options: EnvelopeOptions): EnvelopeEncoder {
  const { gateway, epoch, tags, partLimit = PART_LIMIT } = options;
  const head = `{"v":1,"gw":${JSON.stringify(gateway)},"epoch":${JSON.stringify(epoch)},"seq":`;
  const frameBound = FRAME_BOUND + Buffer.byteLength(head);
  const nameOf = tagNames(tags);
  return (block, historical) => {
    const bodies = block.gap
      ? [{ device: '', body: `"gap":${gapText(block.gap)}` }]
      : sampleBodies(block, nameOf, frameBound, partLimit);
    const opening = `${head}${block.seq},"part":`;
    return bodies.map(({ device, body }, part) => ({
      device,
      text: `${opening}${part},"parts":${bodies.length},"device":${JSON.stringify(device)},"hist":${historical},${body}}`,
    }));
  };
}

/** A gap as it travels, in its own message and in the watermark; `seq` is its place in the journal. */
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
  const { length, tags, times, kinds, qualities, timeBases, numbers, others } = block.samples;
  const devices = new Map<string, DeviceParts>();
  const rowsOf = new Map<number, TagRows>();
  let other = 0;
  let time = Number.NaN;
  let timeText = '';
  for (let row = 0; row < length; row++) {
    const tagNumber = tags[row] as number;
    let tag = rowsOf.get(tagNumber);
    if (tag === undefined) {
      tag = startTag(nameOf(block.tagOf(tagNumber)), devices, frameBound);
      rowsOf.set(tagNumber, tag);
    }
    if (times[row] !== time) {
      time = times[row] as number;
      timeText = `[${time},`;
    }
    const kind = VALUE_KINDS[kinds[row] as number] as ValueKind;
    const number = numbers[row] as number;
    let quality = QUALITIES[qualities[row] as number] as Quality;
    let bound = ROW_BOUND;
    let value: string;
    if (kind === 'number') {
      // Not a number and infinity have no JSON form; a device that sends them did not send a value.
      value = Number.isFinite(number) ? numberText(number, tag.name.scale) : 'null';
      if (value === 'null') quality = 'bad:device';
    } else if (kind === 'none') value = 'null';
    else if (kind === 'boolean') value = number === 0 ? 'false' : 'true';
    else {
      value = otherText(others[other++] as bigint | string | Decimal);
      bound += Buffer.byteLength(value);
    }
    const basis = timeBases[row] as number;
    if (qualities[row] !== 0 || basis !== 0) bound += MARKS_BOUND;
    const marks = quality === 'good' && basis === 0 ? ']' : marksText(quality, basis);
    makeRoom(tag, bound, partLimit);
    tag.rows += tag.rows === '' ? timeText + value + marks : `,${timeText}${value}${marks}`;
  }
  return [...devices.values()].flatMap(finishDevice).concat(length > 0 ? [] : EMPTY_BODY);
}

/** A block without samples still tells the receiver that its seq is no hole. */
const EMPTY_BODY = { device: '', body: '"samples":{}' };

function startTag(name: TagName, devices: Map<string, DeviceParts>, frameBound: number): TagRows {
  let device = devices.get(name.device);
  if (device === undefined) {
    const bound = frameBound + Buffer.byteLength(JSON.stringify(name.device));
    device = { device: name.device, frameBound: bound, finished: [], open: [], bound };
    devices.set(name.device, device);
  }
  return { name, device, rows: '' };
}

/** Counts a row of `bound` bytes in, into a new part where the open one may get too large. */
function makeRoom(tag: TagRows, bound: number, partLimit: number): void {
  const { device, name } = tag;
  const started = tag.rows !== '';
  if (device.open.length > 0 && device.bound + bound + (started ? 0 : name.bound) > partLimit)
    finishPart(device);
  if (tag.rows === '') {
    device.open.push(tag);
    device.bound += name.bound;
  }
  device.bound += bound;
}

function finishPart(device: DeviceParts): void {
  let body = '';
  for (const tag of device.open) {
    body += `${body === '' ? '' : ','}${tag.name.opening}${tag.rows}]`;
    tag.rows = '';
  }
  device.finished.push(`"samples":{${body}}`);
  device.open = [];
  device.bound = device.frameBound;
}

function finishDevice(device: DeviceParts): { device: string; body: string }[] {
  finishPart(device);
  return device.finished.map((body) => ({ device: device.device, body }));
}

/** A number with declared decimals prints no more than those; without, all that the double holds. */
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
