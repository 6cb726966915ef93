/** Which items of a meter are read to get all its tags; items of one block are read together. Pure. */
import { GatewayError } from '../../gateway/model/errors.ts';
import type { Decimal } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import type { Millis } from '../../gateway/model/units.ts';
import { integerScaler, parseDecimal, type Scaler } from '../codec/scale.ts';
import type { Group, TagRequest, WireCost } from '../driver.ts';
import type { Item } from './address.ts';
import { identify, type Layout, type Place } from './catalogue.ts';
import { DI_BYTES } from './control.ts';
import { bytesOf, TIME_BYTES } from './element.ts';
import { FRAME_OVERHEAD_BYTES, MOST_DATA_BYTES, REPLY_PREAMBLE_BYTES } from './frame.ts';
import type { Version } from './identifier.ts';
import type { Dlt645Address, Dlt645Device } from './options.ts';

/** One data item, and what of it is wanted. */
export interface Dlt645Group extends Group {
  readonly di: string;
  readonly layout: Layout;
  /** One per tag, in the order of `tags`. */
  readonly fields: readonly Field[];
  /** When the data were frozen: the item that holds the time. */
  readonly frozenAt: string | undefined;
  /** Of a block: what is read in its place when the meter does not have it. */
  readonly parts: readonly Dlt645Group[];
  /** All groups of the device as they were planned. */
  readonly planned: readonly Dlt645Group[];
}

/** Which element of the reply a tag's value is, and how its number becomes the value. */
export interface Field {
  readonly element: number;
  readonly bit: number | undefined;
  /** For numbers with so many decimals on the wire. */
  readonly scaler: (decimals: number) => Scaler;
}

/** A guess at how many values a block has when nobody knows: a total and four tariffs. */
const USUAL_REPETITIONS = 5;

/** A tag with the item that its device's version has for it. */
interface Wish {
  readonly tag: Tag;
  readonly address: Dlt645Address;
  readonly scan: Millis;
  readonly item: Item;
}

/**
 * One group for each item and scan class, or for each block of which two items are wanted. Every tag is in
 * exactly one group.
 *
 * @throws GatewayError `dlt645.version-lacks` and `dlt645.not-readable`
 */
export function planReads(
  device: Dlt645Device,
  requests: readonly TagRequest<Dlt645Address>[],
): readonly Dlt645Group[] {
  const wishes = requests.map((request) => wishOf(device, request));
  const scans = new Set(requests.map(({ scan }) => scan));
  const planned: Dlt645Group[] = [];
  for (const scan of scans) {
    const suffix = scans.size > 1 ? ` every ${scan} ms` : '';
    const own = wishes.filter((wish) => wish.scan === scan);
    planned.push(...groupsOf(own, { device, scan, suffix, planned }));
  }
  return planned;
}

function wishOf(device: Dlt645Device, request: TagRequest<Dlt645Address>): Wish {
  const { version } = device;
  const { tag, address } = request;
  const item = address.items[version];
  if (item) return { ...request, item };
  const isCommand = address.items['2007'] === undefined && address.items['1997'] === undefined;
  throw isCommand
    ? new GatewayError('dlt645.not-readable', { tag: tag.id })
    : new GatewayError('dlt645.version-lacks', { tag: tag.id, version });
}

interface Surroundings {
  readonly device: Dlt645Device;
  readonly scan: Millis;
  /** Tells the same item of two scan classes apart. */
  readonly suffix: string;
  readonly planned: readonly Dlt645Group[];
}

function groupsOf(wishes: readonly Wish[], around: Surroundings): Dlt645Group[] {
  const inBlock = ({ item }: Wish): Place =>
    (around.device.blocks === 'auto' ? item.block : undefined) ?? item;
  return split(wishes, inBlock).flatMap((members) => {
    const parts = split(members, ({ item }) => item).map((own) =>
      groupOf(own, ({ item }) => item, [], around),
    );
    return parts.length > 1 ? [groupOf(members, inBlock, parts, around)] : parts;
  });
}

