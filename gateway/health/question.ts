/** A question to one unit, and what a recording says about the answer. Pure. */
import type { SerialSettings } from '../../drivers/line/line.ts';
import type { Millis } from '../model/units.ts';
import { bytesOf, type Recording, timeOf } from './line-recording.ts';

/** A whole frame of a protocol among the bytes of a recording. */
export interface HeardFrame {
  readonly from: number;
  readonly to: number;
  /** `answer`: to the question that was asked; everything else is somebody else's. */
  readonly role: 'answer' | 'stranger';
  /** Whoever it is from or to, as people write it. */
  readonly unit: string;
  /** The code of a refusal: a Modbus exception, an error word. */
  readonly refusal?: number;
}

/** Harmless, short, and answered by everybody who speaks the protocol and is asked. */
export interface Question {
  readonly protocol: string;
  /** Whoever is asked, as people write it: `3`, `202411110002`. */
  readonly unit: string;
  readonly request: Uint8Array;
  /** Every whole frame of the protocol, in the order of the wire. */
  frames(bytes: Uint8Array): readonly HeardFrame[];
}

/** What one question brought. */
export interface Asked {
  readonly protocol: string;
  readonly unit: string;
  /** Undefined on a packet network. */
  readonly settings: SerialSettings | undefined;
  readonly patience: Millis;
  readonly answers: readonly AnswerHeard[];
  /** Frames that answer nobody's question of ours. */
  readonly strangers: number;
  /** Bytes that belong to no frame, without the echo. */
  readonly noise: Uint8Array;
  /** The request came back first. */
  readonly isEchoed: boolean;
}

export interface AnswerHeard {
  /** From the last byte of the request to the first of the answer. */
  readonly after: Millis;
  readonly unit: string;
  readonly refusal: number | undefined;
}

/** What was heard on the wire while nobody was asked. */
export interface Listened {
  readonly settings: SerialSettings | undefined;
  readonly frames: number;
  readonly noise: Uint8Array;
}

/** What the recording of a question says. */
export function askedOf(
  question: Question,
  recording: Recording,
  settings: SerialSettings | undefined,
  patience: Millis,
): Asked {
  const all = bytesOf(recording);
  const { request, protocol, unit } = question;
  const isEchoed = startsWith(all, request);
  const skipped = isEchoed ? request.length : 0;
  const bytes = all.subarray(skipped);
  const frames = question.frames(bytes);
  const answers = frames.filter(({ role }) => role === 'answer');
  return {
    protocol,
    unit,
    settings,
    patience,
    answers: answers.map((frame) => ({
      after: timeOf(recording, skipped + frame.from),
      unit: frame.unit,
      refusal: frame.refusal,
    })),
    strangers: frames.length - answers.length,
    noise: outside(bytes, frames),
    isEchoed,
  };
}

/** What was heard while listening, by the frames of any protocol. */
export function listenedOf(
  recording: Recording,
  settings: SerialSettings | undefined,
  framesOf: (bytes: Uint8Array) => readonly HeardFrame[],
): Listened {
  const bytes = bytesOf(recording);
  const frames = framesOf(bytes);
  return { settings, frames: frames.length, noise: outside(bytes, frames) };
}

export const isInTime = ({ answers, patience }: Asked): boolean =>
  answers.some(({ after }) => after <= patience);
export const isLate = (asked: Asked): boolean => asked.answers.length > 0 && !isInTime(asked);
/** Something came, and none of it can be read. */
export const isGarbled = ({ answers, noise }: Asked): boolean =>
  answers.length === 0 && noise.length > 0 && !isGlitch(noise);

/** Exceptions with which a Modbus gateway answers for a unit that it cannot reach (V1.1b3 §7). */
const GATEWAY_REFUSALS: readonly (number | undefined)[] = [0x0a, 0x0b];

/** The exception of a gateway in between; undefined when none spoke in the unit's place. */
export const gatewayRefusal = ({ protocol, answers }: Asked): number | undefined =>
  protocol === 'modbus'
    ? answers.find(({ refusal }) => GATEWAY_REFUSALS.includes(refusal))?.refusal
    : undefined;

/** The most characters that a switching transceiver or a floating wire makes of nothing. */
const LONGEST_GLITCH = 4;

/**
 * One edge is seen by a receiver as a start bit and ones behind it: a few characters of zeros and then ones,
 * 00H, 80H, … FEH, FFH, and nothing else.
 */
export const isGlitch = (noise: Uint8Array): boolean =>
  noise.length > 0 &&
  noise.length <= LONGEST_GLITCH &&
  noise.every((byte) => ((byte | (byte - 1)) & 0xff) === 0xff || byte === 0);

const startsWith = (bytes: Uint8Array, head: Uint8Array): boolean =>
  head.length > 0 && bytes.length >= head.length && head.every((byte, i) => byte === bytes[i]);

function outside(bytes: Uint8Array, frames: readonly HeardFrame[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const { from, to } of frames) {
    parts.push(bytes.subarray(at, from));
    at = to;
  }
  return Buffer.concat([...parts, bytes.subarray(at)]);
}
