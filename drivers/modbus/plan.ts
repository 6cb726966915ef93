/** Which blocks of a device are read to get all its tags with the least time on the wire. Pure. */
import { GatewayError } from '../../gateway/model/errors.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import type { Millis } from '../../gateway/model/units.ts';
import { type Decode, decoder, type RegisterValue, scaledByRegister } from '../codec/registers.ts';
import { parseDecimal, type Scaling } from '../codec/scale.ts';
import type { BusAccess, Group, TagRequest, WireCost } from '../driver.ts';
import { isBitTable, sizeOf, TABLES, type Table } from './address.ts';
import { asciiLength } from './ascii-text.ts';
import type { ModbusDevice } from './options.ts';
import type { ModbusAddress } from './tag-options.ts';

/** One read of `quantity` registers or bits from `start`. */
export interface ModbusGroup extends Group {
  readonly table: Table;
  readonly start: number;
  readonly quantity: number;
  /** One per tag, in the order of `tags`. */
  readonly fields: readonly Field[];
  /** What tells the label from that of the same block in another scan class. */
  readonly suffix: string;
}

/**
 * Where a tag's value begins in the reply's data (bytes, or bits of a bit table), and how it is
 * read.
 */
export interface Field {
  readonly at: number;
  readonly decode: Decode;
  readonly span: Span;
}

/** The registers or bits that have to be read together for one value, `end` not among them. */
export interface Span {
  readonly start: number;
  readonly end: number;
  /** Where in it the value itself begins. */
  readonly value: number;
}

/** A tag and its place in the device. */
export interface Member {
  readonly tag: Tag;
  readonly span: Span;
  readonly decode: Decode;
}

/** Unit, function, address, quantity, CRC. */
const WIRE_REQUEST_BYTES = 8;
/** Unit, function, byte count, CRC. */
const WIRE_REPLY_OVERHEAD_BYTES = 5;
/** As above without CRC, with the seven bytes of the MBAP header, its unit included. */
const PACKET_REQUEST_BYTES = 12;
const PACKET_REPLY_OVERHEAD_BYTES = 9;
/** A guess at how long a device thinks: cheap meters take 5 to 50 ms. */
const TURNAROUND_MS = 10;
/** A guess: on a network a round trip costs about as much as this many bytes more in a reply. */
const PACKET_ROUND_TRIP_BYTES = 64;

type Request = TagRequest<ModbusAddress>;
/** What groups were planned together. */
const plans = new WeakMap<ModbusGroup, readonly ModbusGroup[]>();

/**
 * Merges the tags of one device into blocks, each of one table and one scan class. A hole between two
 * tags is read along when that is cheaper than another request. Every tag is in exactly one block.
 *
 * @throws GatewayError `modbus.value-too-long` when one value alone is beyond the device's limit,
 * `modbus.broadcast-read` when nobody would answer
 */
export function planReads(
  device: ModbusDevice,
  requests: readonly Request[],
  access: BusAccess,
): readonly ModbusGroup[] {
  const [first] = requests;
  if (device.broadcast && first)
    throw new GatewayError('modbus.broadcast-read', { tag: first.tag.id });
  const scans = new Set(requests.map(({ scan }) => scan));
  const plan = [...scans].flatMap((scan) =>
    TABLES.flatMap((table) => {
      const own = requests.filter((it) => it.scan === scan && it.address.table === table);
      const suffix = scans.size > 1 ? ` every ${scan} ms` : '';
      const members = own.map(({ tag, address }) => memberOf(device, tag, address));
      return blocksOf(members, limitsOf(device, table, access)).map((block) =>
        groupOf(block, { table, scan, suffix }, device, access),
      );
    }),
  );
  for (const group of plan) plans.set(group, plan);
  return plan;
}

/** All groups that `planReads` made together with this one; undefined for one made later. */
export const planOf = (group: ModbusGroup): readonly ModbusGroup[] | undefined => plans.get(group);

interface Limits {
  /** Registers or bits of one block. */
  readonly size: number;
  readonly gap: number;
}

function limitsOf(device: ModbusDevice, table: Table, access: BusAccess): Limits {
  const size = isBitTable(table) ? device.maxBits : device.maxRegisters;
  if (device.maxGap !== undefined) return { size, gap: device.maxGap };
  const bytes = Math.floor(requestOverheadBytes(device, access));
  return { size, gap: isBitTable(table) ? bytes * 8 : Math.floor(bytes / 2) };
}

/** What one more request costs, in bytes of a reply. */
function requestOverheadBytes({ mode }: ModbusDevice, { framing, timing }: BusAccess): number {
  if (framing === 'packets' || timing === undefined) return PACKET_ROUND_TRIP_BYTES;
  const characters = mode === 'ascii' ? 2 : 1;
  const waiting = (2 * timing.silence + TURNAROUND_MS) / timing.character;
  return WIRE_REQUEST_BYTES + WIRE_REPLY_OVERHEAD_BYTES + waiting / characters;
}