/** Those whose places are in one item, which look the same, stay together. */
const split = (wishes: readonly Wish[], place: (wish: Wish) => Place): readonly Wish[][] => [
  ...Map.groupBy(wishes, (wish) => {
    const { di, layout } = place(wish);
    return `${di} ${JSON.stringify(layout)}`;
  }).values(),
];

function groupOf(
  wishes: readonly Wish[],
  place: (wish: Wish) => Place,
  parts: readonly Dlt645Group[],
  { device, scan, suffix, planned }: Surroundings,
): Dlt645Group {
  const [first] = wishes.map(place);
  if (first === undefined) throw new RangeError('a group without tags');
  const { di, layout } = first;
  const fields = wishes.map((wish) => ({
    element: place(wish).element,
    bit: wish.item.bit,
    scaler: scalerOf(wish),
  }));
  const highest = Math.max(...fields.map(({ element }) => element));
  return {
    label: `${labelOf(device.version, first)}${suffix}`,
    scan,
    tags: wishes.map(({ tag }) => tag),
    cost: costOf(device, first, highest),
    di,
    layout,
    fields,
    frozenAt: frozenAt(device.version, di),
    parts,
    planned,
  };
}

/** The identifier, and the format where it is not the table's. */
function labelOf(version: Version, { di, layout }: Place): string {
  const known = identify(version, di)?.layout;
  if (known && JSON.stringify(known.tuple) === JSON.stringify(layout.tuple)) return di;
  const formats = layout.tuple.map((element) =>
    element.kind === 'number'
      ? `${element.bytes}.${element.decimals}${element.signed ? ' signed' : ''}`
      : element.kind,
  );
  return [di, ...formats].join(' ');
}

/** Freezes (05) and when they were made: DI1 is 00 (DL/T 645-2007 annex A). */
function frozenAt(version: Version, di: string): string | undefined {
  if (version !== '2007' || !di.startsWith('05') || di.slice(4, 6) === '00') return undefined;
  return `${di.slice(0, 4)}00${di.slice(6)}`;
}

/** Of frozen data with the request for their time. */
function costOf(
  { version, preamble }: Dlt645Device,
  { di, layout }: Place,
  highest: number,
): WireCost {
  const { tuple, repeats } = layout;
  const size = tuple.reduce((sum, element) => sum + bytesOf(element), 0);
  const wanted = Math.ceil((highest + 1) / tuple.length);
  const data = size * (repeats ? Math.max(USUAL_REPETITIONS, wanted) : 1);
  const overhead = FRAME_OVERHEAD_BYTES + DI_BYTES[version];
  const request = preamble + overhead;
  const reply = REPLY_PREAMBLE_BYTES + overhead;
  const isFrozen = frozenAt(version, di) !== undefined;
  return {
    requestBytes: request * (isFrozen ? 2 : 1),
    replyBytes:
      reply +
      Math.min(data, MOST_DATA_BYTES - DI_BYTES[version]) +
      (isFrozen ? reply + TIME_BYTES.minute : 0),
  };
}

const ONE: Decimal = { unscaled: 1n, decimals: 0 };
const ZERO: Decimal = { unscaled: 0n, decimals: 0 };

/** One scaler for each number of decimals that the meter's number may have. */
function scalerOf({ address, tag }: Wish): Field['scaler'] {
  const scale = (address.scale === undefined ? undefined : parseDecimal(address.scale)) ?? ONE;
  const offset = (address.offset === undefined ? undefined : parseDecimal(address.offset)) ?? ZERO;
  const shown = address.decimals ?? tag.decimals;
  const scalers = new Map<number, Scaler>();
  return (decimals) => {
    const known = scalers.get(decimals);
    if (known) return known;
    const point = { ...scale, decimals: scale.decimals + decimals };
    const scaler = integerScaler({ scale: point, offset, decimals: shown });
    scalers.set(decimals, scaler);
    return scaler;
  };
}
