/** What the data of one frame say, as fields for programs. Pure. */
import { plainValue } from '../../gateway/model/sample.ts';
import { integerScaler } from '../codec/scale.ts';
import type { Plain } from '../explanation.ts';
import { identify } from './catalogue.ts';
import { DI_BYTES, errorBits, RELAY_ACTIONS, rateOf, type Service } from './control.ts';
import { divide, type Piece } from './division.ts';
import { ABNORMAL, addressText, BROADCAST, FROM_METER, type Frame } from './frame.ts';
import type { Version } from './identifier.ts';
import { hexText, readElement, timeText } from './value.ts';

export type Fields = Record<string, Plain>;

/** Level, password, operator: PA P0 P1 P2 C0 C1 C2 C3. */
const CREDENTIAL_BYTES = 8;
const EVERY = 0x99;

const lowFirst = (bytes: Uint8Array): string => hexText(Uint8Array.from(bytes).reverse());

/** The fields of a frame by itself; `service` is undefined where the version has no such code. */
export function frameFields(version: Version, service: Service | undefined, frame: Frame): Fields {
  const { address, control, data } = frame;
  const common: Fields = {
    version,
    address,
    control: hexText(Uint8Array.of(control)),
    dataLength: data.length,
    data: hexText(data),
    ...(service && { service }),
  };
  if ((control & ABNORMAL) !== 0) return { ...common, ...errorFields(data) };
  if ((control & FROM_METER) !== 0) return { ...common, ...replyFields(service, data) };
  const isUnanswered = address === BROADCAST || service === 'set-clock';
  return {
    ...common,
    ...requestFields(version, service, data),
    ...(isUnanswered && { reply: null }),
  };
}

const errorFields = (data: Uint8Array): Fields => ({
  error: hexText(data.subarray(0, 1)),
  errorBits: errorBits(data[0] ?? 0),
});

function requestFields(version: Version, service: Service | undefined, data: Uint8Array): Fields {
  const size = DI_BYTES[version];
  const di = lowFirst(data.subarray(0, size));
  const rest = data.subarray(size);
  switch (service) {
    case 'read':
      return { di, ...recordWanted(rest) };
    case 'read-more':
      return { di, ...(rest[0] !== undefined && { seq: rest[0] }) };
    case 'write':
      return writeFields(version, di, rest);
    case 'write-address':
      return { dataAddress: addressText(data) };
    case 'set-clock':
      return { time: timeText('second', data) ?? null };
    case 'freeze':
      return { freeze: freezeText(data) };
    case 'change-rate':
      return rateFields(data);
    case 'change-password':
      return { di, old: hexText(rest.subarray(0, 4)), new: hexText(rest.subarray(4)) };
    case 'reset-demand':
    case 'clear-meter':
      return credentials(data);
    case 'clear-events':
      return { ...credentials(data), di: lowFirst(data.subarray(CREDENTIAL_BYTES)) };
    case 'relay':
      return relayFields(data);
    case 'output-terminal':
      return { output: hexText(data) };
    default:
      return {};
  }
}

function replyFields(service: Service | undefined, data: Uint8Array): Fields {
  if (service === 'read-address') return { dataAddress: addressText(data) };
  return service === 'change-rate' ? rateFields(data) : {};
}

/** A load record at a time: how many blocks, then mm hh DD MM YY (§3.4 of the annex). */
const recordWanted = (rest: Uint8Array): Fields =>
  rest.length === 6
    ? { blocks: rest[0] ?? 0, from: timeText('minute', rest.subarray(1)) ?? null }
    : {};

function writeFields(version: Version, di: string, rest: Uint8Array): Fields {
  if (version === '1997') return { di, rest: hexText(rest) };
  const value = rest.subarray(CREDENTIAL_BYTES);
  return { di, ...credentials(rest), ...(itemFields(version, di, value) ?? {}) };
}

const credentials = (data: Uint8Array): Fields => ({
  level: hexText(data.subarray(0, 1)),
  password: lowFirst(data.subarray(1, 4)),
  operator: lowFirst(data.subarray(4, CREDENTIAL_BYTES)),
});

