/** Which frame on the wire answers a request. Pure. */
import type { FrameFinder } from '../line/exchange.ts';
import {
  ANY_ADDRESS,
  ANY_TYPE,
  CONTROL,
  encodeFrame,
  type Frame,
  FrameParser,
  REFUSAL,
  REPLY,
} from './frame.ts';
import type { DiOrder } from './options.ts';

/** A request before it is bytes. */
export interface Request {
  readonly type: number;
  readonly address: string;
  readonly control: number;
  readonly di: number;
  readonly diOrder: DiOrder;
  readonly ser: number;
  /** Behind DI and SER. */
  readonly payload?: Uint8Array;
}

/** What a meter said to a request. */
export type Reply =
  | {
      readonly kind: 'data';
      readonly frame: Frame;
      /** Behind DI and SER. */
      readonly payload: Uint8Array;
    }
  /** Its status bytes; some meters send one. */
  | { readonly kind: 'refusal'; readonly frame: Frame; readonly status: Uint8Array };

/** DI and SER. */
export const DATA_HEAD_BYTES = 3;
const REFUSAL_BYTES = 3;

export function encodeRequest(request: Request, preamble: number): Uint8Array {
  const { type, address, control, payload = new Uint8Array(0) } = request;
  const data = Uint8Array.of(...diBytes(request), request.ser, ...payload);
  return encodeFrame({ type, address, control, data }, preamble);
}

const diBytes = ({ di, diOrder }: Request): readonly number[] =>
  diOrder === 'high_first' ? [di >> 8, di & 0xff] : [di & 0xff, di >> 8];

/** Why a frame is not the answer; for people, in the words of `headgate decode`. */
export type Mismatch = 'control' | 'type' | 'address' | 'length' | 'di' | 'ser';

/**
 * Judges a frame by the request before it. The identifier is accepted in either order; `loose` accepts any SER.
 */
export function replyTo(
  request: Request,
  frame: Frame,
  ser: 'strict' | 'loose',
): Reply | { readonly kind: 'mismatch'; readonly what: Mismatch } {
  const { control, data } = frame;
  const isRefusal = control === (request.control | REFUSAL);
  if (!isRefusal && control !== (request.control | REPLY)) return mismatch('control');
  if (request.type !== ANY_TYPE && frame.type !== request.type) return mismatch('type');
  if (request.address !== ANY_ADDRESS && !isAddressOf(request, frame)) return mismatch('address');
  if (isRefusal) {
    const isSerial = data.length === REFUSAL_BYTES;
    if (isSerial && ser === 'strict' && data[0] !== request.ser) return mismatch('ser');
    return { kind: 'refusal', frame, status: data.subarray(isSerial ? 1 : 0) };
  }
  if (data.length < DATA_HEAD_BYTES) return mismatch('length');
  if (!isIdentifier(request.di, data)) return mismatch('di');
  if (ser === 'strict' && data[2] !== request.ser) return mismatch('ser');
  return { kind: 'data', frame, payload: data.subarray(DATA_HEAD_BYTES) };
}

/** A meter that was given a new address may answer with it already. */
function isAddressOf(request: Request, frame: Frame): boolean {
  if (frame.address === request.address) return true;
  const { payload } = request;
  return (
    request.control === CONTROL.writeAddress &&
    payload !== undefined &&
    Buffer.from(payload).reverse().toString('hex').toUpperCase() === frame.address
  );
}

const isIdentifier = (di: number, data: Uint8Array): boolean => {
  const first = data[0] as number;
  const second = data[1] as number;
  return di === ((first << 8) | second) || di === ((second << 8) | first);
};

const mismatch = (what: Mismatch) => ({ kind: 'mismatch' as const, what });

/** Takes the reply to one request out of whatever comes. */
export function replyFinder(request: Request, ser: 'strict' | 'loose'): FrameFinder<Reply> {
  const parser = new FrameParser();
  const first = (frames: readonly Frame[]): Reply | undefined => {
    for (const frame of frames) {
      const reply = replyTo(request, frame, ser);
      if (reply.kind !== 'mismatch') return reply;
    }
    return undefined;
  };
  return {
    push: (bytes) => first(parser.push(bytes)),
    finish: () => first(parser.finish()),
  };
}
