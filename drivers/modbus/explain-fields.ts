/** What the bytes of a Modbus request or answer say, for programs. Pure. */
import { plainValue } from '../../gateway/model/sample.ts';
import { interpretations } from '../codec/interpretations.ts';
import type { Plain } from '../explanation.ts';
import { toAscii } from './ascii-text.ts';
import { word } from './frame-shape.ts';
import { EXCEPTION_FLAG } from './guard-port.ts';
import { parseIdentification } from './identification.ts';

export type Fields = Readonly<Record<string, Plain>>;

const READ_DATA_AT = 3;
const WRITE_DATA_AT = 7;
const COIL_ON = 0xff00;

/** Of every frame: who, what, and how it looks in ASCII with its CR LF spelt out. */
export const commonFields = (body: Uint8Array): Fields => ({
  unit: body[0] ?? 0,
  function: (body[1] ?? 0) & ~EXCEPTION_FLAG,
  ascii: toAscii(body).replace('\r\n', '\\r\\n'),
});

/** Of a request, from its unit to its last byte of data. */
export function requestFields(body: Uint8Array): Fields {
  const address = { address: word(body, 2), start: word(body, 2) };
  const quantity = word(body, 4);
  switch (body[1]) {
    case 1:
    case 2:
    case 3:
    case 4:
      return { ...address, quantity };
    case 15:
      return { ...address, quantity, coils: bits(body.subarray(WRITE_DATA_AT), quantity) };
    case 16:
      return { ...address, quantity, ...registerFields(body.subarray(WRITE_DATA_AT)) };
    case 23:
      return {
        ...address,
        quantity,
        writeAddress: word(body, 6),
        writeQuantity: word(body, 8),
        written: words(body.subarray(11)),
      };
    case 24:
      return address;
    case 20:
    case 21:
      return { records: hex(body.subarray(READ_DATA_AT)) };
    case 43:
      return { mei: body[2] ?? 0, access: body[3] ?? 0, object: body[4] ?? 0 };
    default:
      return changeFields(body);
  }
}

/** Of requests whose answer repeats them, of either. */
function changeFields(body: Uint8Array): Fields {
  const address = { address: word(body, 2), start: word(body, 2) };
  const second = word(body, 4);
  switch (body[1]) {
    case 5:
      return { ...address, value: second === COIL_ON };
    case 6:
      return { ...address, value: second };
    case 8:
      return { subfunction: word(body, 2), data: second };
    case 22: {
      const [and, or] = [hexWord(second), hexWord(word(body, 6))];
      return { ...address, and, or, formula: `(cur & ${and}) | (${or} & ~${and})` };
    }
    default:
      return body.length > 2 ? { data: hex(body.subarray(2)) } : {};
  }
}

/** Of an answer; `request` is the request before it, where there is one. */
export function replyFields(body: Uint8Array, request: Uint8Array | undefined): Fields {
  const code = body[1] ?? 0;
  if (code & EXCEPTION_FLAG) return { exception: body[2] ?? 0 };
  const data = body.subarray(READ_DATA_AT);
  switch (code) {
    case 1:
    case 2:
      return { coils: bits(data, request ? word(request, 4) : 8 * data.length) };
    case 3:
    case 4:
    case 23:
      return registerFields(data);
    case 7:
      return { status: body[2] ?? 0 };
    case 11:
      return { status: word(body, 2), count: word(body, 4) };
    case 15:
    case 16:
      return { address: word(body, 2), start: word(body, 2), quantity: word(body, 4) };
    case 17:
      return { serverId: data[0] ?? 0, running: data[1] === 0xff, data: hex(data) };
    case 20:
    case 21:
      return { records: hex(data) };
    case 24:
      return { count: word(body, 4), registers: words(body.subarray(6)) };
    case 43:
      return identificationFields(body);
    default:
      return changeFields(body);
  }
}

function identificationFields(body: Uint8Array): Fields {
  const part = parseIdentification(body);
  if (!part) return { data: hex(body.subarray(2)) };
  const objects = Object.fromEntries([...part.objects].map(([id, text]) => [`${id}`, text]));
  const next = part.next === undefined ? {} : { nextObject: part.next };
  return { mei: body[2] ?? 0, conformity: part.conformity, objects, ...next };
}

/** The registers, and every number that they can be together. */
function registerFields(data: Uint8Array): Fields {
  const readings = interpretations(data).map(({ name, value }) => [name, plainValue(value)]);
  return { registers: words(data), ...Object.fromEntries(readings) };
}

const words = (data: Uint8Array): readonly number[] =>
  Array.from({ length: data.length >> 1 }, (_, i) => word(data, 2 * i));

/** Eight to a byte, the first in the lowest. */
const bits = (data: Uint8Array, quantity: number): readonly boolean[] =>
  Array.from({ length: Math.min(quantity, 8 * data.length) }, (_, i) => {
    return ((data[i >> 3] ?? 0) & (1 << (i & 7))) !== 0;
  });

const hexWord = (value: number): string => value.toString(16).toUpperCase().padStart(4, '0');

const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');