const rateFields = (data: Uint8Array): Fields => ({
  z: hexText(data.subarray(0, 1)),
  baud: rateOf(data[0] ?? 0) ?? null,
});

function relayFields(data: Uint8Array): Fields {
  const own = data.subarray(CREDENTIAL_BYTES);
  const action = [...RELAY_ACTIONS].find(([, code]) => code === own[0])?.[0] ?? null;
  const until = timeText('second', own.subarray(2));
  return { ...credentials(data), action, ...(until !== undefined && { validUntil: until }) };
}

/** As a tag's value says it; null for what is none of these. */
function freezeText(data: Uint8Array): string | null {
  const [minute, hour, day, month] = [...data].map((byte) =>
    byte === EVERY ? undefined : hexText(Uint8Array.of(byte)),
  );
  if (data.length !== 4 || month !== undefined) return null;
  if (minute === undefined) return hour === undefined && day === undefined ? 'now' : null;
  if (hour === undefined) return day === undefined ? `hourly ${minute}` : null;
  return day === undefined ? `daily ${hour}:${minute}` : `monthly ${day} ${hour}:${minute}`;
}

/**
 * What an item's whole data mean; undefined when they are too long or too short for it. An identifier that is in
 * no table says nothing.
 */
export function itemFields(version: Version, di: string, data: Uint8Array): Fields | undefined {
  const known = identify(version, di);
  if (known === undefined) return {};
  const division = divide(version, known.layout, data);
  if (division === undefined) return undefined;
  const { pieces, time } = division;
  const isList = known.layout.repeats || known.layout.loadClass !== undefined;
  return {
    ...numberFields(pieces, isList),
    ...timeFields(pieces, isList),
    ...otherFields(pieces, isList),
    ...(time && { time: timeText('minute', time) ?? null }),
  };
}

const plainOf = ({ element, bytes }: Piece): Plain => {
  const decimals = element.kind === 'number' ? element.decimals : 0;
  const scale = integerScaler({
    scale: { unscaled: 1n, decimals },
    offset: { unscaled: 0n, decimals: 0 },
    decimals: undefined,
  });
  return plainValue(readElement(element, bytes, scale));
};

type Pieces = readonly (Piece | undefined)[];

function numberFields(pieces: Pieces, isList: boolean): Fields {
  const numbers = pieces.flatMap((piece) => (piece?.element.kind === 'number' ? [piece] : []));
  const units = numbers.map(({ element }) => (element.kind === 'number' ? element.unit : ''));
  const [first, ...others] = numbers;
  if (first === undefined) return {};
  const [unit = ''] = units;
  const unitField = units.every((one) => one === unit) ? { unit } : { units };
  return isList || others.length > 0
    ? { values: numbers.map(plainOf), ...unitField }
    : { value: plainOf(first), unit };
}

function timeFields(pieces: Pieces, isList: boolean): Fields {
  const times = pieces.flatMap((piece) => (piece?.element.kind === 'time' ? [piece] : []));
  const [first, ...others] = times;
  if (first === undefined || first.element.kind !== 'time') return {};
  if (isList || others.length > 0) return { times: times.map(plainOf) };
  const { form } = first.element;
  const weekdayAt = form === 'date' ? 0 : form === 'date-and-clock' ? 3 : undefined;
  return {
    [form === 'date' ? 'date' : 'time']: plainOf(first),
    ...(weekdayAt !== undefined && { weekday: first.bytes[weekdayAt] ?? null }),
  };
}

function otherFields(pieces: Pieces, isList: boolean): Fields {
  const others = pieces.flatMap((piece) =>
    piece && piece.element.kind !== 'number' && piece.element.kind !== 'time' ? [piece] : [],
  );
  const [first] = others;
  if (first === undefined) return {};
  if (isList) return { values: others.map(plainOf) };
  const value = plainOf(first);
  if (first.element.kind !== 'bits' || typeof value !== 'number') return { value };
  const bits = Array.from({ length: first.element.bytes * 8 }, (_, bit) => bit);
  return { value, bits: bits.filter((bit) => (value & (1 << bit)) !== 0) };
}
