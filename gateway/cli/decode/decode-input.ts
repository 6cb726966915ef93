/**
 * The bytes in what people paste: dumps of tools, lines of logs, source code. Pure.
 *
 * Bytes may be joined or apart (`010300`, `01 03`, `0x01, 0x03`, `\x01\x03`, `01-03`, `68H`); labels of
 * direction (TX, 发送), arrows and times of day are passed over. Modbus ASCII and HJ 212 are also taken as their own characters.
 */

export type PastedBytes =
  | { readonly bytes: Uint8Array }
  /** What is no byte, as written. */
  | { readonly strange: string };

/** Some thousand frames; beyond it is no question about a frame. */
export const MOST_BYTES = 65_536;

const TIME_OF_DAY = /(?<![\da-f:])\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?![\da-f:])/gi;
const DATE = /20\d{2}[-/]\d{2}[-/]\d{2}[T ]/g;
const BETWEEN = /[\s,;:，；：|"'`()[\]{}<>=→←⇒⇐_.#-]+/;
const LABELS = new Set([
  ...['tx', 'send', 'sent', 'sending', 'request', 'req', 'master'],
  ...['rx', 'recv', 'received', 'receive', 'receiving', 'slave'],
  ...['response', 'resp', 'rsp', 'reply', 'ans', 'answer'],
  ...['发送', '发', '请求', '主站', '接收', '收', '应答', '响应', '回复', '从站', '报文'],
]);
/** Unit, function and LRC are the least. */
const ASCII_FRAME = /:\s*((?:[0-9a-f]{2}){3,})(?![0-9a-f])/gi;
const ASCII_START = /:\s*([0-9a-f]*)/gi;

/** @param protocol as in `headgate decode <protocol>` */
export function pastedBytes(text: string, protocol: string): PastedBytes {
  if (protocol === 'modbus-ascii') {
    const whole = [...text.matchAll(ASCII_FRAME)];
    const frames = whole.length > 0 ? whole : [...text.matchAll(ASCII_START)];
    const characters = frames.map(([, digits = '']) => `:${digits}\r\n`).join('');
    if (characters !== '') return { bytes: new TextEncoder().encode(characters) };
  }
  const packets = protocol === 'hj212' ? text.match(/##\d{4}[^\r\n]*/g) : null;
  if (packets)
    return {
      bytes: Buffer.from(packets.map((one) => `${one.replace(/(\\r|\\n)+$/, '')}\r\n`).join('')),
    };
  return hexBytes(text);
}

function hexBytes(text: string): PastedBytes {
  const bytes: number[] = [];
  const plain = text.replace(DATE, ' ').replace(TIME_OF_DAY, ' ').replace(/\\x/gi, ' ');
  for (const token of plain.replace(/\\[rn]/g, ' ').split(BETWEEN)) {
    if (token === '' || LABELS.has(token.toLowerCase())) continue;
    const digits = /^(?:0x)?([0-9a-f]+)$/i.exec(token)?.[1] ?? /^([0-9a-f]{2})h$/i.exec(token)?.[1];
    if (digits === undefined || (digits.length > 1 && digits.length % 2 === 1))
      return { strange: token };
    for (const pair of digits.match(/../g) ?? [digits]) bytes.push(Number.parseInt(pair, 16));
    if (bytes.length > MOST_BYTES) return { strange: `… (${MOST_BYTES})` };
  }
  return { bytes: Uint8Array.from(bytes) };
}
