/** What `headgate decode hj212` says. Shares the reader with the uplink. Pure; never throws. */
import type { ExplainedPart, Explainer, Explanation, Plain } from '../../../drivers/explanation.ts';
import {
  HEAD_LENGTH,
  isAckWanted,
  isSplit,
  type Packet,
  TAIL_LENGTH,
  versionOf,
} from '../../forward/hj212/packet.ts';
import { type Damage, nextHead, type Read, readAt } from '../../forward/hj212/packet-reader.ts';
import type { ErrorText } from '../../model/errors.ts';

type Words = ErrorText['message'];

export const hj212Explainer: Explainer = { protocol: 'hj212', explain };

/** Longer ones than 2017 allows are explained all the same. */
const LONGEST_EXPLAINED = 9_999;

function explain(bytes: Uint8Array): Explanation {
  const reads: Read[] = [];
  let isCut = false;
  for (let at = nextHead(bytes, 0); at < bytes.length; ) {
    const read = readAt(bytes, at, LONGEST_EXPLAINED);
    if (read === undefined) isCut = true;
    else reads.push(read);
    at = nextHead(bytes, at + (read?.length ?? 2));
  }
  const parts = reads.flatMap((read) => partsOf(bytes, read));
  const last = reads.at(-1);
  if (isCut && last?.kind !== 'packet')
    return { ok: false, reject: 'incomplete', words: INCOMPLETE, parts };
  if (last === undefined) return { ok: false, reject: 'noFrame', words: NO_FRAME, parts };
  if (last.kind === 'packet') return { ok: true, fields: fieldsOf(last.packet), parts };
  return { ok: false, reject: last.why, words: damageWords(bytes, last), parts };
}

const NO_FRAME: Words = {
  en: 'there is no ## at the beginning of a packet',
  zh: '没有找到以 ## 开头的数据包',
};
const INCOMPLETE: Words = {
  en: 'the packet is shorter than its length says',
  zh: '数据包比其长度字段所示的短',
};
const DAMAGES: Readonly<Record<Exclude<Damage, 'crc'>, Words>> = {
  length: {
    en: 'behind ## four digits say the length of the data segment',
    zh: '## 之后应为 4 位十进制的数据段长度',
  },
  tail: {
    en: 'where the length says that the packet ends, there are not four digits of CRC and CR LF: the length is wrong, or the packet was copied with a mistake',
    zh: '按长度计算的包尾处不是 4 位 CRC 和回车换行：长度有误，或抄录有误',
  },
  form: {
    en: 'the data segment has no CN, or no CP=&&…&&',
    zh: '数据段中没有 CN 或没有 CP=&&…&&',
  },
};

function damageWords(bytes: Uint8Array, read: Extract<Read, { readonly kind: 'damaged' }>): Words {
  if (read.why !== 'crc') return DAMAGES[read.why];
  const is = textOf(bytes, read.at + read.length - TAIL_LENGTH, 4);
  const should = (read.crc ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return {
    en: `the CRC is ${is} and should be ${should}: the packet was damaged, or whoever made it has another CRC (that of Modbus is none)`,
    zh: `CRC 为 ${is}，应为 ${should}：数据包受损，或生成方使用了其他 CRC 算法（Modbus 的 CRC 不适用）`,
  };
}

const textOf = (bytes: Uint8Array, at: number, length: number): string =>
  Buffer.from(bytes.subarray(at, at + length)).toString('latin1');

/** The fields that `expect` has in the protocol's vectors, and more of the same kind. */
function fieldsOf(packet: Packet): Readonly<Record<string, Plain>> {
  const { cn, qn, st, pw, mn, flag, pnum, pno, cp } = packet;
  const factors: Record<string, Plain> = {};
  const flags: Record<string, Plain> = {};
  const others: Record<string, Plain> = {};
  for (const [key, value] of cp.flat()) {
    const [, code = '', suffix] = /^([A-Za-z0-9]+)-(\w+)$/.exec(key) ?? [];
    if (suffix === 'Flag') flags[code] = value;
    else if (suffix === 'Rtd' || suffix === 'Avg') factors[code] = numberIn(value);
    else if (suffix === undefined)
      others[`${key.charAt(0).toLowerCase()}${key.slice(1)}`] = plainIn(key, value);
  }
  const bare = Object.keys(factors).filter((code) => !(code in flags));
  const present = {
    ...{ qn, st, cn, pw, mn, flag, pnum, pno },
    ...(flag !== undefined && {
      version: versionOf(flag),
      ack: isAckWanted(packet),
      split: isSplit(packet),
    }),
    ...others,
    ...(Object.keys(factors).length > 0 && { factors }),
    ...(Object.keys(flags).length > 0 && { flags }),
    ...(bare.length > 0 && { note: `${bare.join(', ')} has no Flag` }),
  };
  const known = Object.entries(present).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as Record<string, Plain>;
}

const numberIn = (text: string): Plain =>
  text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
/** Times and ids are text: a number would lose their digits. */
const plainIn = (key: string, value: string): Plain =>
  /Rtn$|Interval$|^OverTime$|^ReCount$/.test(key) ? numberIn(value) : value;

const LABELS: Readonly<Record<string, Words>> = {
  QN: { en: 'request id, a time', zh: '请求编码（时间）' },
  ST: { en: 'system', zh: '系统编码' },
  CN: { en: 'command', zh: '命令编码' },
  PW: { en: 'password', zh: '访问密码' },
  MN: { en: 'data logger', zh: '设备唯一标识' },
  Flag: { en: 'version, split, answer wanted', zh: '版本、拆分、应答标志' },
  PNUM: { en: 'packets in all', zh: '总包数' },
  PNO: { en: 'number of this packet', zh: '包号' },
  CP: { en: 'parameters', zh: '指令参数' },
};

function partsOf(bytes: Uint8Array, { at, length, kind }: Read): readonly ExplainedPart[] {
  if (length <= 2) return [{ at, length, label: { en: 'no packet', zh: '不是数据包' } }];
  const part = (from: number, size: number, en: string, zh: string): ExplainedPart => ({
    ...{ at: from, length: size },
    label: { en, zh },
  });
  const end = at + length - TAIL_LENGTH;
  const parts = [
    part(at, 2, 'start of the packet', '包头'),
    part(
      at + 2,
      4,
      `${textOf(bytes, at + 2, 4)} bytes of data`,
      `数据段长度 ${textOf(bytes, at + 2, 4)}`,
    ),
  ];
  let from = at + HEAD_LENGTH;
  for (const piece of textOf(bytes, from, end - from).split(/(?<=;)/)) {
    const key = piece.split('=')[0] ?? '';
    const words = LABELS[key];
    const shown = piece.replace(/;$/, '');
    parts.push(
      part(
        from,
        piece.length,
        words ? `${words.en}: ${shown}` : shown,
        words ? `${words.zh}：${shown}` : shown,
      ),
    );
    from += piece.length;
  }
  const isRight = kind === 'packet';
  return [
    ...parts,
    part(end, 4, isRight ? 'CRC, right' : 'CRC', isRight ? 'CRC，正确' : 'CRC'),
    part(end + 4, 2, 'end of the packet', '包尾'),
  ];
}
