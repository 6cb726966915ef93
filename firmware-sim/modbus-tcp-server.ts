/**
 * Modbus TCP devices behind one address (Modbus Messaging on TCP/IP V1.0b §3.1). A request for a unit
 * that nobody has is refused as a gateway does, with exception 0B.
 */
import type { Clock } from '../gateway/host/clock.ts';
import type { Random } from '../gateway/model/backoff.ts';
import { later, millis, monoMs } from '../gateway/model/units.ts';
import type { SimulatedDevice } from './device.ts';
import { type FaultKind, isHarmless, noise } from './faults.ts';
import { type ListenAddress, type Listener, listen } from './listener.ts';
import { exception } from './modbus-slave.ts';

export interface ModbusTcpOptions extends ListenAddress {
  readonly devices: readonly SimulatedDevice[];
}

/** The master's side of one connection. */
export interface ModbusTcpPeer {
  /** Gone: nobody reads any more. */
  readonly destroyed: boolean;
  write(bytes: Uint8Array): void;
  /** The device closes the connection. */
  destroy(): void;
  /** The device resets it. */
  resetAndDestroy(): void;
}

/** The devices behind an address, whatever carries the bytes. */
export interface ModbusTcpDevices {
  /** A new connection; takes what its master sends, in any pieces. */
  connect(peer: ModbusTcpPeer): (chunk: Buffer) => void;
  stats(): ModbusTcpStats;
}

export interface ModbusTcpStats {
  readonly requests: number;
  /** Replies sent undamaged and in time, exceptions included. */
  readonly answered: number;
  readonly connections: number;
}

export interface ModbusTcpServer extends Listener {
  stats(): ModbusTcpStats;
}

/** Transaction, protocol, length, unit. */
const MBAP_SIZE = 7;
/** A PDU has at most 253 bytes, and the length field counts the unit too. */
const LONGEST = 254;
const TARGET_FAILED_TO_RESPOND = 0x0b;

/** Starts listening. Rejects with `sim.port-taken`. */
export async function serveModbusTcp(
  options: ModbusTcpOptions,
  clock: Clock,
): Promise<ModbusTcpServer> {
  const { connect, stats } = modbusTcpDevices(options.devices, clock);
  const listener = await listen(options, (socket) => socket.on('data', connect(socket)));
  return { ...listener, stats };
}

export function modbusTcpDevices(all: readonly SimulatedDevice[], clock: Clock): ModbusTcpDevices {
  const stats = { requests: 0, answered: 0, connections: 0 };
  const devices = new Map(all.map((device) => [device.unit, device]));
  const freeAt = new Map<SimulatedDevice, number>();

  const handle = (socket: ModbusTcpPeer, adu: Buffer) => {
    stats.requests++;
    const transaction = adu.readUInt16BE(0);
    const unit = adu[6] ?? 0;
    const pdu = adu.subarray(MBAP_SIZE);
    const device = devices.get(unit);
    if (!device) {
      socket.write(frame(transaction, unit, exception(pdu, TARGET_FAILED_TO_RESPOND)));
      return;
    }
    const now = clock.mono();
    const { reply, fault } = device.answer(pdu, now);
    if (fault?.kind === 'reset') socket.resetAndDestroy();
    if (!reply || socket.destroyed) return;
    const good = frame(transaction, unit, reply);
    const bytes = fault ? damaged(fault.kind, good, device.faults.random) : good;
    if (isHarmless(fault)) stats.answered++;
    if (device.turnaround === 0 && fault?.kind !== 'late') {
      socket.write(bytes);
      return;
    }
    const start = monoMs(Math.max(now, freeAt.get(device) ?? 0));
    const due = later(start, device.turnaround);
    freeAt.set(device, due);
    const delay = fault?.kind === 'late' ? fault.delay : millis(0);
    clock.at('sim.tcp-reply', later(due, delay), () => {
      if (!socket.destroyed) socket.write(bytes);
    });
  };

  const connect = (socket: ModbusTcpPeer) => {
    stats.connections++;
    let pending: Buffer = Buffer.alloc(0);
    return (chunk: Buffer) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      while (pending.length >= MBAP_SIZE) {
        const length = pending.readUInt16BE(4);
        if (pending.readUInt16BE(2) !== 0 || length < 2 || length > LONGEST) {
          socket.destroy();
          return;
        }
        if (pending.length < 6 + length) return;
        handle(socket, pending.subarray(0, 6 + length));
        pending = pending.subarray(6 + length);
      }
    };
  };
  return { connect, stats: () => ({ ...stats }) };
}

function frame(transaction: number, unit: number, pdu: Uint8Array): Buffer {
  const adu = Buffer.alloc(MBAP_SIZE + pdu.length);
  adu.writeUInt16BE(transaction, 0);
  adu.writeUInt16BE(pdu.length + 1, 4);
  adu[6] = unit;
  adu.set(pdu, MBAP_SIZE);
  return adu;
}

/**
 * TCP has no checksum of its own to spoil: a bad CRC becomes a wrong length, which has the same
 * effect.
 */
function damaged(kind: FaultKind, adu: Buffer, random: Random): Buffer {
  switch (kind) {
    case 'wrong-transaction':
      adu.writeUInt16BE((adu.readUInt16BE(0) + 1) & 0xffff, 0);
      return adu;
    case 'wrong-unit':
      adu[6] = ((adu[6] ?? 0) % 247) + 1;
      return adu;
    case 'bad-crc':
    case 'wrong-length':
      adu.writeUInt16BE(0xffff, 4);
      return adu;
    case 'half-frame':
      return adu.subarray(0, Math.ceil(adu.length / 2));
    case 'noise':
      return Buffer.concat([noise(random, 1), adu]);
    default:
      return adu;
  }
}
