/** What `headgate decode cjt188` says. Pure; never throws. */
import type { ErrorText } from '../../gateway/model/errors.ts';
import type { ExplainedPart, Explainer, Explanation } from '../explanation.ts';
import { frameFields, identifierOf, isReply } from './explain-fields.ts';
import { frameParts } from './explain-parts.ts';
import { FRAME_OVERHEAD_BYTES, type Frame, frameAt, HEAD_BYTES, LONGEST_DATA } from './frame.ts';
import { type Mismatch, replyTo } from './reply.ts';

type Words = ErrorText['message'];

interface Seen {
  readonly at: number;
  readonly frame: Frame;
}
interface Broken {
  readonly at: number;
  readonly length: number;
  readonly reject: 'checksum' | 'end' | 'incomplete' | 'foreign';
  readonly words: Words;
}

export const cjt188Explainer: Explainer = { protocol: 'cjt188', explain };

function explain(bytes: Uint8Array): Explanation {
  const sightings = sightingsIn(bytes);
  const parts: ExplainedPart[] = [];
  for (const one of sightings) {
    const previous = parts.at(-1);
    const free = previous ? previous.at + previous.length : 0;
    parts.push(...('frame' in one ? partsOf(bytes, one, free) : [brokenPart(one)]));
  }
  const last = sightings.at(-1);
  if (last === undefined) return { ok: false, reject: 'noFrame', words: NO_FRAME, parts };
  if (!('frame' in last)) return { ok: false, reject: last.reject, words: last.words, parts };
  const request = isReply(last.frame) ? requestBefore(sightings) : undefined;
  const mismatch = request && mismatchOf(request, last.frame);
  if (mismatch)
    return { ok: false, reject: `${mismatch}Mismatch`, words: MISMATCHES[mismatch], parts };
  const fields = frameFields(last.frame);
  return { ok: true, fields: request ? { ...frameFields(request), ...fields } : fields, parts };
}

function requestBefore(sightings: readonly (Seen | Broken)[]): Frame | undefined {
  const seen = sightings.findLast((one) => 'frame' in one && !isReply(one.frame));
  return seen && 'frame' in seen ? seen.frame : undefined;
}

function mismatchOf(request: Frame, frame: Frame): Mismatch | undefined {
  const identified = identifierOf(request);
  if (!identified) return undefined;
  const asked = {
    ...request,
    di: identified.di,
    diOrder: identified.order === 'BE' ? ('high_first' as const) : ('low_first' as const),
    ser: request.data[2] as number,
    payload: request.data.subarray(3),
  };
  const reply = replyTo(asked, frame, 'strict');
  return reply.kind === 'mismatch' ? reply.what : undefined;
}

/** Whole frames in their order, and what was meant to be one and is not. */
function sightingsIn(bytes: Uint8Array): readonly (Seen | Broken)[] {
  const sightings: (Seen | Broken)[] = [];
  let cut: Broken | undefined;
  let at = bytes.indexOf(START);
  while (at >= 0) {
    const found = frameAt(bytes, at);
    let length = 1;
    if (found.kind === 'frame') {
      sightings.push({ at, frame: found.frame });
      length = found.length;
      cut = undefined;
    } else if (found.kind === 'foreign') {
      sightings.push({
        at,
        length: found.length,
        reject: 'foreign',
        words: FOREIGN[found.protocol],
      });
      length = found.length;
      cut = undefined;
    } else if (found.kind === 'incomplete') {
      cut ??= cutAt(bytes, at, found.needed);
    } else {
      const broken = brokenAt(bytes, at);
      if (broken) {
        sightings.push(broken);
        length = broken.length;
        cut = undefined;
      }
    }
    at = bytes.indexOf(START, at + length);
  }
  return cut ? [...sightings, cut] : sightings;
}

const START = 0x68;
const END = 0x16;

