/** `headgate decode dlt645`: frames, and the conversation they are. Pure. */
import type { ExplainedPart, Explainer, Explanation } from '../explanation.ts';
import { isAddressedBy } from './client.ts';
import { DI_BYTES, SERVICE_MASK, SERVICES, type Service } from './control.ts';
import { type Fields, frameFields, itemFields } from './explain-data.ts';
import { betweenParts, frameParts } from './explain-parts.ts';
import { ABNORMAL, FROM_METER, type Frame, type Look, lookAt, MORE_FOLLOWS } from './frame.ts';
import type { Version } from './identifier.ts';
import { hexText } from './value.ts';

export const dlt645Explainer: Explainer = {
  protocol: 'dlt645',
  explain(bytes) {
    const { found, defect } = framesIn(bytes);
    const parts = partsOf(bytes, found);
    if (defect) return { ok: false, reject: defect.reject, words: REJECTS[defect.reject], parts };
    const talk = new Conversation();
    for (const { frame } of found) talk.hear(frame);
    const { reject, fields } = talk;
    return reject === undefined
      ? { ok: true, fields: { ...fields, ...trapIn(bytes, found) }, parts }
      : { ok: false, reject, words: REJECTS[reject], parts };
  },
};

/** What has led readers of such frames astray. */
function trapIn(bytes: Uint8Array, found: readonly Found[]): Fields {
  const checksum = (found.at(-1)?.end ?? 0) - 2;
  return bytes[checksum] === END ? { note: 'the checksum byte is itself 16H' } : {};
}

type Words = Extract<Explanation, { ok: false }>['words'];

const REJECTS = {
  noFrame: { en: 'there is no frame in these bytes', zh: '这些字节中没有帧' },
  incomplete: {
    en: 'the frame ends before its length says so',
    zh: '帧不完整：数据少于长度域所示',
  },
  checksum: { en: 'the checksum is wrong', zh: '校验码错误' },
  end: {
    en: 'there is no 16H where the length says the frame ends',
    zh: '长度所示的帧尾处不是 16H',
  },
  addressMismatch: {
    en: 'the reply is from another meter than was asked',
    zh: '应答来自另一块电表',
  },
  controlMismatch: {
    en: 'the reply is to another kind of request',
    zh: '应答的控制码与请求不符',
  },
  diMismatch: {
    en: 'the reply is about another data item: a late answer to an earlier request',
    zh: '应答的数据标识与请求不符：可能是前一请求的迟到应答',
  },
  seqMismatch: {
    en: 'the reply has another frame number than was asked for',
    zh: '应答的帧序号与请求不符',
  },
  length: {
    en: 'the data are too long or too short for the item',
    zh: '数据长度与数据项不符',
  },
} as const satisfies Record<string, Words>;
type Reject = keyof typeof REJECTS;

interface Found {
  readonly at: number;
  readonly end: number;
  readonly frame: Frame;
}

const DEFECTS: Readonly<Partial<Record<Look['kind'], Reject>>> = {
  incomplete: 'incomplete',
  checksum: 'checksum',
  'no-end': 'end',
};
const START = 0x68;
const END = 0x16;
const SECOND_START = 7;

/**
 * All frames, and what is wrong where a frame should be: behind the last good one, or anywhere when there is
 * none. A lone 68H is noise where anything better is found.
 */
function framesIn(bytes: Uint8Array): {
  readonly found: readonly Found[];
  readonly defect: { readonly reject: Reject } | undefined;
} {
  const found: Found[] = [];
  let defect: { readonly reject: Reject; readonly isSure: boolean } | undefined;
  for (let at = bytes.indexOf(START); at >= 0; ) {
    const look = lookAt(bytes, at);
    const reject = DEFECTS[look.kind];
    const isSure = bytes[at + SECOND_START] === START;
    if (look.kind === 'frame') {
      found.push({ at, end: look.end, frame: look.frame });
      defect = undefined;
    } else if (reject && (defect === undefined || (isSure && !defect.isSure))) {
      defect = { reject, isSure };
    }
    at = bytes.indexOf(START, look.kind === 'frame' ? look.end : at + 1);
  }
  if (found.length === 0) return { found, defect: defect ?? { reject: 'noFrame' } };
  return { found, defect: defect?.isSure ? defect : undefined };
}

function partsOf(bytes: Uint8Array, found: readonly Found[]): readonly ExplainedPart[] {
  const parts: ExplainedPart[] = [];
  let from = 0;
  for (const { at, end, frame } of found) {
    const { version, service } = meaningOf(frame);
    parts.push(...betweenParts(bytes, from, at), ...frameParts(version, service, frame, at));
    from = end;
  }
  return [...parts, ...betweenParts(bytes, from, bytes.length)];
}

