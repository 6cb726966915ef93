/**
 * The questions that scan and doctor ask, one per protocol: each reads something that every unit has, changes
 * nothing, and is short. Pure.
 */
import { ANY_TYPE, CONTROL, frameAt } from '../../../drivers/cjt188/frame.ts';
import { DI } from '../../../drivers/cjt188/layouts.ts';
import type { DiOrder } from '../../../drivers/cjt188/options.ts';
import { encodeRequest, replyTo } from '../../../drivers/cjt188/reply.ts';
import { crc16 } from '../../../drivers/codec/checksums.ts';
import { isReplyTo } from '../../../drivers/dlt645/client.ts';
import { DI_BYTES, SERVICES } from '../../../drivers/dlt645/control.ts';
import { ABNORMAL, encodeFrame, type Frame, lookAt } from '../../../drivers/dlt645/frame.ts';
import type { Version } from '../../../drivers/dlt645/identifier.ts';
import { fromAscii, toAscii } from '../../../drivers/modbus/ascii-text.ts';
import {
  identificationLength,
  parseIdentification,
} from '../../../drivers/modbus/identification.ts';
import type { HeardFrame, Question } from '../../health/question.ts';
import { printable } from '../../host/quoted.ts';

/** How a Modbus PDU goes over the line. */
export type ModbusFraming = 'rtu' | 'ascii' | 'packets';

/** A whole Modbus frame: unit, function and data, without what is around them. */
interface Body {
  readonly from: number;
  readonly to: number;
  readonly body: Uint8Array;
  /** Of a packet. */
  readonly transaction?: number;
}

const EXCEPTION = 0x80;
const READ_HOLDING = 0x03;
const IDENTIFY = 0x2b;
const WAKE_UP = 0xfe;
const WAKE_UPS = 4;
const CRC_BYTES = 2;
const MBAP_BYTES = 6;
const LONGEST_PACKET_BODY = 254;

/**
 * One holding register. A unit that has none refuses with an exception, and that is an answer too.
 *
 * @param transaction of a packet; an answer has to repeat it
 */
export const modbusQuestion = (unit: number, framing: ModbusFraming, transaction = 1): Question =>
  modbus(unit, Uint8Array.of(READ_HOLDING, 0, 0, 0, 1), framing, transaction, (pdu) => {
    return pdu[0] === READ_HOLDING && pdu[1] === 2 && pdu.length === 4;
  });

/** The basic identification: vendor, product code and revision (V1.1b3 §6.21). */
export const identifyQuestion = (unit: number, framing: ModbusFraming, transaction = 1): Question =>
  modbus(unit, Uint8Array.of(IDENTIFY, 0x0e, 1, 0), framing, transaction, (pdu) => {
    return pdu[0] === IDENTIFY && pdu[1] === 0x0e && pdu.length > 4;
  });

/** The texts of an identification, in the order of their numbers; none when there is no such answer. */
export function identificationIn(bytes: Uint8Array, framing: ModbusFraming): readonly string[] {
  const answer = bodiesOf(bytes, framing).findLast(
    ({ body }) => body[1] === IDENTIFY && body.length > 5,
  );
  const texts = answer && parseIdentification(answer.body)?.objects.values();
  return texts ? [...texts].map((text) => printable(text)).filter((text) => text !== '') : [];
}

function modbus(
  unit: number,
  pdu: Uint8Array,
  framing: ModbusFraming,
  transaction: number,
  isAnswer: (pdu: Uint8Array) => boolean,
): Question {
  const code = pdu[0] ?? 0;
  const body = Uint8Array.of(unit, ...pdu);
  return {
    protocol: 'modbus',
    unit: String(unit),
    request: framed(body, framing, transaction),
    frames: (bytes) =>
      bodiesOf(bytes, framing).map(({ from, to, body: heard, transaction: own }): HeardFrame => {
        const [sender = 0, head = 0] = heard;
        const isOurs = sender === unit && (own ?? transaction) === transaction;
        const isRefusal = head === (code | EXCEPTION) && heard.length === 3;
        const common = { from, to, unit: String(sender) };
        if (!isOurs || !(isRefusal || isAnswer(heard.subarray(1))))
          return { ...common, role: 'stranger' };
        return { ...common, role: 'answer', ...(isRefusal && { refusal: heard[2] ?? 0 }) };
      }),
  };
}