/** A frame that ends where its length says and has a wrong sum, or the other way round. */
function brokenAt(bytes: Uint8Array, at: number): Broken | undefined {
  const size = bytes[at + HEAD_BYTES - 1] as number;
  if (size > LONGEST_DATA) return undefined;
  const length = FRAME_OVERHEAD_BYTES + size;
  const last = at + length - 1;
  const sum = bytes.subarray(at, last - 1).reduce((total, byte) => total + byte, 0) & 0xff;
  const found = bytes[last - 1];
  if (bytes[last] === END) {
    const [is, should] = [hexByte(found), hexByte(sum)];
    const words = {
      en: `the checksum is ${is} and should be ${should}: a byte was damaged, or the frame was copied with a mistake`,
      zh: `校验和为 ${is}，应为 ${should}：有字节受损，或抄录有误`,
    };
    return { at, length, reject: 'checksum', words };
  }
  if (found !== sum) return undefined;
  const words = {
    en: `behind the checksum stands ${hexByte(bytes[last])} and not 16`,
    zh: `校验和之后是 ${hexByte(bytes[last])} 而不是 16`,
  };
  return { at, length, reject: 'end', words };
}

/** Behind the last whole frame: the begin of one more, if it looks like that. */
function cutAt(bytes: Uint8Array, at: number, needed: number): Broken | undefined {
  const length = bytes.length - at;
  const type = bytes[at + 1];
  if (type === undefined || type === START || type === END) return undefined;
  const words = {
    en: `the frame has at least ${needed} bytes, and ${length} are here`,
    zh: `该帧至少有 ${needed} 字节，这里只有 ${length} 字节`,
  };
  return { at, length, reject: 'incomplete', words };
}

const PREAMBLE = 0xfe;

/** @param free where the parts before it end */
function partsOf(bytes: Uint8Array, { at, frame }: Seen, free: number): ExplainedPart[] {
  let from = at;
  while (from > free && bytes[from - 1] === PREAMBLE) from--;
  const wakeUp: ExplainedPart = {
    at: from,
    length: at - from,
    label: { en: 'preamble', zh: '前导字节' },
  };
  return [...(from < at ? [wakeUp] : []), ...frameParts(frame, at)];
}

const brokenPart = ({ at, length, reject }: Broken): ExplainedPart => ({
  at,
  length,
  label:
    reject === 'foreign'
      ? { en: 'a frame of another protocol', zh: '其他协议的帧' }
      : { en: 'a damaged frame', zh: '损坏的帧' },
});

const NO_FRAME: Words = {
  en: 'no frame of CJ/T 188 is in here: it begins with 68, and its length, checksum and 16 at the end have to agree',
  zh: '其中没有 CJ/T 188 帧：应以 68 开头，且长度、校验和与结尾的 16 相符',
};
const FOREIGN: Readonly<Record<'dlt645' | 'mbus', Words>> = {
  dlt645: {
    en: 'this is a frame of DL/T 645: it has a second 68 eight bytes in',
    zh: '这是 DL/T 645 帧：第八字节是第二个 68',
  },
  mbus: {
    en: 'this is a long frame of M-Bus: it repeats its length and has a second 68',
    zh: '这是 M-Bus 长帧：长度重复一次并有第二个 68',
  },
};
const MISMATCHES: Readonly<Record<Mismatch, Words>> = {
  control: {
    en: 'this reply is to another function than was asked for',
    zh: '应答的功能与请求不符',
  },
  type: { en: 'this reply is from another kind of meter', zh: '应答来自另一种类型的表' },
  address: { en: 'this reply is from another meter', zh: '应答来自另一块表' },
  length: { en: 'this reply is too short for an identifier', zh: '应答太短，没有数据标识' },
  di: { en: 'this reply has another data identifier', zh: '应答的数据标识与请求不符' },
  ser: {
    en: 'this reply has another serial number: it answers an older request',
    zh: '应答的序号与请求不符：它是对较早请求的应答',
  },
};

const hexByte = (byte: number | undefined): string =>
  (byte ?? 0).toString(16).padStart(2, '0').toUpperCase();
