/** A Modbus device on a serial wire, ASCII mode (Modbus over Serial Line V1.02 §2.5.2). */
import { millis } from '../gateway/model/units.ts';
import type { SimulatedDevice } from './device.ts';
import { damaged } from './faults.ts';
import { markedFraming, sum8 } from './marked-frames.ts';
import type { Answer, Station } from './station.ts';
import type { WireSpeed } from './wire.ts';

const COLON = 0x3a;
const LINE_FEED = 0x0a;
const BROADCAST = 0;

/** `:` … CR LF, with up to a second between two characters. */
const ASCII_FRAMING = markedFraming({
  begin: COLON,
  pause: millis(1_000),
  lengthAt(bytes, from) {
    const end = bytes.indexOf(LINE_FEED, from);
    return end < 0 ? 'more' : end + 1 - from;
  },
  isWhole: (frame) => messageOf(frame) !== undefined,
});

/** Unit and PDU in a frame; undefined when its LRC (§6.2.1: their sum and it make 0) or its form is wrong. */
function messageOf(frame: Uint8Array): Uint8Array | undefined {
  const text = Buffer.from(frame).toString('latin1');
  const digits = /^:((?:[0-9A-F]{2}){3,})\r\n$/.exec(text)?.[1];
  const message = digits === undefined ? undefined : Buffer.from(digits, 'hex');
  return message && sum8(message) === 0 ? message.subarray(0, -1) : undefined;
}

/** A message as it goes on the wire. */
export function asciiFrame(unit: number, pdu: Uint8Array): Uint8Array {
  const message = Buffer.concat([Buffer.of(unit), pdu]);
  const lrc = Buffer.of(-sum8(message) & 0xff);
  return Buffer.from(`:${Buffer.concat([message, lrc]).toString('hex').toUpperCase()}\r\n`);
}

/** Puts a device on a wire; without settings of its own it speaks like the line. */
export const asciiStation = (device: SimulatedDevice, settings?: WireSpeed): Station => ({
  name: device.name,
  framing: ASCII_FRAMING,
  settings,
  turnaround: device.turnaround,
  faults: device.faults,
  hear(request, { now }): Answer | undefined {
    const message = messageOf(request);
    const unit = message?.[0];
    if (!message || (unit !== device.unit && unit !== BROADCAST)) return undefined;
    const { reply, fault } = device.answer(message.subarray(1), now);
    if (!reply || unit === BROADCAST) return { reply: undefined, fault };
    const frame = asciiFrame(device.unit, reply);
    const foreign = () => asciiFrame((device.unit % 247) + 1, reply);
    return { reply: damaged(fault?.kind, frame, foreign, device.faults.random), fault };
  },
});