function framed(body: Uint8Array, framing: ModbusFraming, transaction: number): Uint8Array {
  if (framing === 'ascii') return new TextEncoder().encode(toAscii(body));
  if (framing === 'packets') {
    const packet = Buffer.alloc(MBAP_BYTES + body.length);
    packet.writeUInt16BE(transaction, 0);
    packet.writeUInt16BE(body.length, 4);
    packet.set(body, MBAP_BYTES);
    return packet;
  }
  const crc = crc16(body);
  return Uint8Array.of(...body, crc & 0xff, crc >> 8);
}

function bodiesOf(bytes: Uint8Array, framing: ModbusFraming): readonly Body[] {
  if (framing === 'packets') return packetBodies(bytes);
  return framing === 'ascii' ? asciiBodies(bytes) : rtuBodies(bytes);
}

function packetBodies(bytes: Uint8Array): readonly Body[] {
  const view = Buffer.from(bytes);
  const bodies: Body[] = [];
  for (let from = 0; from + MBAP_BYTES < view.length; ) {
    const length = view.readUInt16BE(from + 4);
    const to = from + MBAP_BYTES + length;
    const isPacket = view.readUInt16BE(from + 2) === 0 && length > 1;
    if (!isPacket || length > LONGEST_PACKET_BODY || to > view.length) return bodies;
    const transaction = view.readUInt16BE(from);
    bodies.push({ from, to, body: view.subarray(from + MBAP_BYTES, to), transaction });
    from = to;
  }
  return bodies;
}

function asciiBodies(bytes: Uint8Array): readonly Body[] {
  const text = Buffer.from(bytes).toString('latin1');
  return [...text.matchAll(/:([\da-fA-F]+)\r\n/g)].flatMap(({ index, 0: all, 1: digits = '' }) => {
    const read = fromAscii(digits);
    return 'body' in read ? [{ from: index, to: index + all.length, body: read.body }] : [];
  });
}

/** Wherever the checksum fits a length that the function allows. */
function rtuBodies(bytes: Uint8Array): readonly Body[] {
  const bodies: Body[] = [];
  for (let from = 0; from + 4 <= bytes.length; ) {
    const to = rtuLengths(bytes, from)
      .map((length) => from + length + CRC_BYTES)
      .find((end) => end <= bytes.length && hasCrc(bytes, from, end));
    if (to === undefined) from++;
    else {
      bodies.push({ from, to, body: bytes.subarray(from, to - CRC_BYTES) });
      from = to;
    }
  }
  return bodies;
}

const hasCrc = (bytes: Uint8Array, from: number, end: number): boolean => {
  const crc = crc16(bytes, from, end - CRC_BYTES);
  return bytes[end - 2] === (crc & 0xff) && bytes[end - 1] === crc >> 8;
};

/** What a frame with this head may measure without its CRC, answers first (V1.1b3 §6). */
function rtuLengths(bytes: Uint8Array, from: number): readonly number[] {
  const code = bytes[from + 1] ?? 0;
  const counted = 3 + (bytes[from + 2] ?? 0);
  if (code & EXCEPTION) return [3];
  switch (code) {
    case 1:
    case 2:
    case 3:
    case 4:
      return [counted, 6];
    case 5:
    case 6:
      return [6];
    case 15:
    case 16:
      return [6, 7 + (bytes[from + 6] ?? 0)];
    case 23:
      return [counted, 11 + (bytes[from + 10] ?? 0)];
    case 22:
      return [8];
    case IDENTIFY:
      return [identificationLength(bytes, from, bytes.length) ?? 0, 5].filter((it) => it > 0);
    default:
      return [];
  }
}