interface Meaning {
  readonly version: Version;
  readonly service: Service | undefined;
}

/** The codes of the editions overlap in 03 (empty in 1997) and in 08, which is the same in both. */
function meaningOf({ control, data }: Frame): Meaning {
  const code = control & SERVICE_MASK;
  const serviceIn = (version: Version) =>
    [...SERVICES[version]].find(([, own]) => own === code)?.[0];
  const old = serviceIn('1997');
  const service = serviceIn('2007');
  const isOld = service === undefined || (old === 'read-again' && data.length === 0);
  return old && isOld ? { version: '1997', service: old } : { version: '2007', service };
}

/** Frame after frame as they went over the wire; `fields` and `reject` are those of what was heard last. */
class Conversation {
  fields: Fields = {};
  reject: Reject | undefined;
  #request: Frame | undefined;
  #answered: Frame | undefined;
  /** The parts of a long item so far; undefined when the first was not heard. */
  #parts: { readonly di: string; readonly bytes: readonly Uint8Array[] } | undefined;

  hear(frame: Frame): void {
    const { version, service } = meaningOf(frame);
    const fields = frameFields(version, service, frame);
    if ((frame.control & FROM_METER) === 0) {
      const isEcho = this.#request !== undefined && isSame(this.#request, frame);
      this.#request = frame;
      this.reject = undefined;
      this.fields = isEcho ? { ...fields, isEcho } : fields;
      return;
    }
    const mismatch = this.#request && mismatchOf(version, service, this.#request, frame);
    if (mismatch) {
      if (!this.#isAnswered) this.reject = mismatch;
      return;
    }
    this.reject = undefined;
    this.#answered = this.#request;
    const isRead = service === 'read' || service === 'read-more';
    const isRefusal = (frame.control & ABNORMAL) !== 0;
    const heard = isRead && !isRefusal ? this.#read(version, service, frame) : {};
    if (heard === undefined) this.reject = 'length';
    else this.fields = { ...this.#asked(), ...fields, ...heard };
  }

  /** A reply that fits was heard; what else comes is somebody else's. */
  get #isAnswered(): boolean {
    return this.#request !== undefined && this.#answered === this.#request;
  }

  /** What only the request says: the item that was refused, the value that was written. */
  #asked(): Fields {
    if (this.#request === undefined) return {};
    const { version, service } = meaningOf(this.#request);
    const {
      data: _data,
      dataLength: _length,
      reply: _reply,
      ...asked
    } = frameFields(version, service, this.#request);
    return asked;
  }

  #read(
    version: Version,
    service: 'read' | 'read-more',
    { control, data }: Frame,
  ): Fields | undefined {
    const size = DI_BYTES[version];
    const isNumbered = version === '2007' && service === 'read-more';
    if (data.length < size + (isNumbered ? 1 : 0)) return undefined;
    const di = hexText(data.slice(0, size).reverse());
    const part = data.subarray(size, data.length - (isNumbered ? 1 : 0));
    const more = (control & MORE_FOLLOWS) !== 0;
    const before = service === 'read' ? { di, bytes: [] } : this.#parts;
    const whole = before?.di === di ? { di, bytes: [...before.bytes, part] } : undefined;
    this.#parts = more ? whole : undefined;
    const own = { di, more, part: hexText(part), ...(isNumbered && { seq: data.at(-1) ?? 0 }) };
    if (more || whole === undefined) return own;
    const item = itemFields(version, di, Buffer.concat(whole.bytes));
    return item && { ...own, ...item };
  }
}

const isSame = (a: Frame, b: Frame): boolean =>
  a.address === b.address && a.control === b.control && Buffer.from(a.data).equals(b.data);

/** Why a reply cannot be the answer to the request before it. */
function mismatchOf(
  version: Version,
  service: Service | undefined,
  request: Frame,
  reply: Frame,
): Reject | undefined {
  if (!isAddressedBy(request.address, reply.address)) return 'addressMismatch';
  if ((request.control & SERVICE_MASK) !== (reply.control & SERVICE_MASK)) return 'controlMismatch';
  if ((reply.control & ABNORMAL) !== 0) return undefined;
  if (service !== 'read' && service !== 'read-more') return undefined;
  const size = DI_BYTES[version];
  const isSameItem = request.data.subarray(0, size).every((byte, i) => byte === reply.data[i]);
  if (!isSameItem) return 'diMismatch';
  const number = service === 'read-more' && version === '2007' ? request.data[size] : undefined;
  return number === undefined || number === reply.data.at(-1) ? undefined : 'seqMismatch';
}
