/** `headgate decode modbus-rtu`, `modbus-tcp` and `modbus-ascii`. Pure. */
import type { ExplainedPart, Explainer, Explanation } from '../explanation.ts';
import { asciiFrames } from './ascii-frames.ts';
import { commonFields, type Fields, replyFields, requestFields } from './explain-fields.ts';
import { bodyParts } from './explain-parts.ts';
import type { Found, FoundFrame } from './found-frame.ts';
import { isCopied, isReply, isRequest, isVendors, mismatch } from './frame-shape.ts';
import { packetFrames } from './packet-frames.ts';
import { rtuFrames } from './rtu-frames.ts';

/** Frames of a serial wire with a CRC. */
export const modbusRtuExplainer: Explainer = explainer('modbus-rtu', rtuFrames);
/** Packets with an MBAP header. */
export const modbusTcpExplainer: Explainer = explainer('modbus-tcp', packetFrames);
/** Lines of hexadecimal digits with an LRC. */
export const modbusAsciiExplainer: Explainer = explainer('modbus-ascii', asciiFrames);

type Words = Extract<Explanation, { ok: false }>['words'];

const REJECTS = {
  noFrame: { en: 'there is no frame in these bytes', zh: '这些字节中没有帧' },
  incomplete: { en: 'the frame ends too early', zh: '帧不完整' },
  crc: {
    en: 'the CRC is wrong: noise, or two devices at once; a device says nothing to such a request',
    zh: 'CRC 错误：干扰或两台设备同时应答；设备收到这样的请求不会应答',
  },
  lrc: { en: 'the LRC is wrong', zh: 'LRC 校验错误' },
  digits: { en: 'there are characters that are no hexadecimal digits', zh: '含有非十六进制字符' },
  header: {
    en: 'this is no MBAP header: its protocol is not 0, or its length cannot be',
    zh: 'MBAP 报头无效：协议标识不为 0 或长度不合理',
  },
  transaction: {
    en: 'the answer has another transaction than the request: a late answer to an earlier one',
    zh: '应答的事务标识与请求不符：可能是前一请求的迟到应答',
  },
  unit: { en: 'the answer is from another unit than was asked', zh: '应答来自另一站号' },
  function: { en: 'the answer is to another function', zh: '应答的功能码与请求不符' },
  length: {
    en: 'the answer has more or fewer data than were asked for: a late answer to an earlier request',
    zh: '应答数据长度与请求不符：可能是前一请求的迟到应答',
  },
  content: {
    en: 'the answer does not repeat what was written',
    zh: '应答没有重复所写的内容',
  },
  shape: {
    en: 'the checksum is right, but the data have another length than the function wants',
    zh: '校验正确，但数据长度与功能码不符',
  },
} as const satisfies Record<string, Words>;
export type Reject = keyof typeof REJECTS;

function explainer(protocol: string, framesIn: (bytes: Uint8Array) => Found): Explainer {
  return {
    protocol,
    explain(bytes) {
      const { frames, defect } = framesIn(bytes);
      const talk = new Conversation();
      const parts = frames.flatMap((frame) => talk.hear(frame));
      const reject = defect ?? talk.reject;
      return reject === undefined
        ? { ok: true, fields: talk.fields, parts }
        : { ok: false, reject, words: REJECTS[reject], parts };
    },
  };
}

/** Who says what: each frame is a request, the answer to the one before, or its echo. */
class Conversation {
  fields: Fields = {};
  reject: Reject | undefined;
  #request: FoundFrame | undefined;
  #isAnswered = false;

  /** What the parts of the frame are. */
  hear(frame: FoundFrame): readonly ExplainedPart[] {
    const role = this.#roleOf(frame);
    const { body, transaction } = frame;
    const common = { ...commonFields(body), ...(transaction !== undefined && { transaction }) };
    switch (role) {
      case 'echo':
        this.fields = { ...this.fields, isEcho: true };
        break;
      case 'reply':
        this.fields = { ...this.fields, ...common, ...replyFields(body, this.#request?.body) };
        this.#isAnswered = true;
        break;
      case 'request':
        this.fields = { ...common, ...requestFields(body) };
        this.#request = frame;
        this.#isAnswered = false;
        break;
      default:
        this.reject = role;
    }
    return partsOf(frame, { isReply: role === 'reply' });
  }

  #roleOf({ body, transaction }: FoundFrame): 'request' | 'reply' | 'echo' | Reject {
    const request = this.#request;
    const isRepeated = request !== undefined && Buffer.from(body).equals(request.body);
    if (!request || this.#isAnswered) {
      if (isRepeated && isCopied(body)) return 'echo';
      return isRequest(body) ? 'request' : roleOfReply(body);
    }
    const wrong =
      transaction === request.transaction ? mismatch(request.body, body) : 'transaction';
    if (!wrong) return roleOfReply(body);
    if (isRepeated) return 'echo';
    return isRequest(body) ? 'request' : wrong;
  }
}

const roleOfReply = (body: Uint8Array): 'reply' | 'request' | 'shape' => {
  if (isReply(body)) return 'reply';
  return isVendors(body) ? 'request' : 'shape';
};

const partsOf = (
  { body, place, around }: FoundFrame,
  role: { readonly isReply: boolean },
): readonly ExplainedPart[] =>
  [
    ...around,
    ...bodyParts(body, role).map(({ from, length, label }) => ({ ...place(from, length), label })),
  ].toSorted((a, b) => a.at - b.at);