/** The address of whoever is alone on the wire, or one item of a meter whose address is known. */
export function dlt645Question(
  address: string,
  version: Version,
  ask: 'address' | 'energy' = 'energy',
): Question {
  const di = Buffer.from(version === '2007' ? '00010000' : '9010', 'hex').reverse();
  const codes = SERVICES[version];
  const request: Frame =
    ask === 'address'
      ? { address, control: codes.get('read-address') ?? 0, data: Buffer.alloc(0) }
      : { address, control: codes.get('read') ?? 0, data: di };
  return {
    protocol: 'dlt645',
    unit: address,
    request: encodeFrame(request, WAKE_UPS),
    frames: (bytes) =>
      dlt645Frames(bytes).map(({ from, to, frame }) => ({
        from,
        to,
        unit: frame.address,
        role: isReplyTo(request, frame, DI_BYTES[version]) ? 'answer' : 'stranger',
        ...(frame.control & ABNORMAL && { refusal: frame.data[0] ?? 0 }),
      })),
  };
}

function dlt645Frames(bytes: Uint8Array) {
  const frames: { readonly from: number; readonly to: number; readonly frame: Frame }[] = [];
  for (let at = bytes.indexOf(0x68); at >= 0; ) {
    const look = lookAt(bytes, at);
    if (look.kind === 'frame')
      frames.push({ from: awake(bytes, at), to: look.end, frame: look.frame });
    at = bytes.indexOf(0x68, look.kind === 'frame' ? look.end : at + 1);
  }
  return frames;
}

/** Where the bytes that wake the receiver begin. */
function awake(bytes: Uint8Array, at: number): number {
  let from = at;
  while (from > 0 && bytes[from - 1] === WAKE_UP) from--;
  return from;
}

/** The address of whoever is alone on the wire, or the metering data of a meter whose address is known. */
export function cjt188Question(
  { type = ANY_TYPE, address }: { readonly type?: number; readonly address: string },
  diOrder: DiOrder,
  ask: 'address' | 'metering' = 'metering',
): Question {
  const request = {
    type,
    address,
    control: ask === 'address' ? CONTROL.readAddress : CONTROL.read,
    di: ask === 'address' ? DI.address : DI.metering,
    diOrder,
    ser: 1,
  };
  return {
    protocol: 'cjt188',
    unit: address,
    request: encodeRequest(request, WAKE_UPS),
    frames: (bytes) =>
      cjt188Frames(bytes).map(({ from, to, frame }) => {
        const reply = frame && replyTo(request, frame, 'loose');
        return {
          from,
          to,
          unit: frame?.address ?? '',
          role: reply && reply.kind !== 'mismatch' ? 'answer' : 'stranger',
          ...(reply?.kind === 'refusal' && { refusal: reply.status[0] ?? 0 }),
        };
      }),
  };
}

function cjt188Frames(bytes: Uint8Array) {
  const frames = [];
  for (let at = bytes.indexOf(0x68); at >= 0; ) {
    const found = frameAt(bytes, at);
    const isWhole = found.kind === 'frame' || found.kind === 'foreign';
    const to = at + (isWhole ? found.length : 1);
    if (isWhole)
      frames.push({
        from: awake(bytes, at),
        to,
        frame: found.kind === 'frame' ? found.frame : undefined,
      });
    at = bytes.indexOf(0x68, to);
  }
  return frames;
}

/** The frames of every protocol that shares wires, whoever they are from, none inside another. */
export function framesOfAny(bytes: Uint8Array): readonly HeardFrame[] {
  const found = [
    ...cjt188Frames(bytes).map(({ from, to }) => ({ from, to })),
    ...bodiesOf(bytes, 'rtu'),
    ...bodiesOf(bytes, 'ascii'),
  ].sort((a, b) => a.from - b.from || b.to - a.to);
  let end = 0;
  return found.flatMap(({ from, to }) => {
    if (from < end) return [];
    end = to;
    return [{ from, to, role: 'stranger', unit: '' } as const];
  });
}