function memberOf(device: ModbusDevice, tag: Tag, address: ModbusAddress): Member {
  return { tag, span: spanOf(address), decode: decodeOf(resolved(address, device), tag) };
}

/** The value, and the register of its power of ten where it has one. */
function spanOf(address: ModbusAddress): Span {
  const { address: value, scaleFrom = value } = address;
  return {
    start: Math.min(value, scaleFrom),
    end: Math.max(value + sizeOf(address), scaleFrom + 1),
    value,
  };
}

/** Values one after the other, the longer one last where two begin together. */
export const bySpan = (a: Member, b: Member): number =>
  a.span.start - b.span.start || a.span.end - b.span.end;

function blocksOf(members: readonly Member[], limits: Limits): readonly Member[][] {
  const blocks: Member[][] = [];
  let block: { start: number; end: number; members: Member[] } | undefined;
  for (const member of members.toSorted(bySpan)) {
    const { start, end } = member.span;
    if (end - start > limits.size)
      throw new GatewayError('modbus.value-too-long', {
        tag: member.tag.id,
        registers: end - start,
        limit: limits.size,
      });
    const last = Math.max(block?.end ?? 0, end);
    if (block && start - block.end <= limits.gap && last - block.start <= limits.size) {
      block.end = last;
      block.members.push(member);
    } else {
      block = { start, end, members: [member] };
      blocks.push(block.members);
    }
  }
  return blocks;
}

/** What all groups of one request list share. */
export interface Surroundings {
  readonly table: Table;
  readonly scan: Millis;
  readonly suffix: string;
}

/** The one read that covers these tags. */
export function groupOf(
  members: readonly Member[],
  { table, scan, suffix }: Surroundings,
  device: ModbusDevice,
  access: BusAccess,
): ModbusGroup {
  const start = Math.min(...members.map(({ span }) => span.start));
  const quantity = Math.max(...members.map(({ span }) => span.end)) - start;
  const range = quantity === 1 ? `${start}` : `${start}..${start + quantity - 1}`;
  const unit = isBitTable(table) ? 1 : 2;
  return {
    label: `${table} ${range}${suffix}`,
    scan,
    tags: members.map(({ tag }) => tag),
    cost: costOf(table, quantity, device, access),
    table,
    start,
    quantity,
    fields: members.map(({ span, decode }) => ({ at: unit * (span.value - start), decode, span })),
    suffix,
  };
}

/** Bytes of data in the reply to a read. */
export const dataBytes = (table: Table, quantity: number): number =>
  isBitTable(table) ? Math.ceil(quantity / 8) : 2 * quantity;

function costOf(
  table: Table,
  quantity: number,
  { mode }: ModbusDevice,
  { framing }: BusAccess,
): WireCost {
  const data = dataBytes(table, quantity);
  if (framing === 'packets')
    return { requestBytes: PACKET_REQUEST_BYTES, replyBytes: PACKET_REPLY_OVERHEAD_BYTES + data };
  const onWire = mode === 'ascii' ? asciiLength : (bytes: number) => bytes;
  return {
    requestBytes: onWire(WIRE_REQUEST_BYTES),
    replyBytes: onWire(WIRE_REPLY_OVERHEAD_BYTES + data),
  };
}

/** The address with the order of its device where it says none itself. */
export const resolved = (
  address: ModbusAddress,
  { order }: Pick<ModbusDevice, 'order'>,
): ModbusAddress & RegisterValue => ({ ...address, order: address.order ?? order });

function decodeOf(address: ModbusAddress & RegisterValue, tag: Tag): Decode {
  if (isBitTable(address.table)) return packedBit;
  const scaling = scalingOf(address, tag);
  if (address.scaleFrom === undefined) return decoder(address, scaling);
  const exponentAt = 2 * (address.scaleFrom - address.address);
  return scaledByRegister(address, scaling ?? UNSCALED, exponentAt);
}

/**
 * Bits are packed eight to a byte, the first in the lowest (Modbus Application Protocol V1.1b3
 * §6.1).
 */
const packedBit: Decode = (view, at) => (view.getUint8(at >> 3) & (1 << (at & 7))) !== 0;

const ONE = { unscaled: 1n, decimals: 0 };
const ZERO = { unscaled: 0n, decimals: 0 };
const UNSCALED: Scaling = { scale: ONE, offset: ZERO, decimals: undefined };

/** How the raw number of an address becomes the value of the tag; undefined: it is the value. */
export function scalingOf(
  { scale, offset, decimals }: ModbusAddress,
  tag: Tag,
): Scaling | undefined {
  const shown = decimals ?? tag.decimals;
  if (scale === undefined && offset === undefined && shown === undefined) return undefined;
  return {
    scale: (scale === undefined ? undefined : parseDecimal(scale)) ?? ONE,
    offset: (offset === undefined ? undefined : parseDecimal(offset)) ?? ZERO,
    decimals: shown,
  };
}
