/** Which blocks of a device are read to get all its tags with the least time on the wire. Pure. */
import { GatewayError } from '../../gateway/model/errors.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import type { Millis } from '../../gateway/model/units.ts';
import { type Decode, decoder } from '../codec/registers.ts';
import { parseDecimal, type Scaling } from '../codec/scale.ts';
import type { BusAccess, Group, TagRequest, WireCost } from '../driver.ts';
import { isBitTable, sizeOf, TABLES, type Table } from './address.ts';
import type { ModbusAddress, ModbusDevice } from './options.ts';

/** One read of `quantity` registers or bits from `start`. */
export interface ModbusGroup extends Group {
  readonly table: Table;
  readonly start: number;
  readonly quantity: number;
  /** One per tag, in the order of `tags`. */
  readonly fields: readonly Field[];
}

/**
 * Where a tag's value begins in the reply's data (bytes, or bits of a bit table), and how it is
 * read.
 */
export interface Field {
  readonly at: number;
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

/**
 * Merges the tags of one device into blocks, each of one table and one scan class. A hole between two
 * tags is read along when that is cheaper than another request. Every tag is in exactly one block.
 *
 * @throws GatewayError `modbus.value-too-long` when one value alone is beyond the device's limit
 */
export function planReads(
  device: ModbusDevice,
  requests: readonly Request[],
  access: BusAccess,
): readonly ModbusGroup[] {
  const scans = new Set(requests.map(({ scan }) => scan));
  return [...scans].flatMap((scan) =>
    TABLES.flatMap((table) => {
      const own = requests.filter((it) => it.scan === scan && it.address.table === table);
      const suffix = scans.size > 1 ? ` every ${scan} ms` : '';
      return blocksOf(own, limitsOf(device, table, access)).map((block) =>
        groupOf(block, { table, scan, suffix, access }),
      );
    }),
  );
}

interface Limits {
  /** Registers or bits of one block. */
  readonly size: number;
  readonly gap: number;
}

function limitsOf(device: ModbusDevice, table: Table, access: BusAccess): Limits {
  const size = isBitTable(table) ? device.maxBits : device.maxRegisters;
  if (device.maxGap !== undefined) return { size, gap: device.maxGap };
  const bytes = Math.floor(requestOverheadBytes(access));
  return { size, gap: isBitTable(table) ? bytes * 8 : Math.floor(bytes / 2) };
}

/** What one more request costs, in bytes of a reply. */
function requestOverheadBytes({ framing, timing }: BusAccess): number {
  if (framing === 'packets' || timing === undefined) return PACKET_ROUND_TRIP_BYTES;
  const waiting = (2 * timing.silence + TURNAROUND_MS) / timing.character;
  return WIRE_REQUEST_BYTES + WIRE_REPLY_OVERHEAD_BYTES + waiting;
}

interface Block {
  readonly start: number;
  end: number;
  readonly requests: Request[];
}

function blocksOf(requests: readonly Request[], limits: Limits): readonly Block[] {
  const blocks: Block[] = [];
  let block: Block | undefined;
  for (const request of requests.toSorted((a, b) => a.address.address - b.address.address)) {
    const start = request.address.address;
    const size = sizeOf(request.address);
    if (size > limits.size)
      throw new GatewayError('modbus.value-too-long', {
        tag: request.tag.id,
        registers: size,
        limit: limits.size,
      });
    const end = Math.max(block?.end ?? 0, start + size);
    if (block && start - block.end <= limits.gap && end - block.start <= limits.size) {
      block.end = end;
      block.requests.push(request);
    } else {
      block = { start, end: start + size, requests: [request] };
      blocks.push(block);
    }
  }
  return blocks;
}

interface Surroundings {
  readonly table: Table;
  readonly scan: Millis;
  /** Tells the same block of two scan classes apart. */
  readonly suffix: string;
  readonly access: BusAccess;
}

function groupOf(block: Block, { table, scan, suffix, access }: Surroundings): ModbusGroup {
  const { start, end, requests } = block;
  const quantity = end - start;
  const range = quantity === 1 ? `${start}` : `${start}..${end - 1}`;
  return {
    label: `${table} ${range}${suffix}`,
    scan,
    tags: requests.map(({ tag }) => tag),
    cost: costOf(table, quantity, access),
    table,
    start,
    quantity,
    fields: requests.map(({ tag, address }) => fieldOf(address, start, tag)),
  };
}

/** Bytes of data in the reply to a read. */
export const dataBytes = (table: Table, quantity: number): number =>
  isBitTable(table) ? Math.ceil(quantity / 8) : 2 * quantity;

function costOf(table: Table, quantity: number, { framing }: BusAccess): WireCost {
  const data = dataBytes(table, quantity);
  return framing === 'wire'
    ? { requestBytes: WIRE_REQUEST_BYTES, replyBytes: WIRE_REPLY_OVERHEAD_BYTES + data }
    : { requestBytes: PACKET_REQUEST_BYTES, replyBytes: PACKET_REPLY_OVERHEAD_BYTES + data };
}

function fieldOf(address: ModbusAddress, start: number, tag: Tag): Field {
  const offset = address.address - start;
  return isBitTable(address.table)
    ? { at: offset, decode: packedBit }
    : { at: 2 * offset, decode: decoder(address, scalingOf(address, tag)) };
}

/**
 * Bits are packed eight to a byte, the first in the lowest (Modbus Application Protocol V1.1b3
 * §6.1).
 */
const packedBit: Decode = (view, at) => (view.getUint8(at >> 3) & (1 << (at & 7))) !== 0;

const ONE = { unscaled: 1n, decimals: 0 };
const ZERO = { unscaled: 0n, decimals: 0 };

function scalingOf({ scale, offset, decimals }: ModbusAddress, tag: Tag): Scaling | undefined {
  const shown = decimals ?? tag.decimals;
  if (scale === undefined && offset === undefined && shown === undefined) return undefined;
  return {
    scale: (scale === undefined ? undefined : parseDecimal(scale)) ?? ONE,
    offset: (offset === undefined ? undefined : parseDecimal(offset)) ?? ZERO,
    decimals: shown,
  };
}
