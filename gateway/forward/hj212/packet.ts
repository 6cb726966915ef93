/**
 * One packet of HJ 212-2017 as bytes and as fields: `##`, four digits of length, the data segment, its CRC, CR LF. Pure.
 * Reads what HJ/T 212-2005 writes, too: there QN and Flag may be missing in uploads.
 */

/** Sub-items that stand together between two semicolons, `w01018-Rtd=35.2,w01018-Flag=N`. */
export type Item = readonly (readonly [key: string, value: string])[];

export interface Packet {
  readonly qn?: string | undefined;
  readonly st?: string | undefined;
  readonly cn: string;
  readonly pw?: string | undefined;
  readonly mn?: string | undefined;
  readonly flag?: number | undefined;
  /** Of a split packet. */
  readonly pnum?: number | undefined;
  readonly pno?: number | undefined;
  readonly cp: readonly Item[];
}

/** The most bytes of a data segment, and of what stands in CP (HJ 212-2017). */
export const LONGEST_SEGMENT = 1_024;
export const LONGEST_CP = 950;
export const HEAD_LENGTH = 6;
export const TAIL_LENGTH = 6;

/** Bits of Flag: an answer is wanted; one of several packets. Above them stands the version, 1 of 2017. */
export const ACK_BIT = 1;
const SPLIT_BIT = 2;
const VERSION_2017 = 1 << 2;

export const flagOf = (isAnswered: boolean, isSplit = false): number =>
  VERSION_2017 | (isSplit ? SPLIT_BIT : 0) | (isAnswered ? ACK_BIT : 0);
export const versionOf = (flag: number): number => flag >> 2;
export const isAckWanted = ({ flag = 0 }: Packet): boolean => (flag & ACK_BIT) !== 0;
export const isSplit = ({ flag = 0 }: Packet): boolean => (flag & SPLIT_BIT) !== 0;

/** The first value of this key in CP. */
export const parameter = ({ cp }: Pick<Packet, 'cp'>, name: string): string | undefined =>
  cp.flat().find(([key]) => key === name)?.[1];

/**
 * Of the data segment. Not CRC-16/MODBUS, although polynomial and start are its: before each byte the low half of the
 * register is thrown away.
 */
export function crcOf(segment: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of segment) {
    crc = (crc >> 8) ^ byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}

/** The data segment. Everything that is written is ASCII: names are codes, values are digits. */
export function segmentText({ qn, st, cn, pw, mn, flag, pnum, pno, cp }: Packet): string {
  const fields = { QN: qn, ST: st, CN: cn, PW: pw, MN: mn, Flag: flag, PNUM: pnum, PNO: pno };
  const head = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${value};`);
  return `${head.join('')}CP=&&${cpText(cp)}&&`;
}

export const itemText = (item: Item): string =>
  item.map(([key, value]) => `${key}=${value}`).join(',');
export const cpText = (cp: readonly Item[]): string => cp.map(itemText).join(';');

export function packetBytes(packet: Packet): Buffer {
  const segment = Buffer.from(segmentText(packet), 'latin1');
  if (segment.length > LONGEST_SEGMENT) throw new RangeError(`${segment.length} bytes of data`);
  const crc = crcOf(segment).toString(16).toUpperCase().padStart(4, '0');
  const head = `##${String(segment.length).padStart(4, '0')}`;
  return Buffer.concat([Buffer.from(head), segment, Buffer.from(`${crc}\r\n`)]);
}

const GBK = new TextDecoder('gbk');
const LONGEST_NAME = 64;

/** What a data segment says; undefined where it is none. Text that is no ASCII is GBK. */
export function segmentPacket(segment: Uint8Array): Packet | undefined {
  const text = GBK.decode(segment);
  const match = /^([^&]*)CP=&&([^&]*)&&;?$/.exec(text);
  if (!match) return undefined;
  const [, head = '', inside = ''] = match;
  const fields = new Map(pairs(head, ';'));
  const cn = fields.get('CN');
  if (cn === undefined || !/^\d{4}$/.test(cn)) return undefined;
  const number = (key: string, digits: number) => {
    const written = fields.get(key);
    return written !== undefined && /^\d+$/.test(written) && written.length <= digits
      ? Number(written)
      : undefined;
  };
  return {
    cn,
    ...{ qn: fields.get('QN'), st: fields.get('ST'), pw: fields.get('PW'), mn: fields.get('MN') },
    ...{ flag: number('Flag', 3), pnum: number('PNUM', 4), pno: number('PNO', 4) },
    cp: inside
      .split(';')
      .map((item) => pairs(item, ','))
      .filter((item) => item.length > 0),
  };
}

/** `key=value` pieces; what has no key is passed over. */
const pairs = (text: string, separator: string): (readonly [string, string])[] =>
  text.split(separator).flatMap((piece) => {
    const at = piece.indexOf('=');
    if (at < 1 || at > LONGEST_NAME) return [];
    return [[piece.slice(0, at).trim(), piece.slice(at + 1).trim()] as const];
  });

/**
 * The packets that carry these items: one where all fit, else several with PNUM and PNO, and the first item, which is
 * DataTime, in each. An item that fits nowhere is left out; its name comes back in `tooLong`.
 */
export function splitPackets(whole: Omit<Packet, 'flag' | 'pnum' | 'pno'>, isAnswered: boolean) {
  const [first = [], ...items] = whole.cp;
  const head = segmentText({
    ...whole,
    flag: flagOf(isAnswered, true),
    pnum: 9_999,
    pno: 9_999,
    cp: [],
  });
  const room = Math.min(LONGEST_CP, LONGEST_SEGMENT - head.length) - itemText(first).length;
  const lists: Item[][] = [[]];
  const tooLong: string[] = [];
  let used = 0;
  for (const item of items) {
    const length = itemText(item).length + 1;
    if (length > room) {
      tooLong.push(item[0]?.[0] ?? '');
      continue;
    }
    if (used + length > room) {
      lists.push([]);
      used = 0;
    }
    lists.at(-1)?.push(item);
    used += length;
  }
  const flag = flagOf(isAnswered, lists.length > 1);
  const packets = lists.map((list, index): Packet => {
    const part = lists.length > 1 ? { pnum: lists.length, pno: index + 1 } : {};
    return { ...whole, flag, ...part, cp: first.length > 0 ? [first, ...list] : list };
  });
  return { packets, tooLong };
}
