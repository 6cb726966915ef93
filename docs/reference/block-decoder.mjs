/**
 * Reads one block of a headgate journal and prints its rows: a reference for a reader in another language. Written from
 * the section "Block data" of gateway/journal/FORMAT.md; short rather than fast. Node >= 22.15, nothing else.
 *
 *   node block-decoder.mjs block.bin [key.bin]
 *
 * A row is [tag number, time in ms, value, quality, time basis]; a decimal is {unscaled, decimals}, a bad value null.
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { crc32, zstdDecompressSync } from 'node:zlib';

const KINDS = ['none', 'number', 'boolean', 'bigint', 'string', 'decimal'];
const BASES = ['gateway', 'source', 'unsynced', 'corrected'];
const QUALITIES = [
  ...['good', 'good:local-override', 'uncertain:last-usable', 'uncertain:range', 'uncertain:suspect'],
  ...['bad:waiting', 'bad:comm', 'bad:device', 'bad:config', 'bad:out-of-service', 'bad:no-value'],
];
const ROWS_MAX = 1_000_000;
const BODY_MAX = 256 * 2 ** 20;
const fail = (text) => {
  throw new Error(`malformed block: ${text}`);
};

class Bytes {
  at = 0;
  constructor(bytes) {
    this.bytes = bytes;
  }
  take(count) {
    if (count > this.bytes.length - this.at) fail('ends too early');
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }
  byte = () => this.take(1)[0];
  varint() {
    for (let value = 0, weight = 1, length = 1; length <= 8; length++, weight *= 128) {
      const next = this.byte();
      value += (next & 127) * weight;
      if (next < 128) return value;
    }
    fail('long varint');
  }
  zigzag = () => signed(this.varint());
  run(most) {
    const length = this.varint();
    return length > 0 && length <= most ? length : fail('run');
  }
  /** `count` little-endian unsigned integers of `width` bytes whose bytes stand in planes, as bigints. */
  planes(count, width) {
    const bytes = this.take(count * width);
    return Array.from({ length: count }, (_, row) => {
      let value = 0n;
      for (let plane = width - 1; plane >= 0; plane--) value = value * 256n + BigInt(bytes[plane * count + row]);
      return value;
    });
  }
  /** A function that gives the next so many bits, lowest first; the last byte is used up to its end. */
  bits() {
    let [held, left] = [0, 0];
    return (count) => {
      let value = 0;
      for (let bit = 0; bit < count; bit++, left--, held >>= 1) {
        if (left === 0) [held, left] = [this.byte(), 8];
        value += (held & 1) * 2 ** bit;
      }
      return value;
    };
  }
  text() {
    const head = this.varint();
    return Buffer.from(this.take(Math.floor(head / 2))).toString(head % 2 ? 'utf16le' : 'utf8');
  }
  bigint() {
    const head = this.varint();
    const bytes = Buffer.from(this.take(Math.floor(head / 2))).reverse();
    const value = BigInt(`0x0${bytes.toString('hex')}`);
    return head % 2 ? -value : value;
  }
}

const signed = (zigzag) => (zigzag % 2 ? -(zigzag + 1) / 2 : zigzag / 2);
const times = (count, of) => Array.from({ length: count }, of);

/** An integer column. */
function integers(bytes, count) {
  if (count === 0) return [];
  const form = bytes.byte();
  if (form === 0) return runs(bytes, count, () => bytes.zigzag());
  if (form === 1) return times(count, () => bytes.zigzag());
  if (form > 16 && form <= 23) return bytes.planes(count, form - 16).map((each) => signed(Number(each)));
  const next = bytes.bits();
  if (form >= 32 && form <= 56) return times(count, () => signed(next(form - 32)));
  if (form < 64 || form > 84) fail(`integers of form ${form}`);
  return times(count, () => {
    let high = 0;
    while (next(1) === 1) high++;
    return signed(high * 2 ** (form - 64) + next(form - 64));
  });
}

function runs(bytes, count, value) {
  const values = [];
  while (values.length < count) {
    const length = bytes.run(count - values.length);
    const each = value();
    for (let row = 0; row < length; row++) values.push(each);
  }
  return values;
}

const numberOf = (integer, numberClass) =>
  numberClass < 8 ? integer / 10 ** numberClass : Math.fround(integer / 10 ** (numberClass - 8));
const view = new DataView(new ArrayBuffer(8));
const float32 = (bits) => (view.setUint32(0, Number(bits)), view.getFloat32(0));
const float64 = (bits) => (view.setBigUint64(0, bits), view.getFloat64(0));
const bits32 = (value) => (view.setFloat32(0, value), BigInt(view.getUint32(0)));
const bits64 = (value) => (view.setFloat64(0, value), view.getBigUint64(0));

/** @param key what this function gave for the key of the block */
export function decode(block, key) {
  const end = block.length - 4;
  if (end < 3) fail('ends too early');
  const checksum = Buffer.from(block).readUInt32LE(end);
  if (crc32(block.subarray(0, end)) !== checksum) fail('checksum');
  const [version, flags] = block;
  if (version < 1 || version > 2 || flags >= version * 2) fail('version or flags');
  const head = new Bytes(block.subarray(2, end));
  const isDependent = flags >= 2;
  if (isDependent && Buffer.from(head.take(4)).readUInt32LE() !== key?.checksum) fail('needs another key');
  const isPacked = flags % 2 === 1;
  const length = isPacked || version === 1 ? head.varint() : end - 2 - head.at;
  if (length > BODY_MAX) fail('length');
  const packed = head.take(end - 2 - head.at);
  const body = isPacked ? zstdDecompressSync(packed, { maxOutputLength: length }) : packed;
  if (body.length !== length) fail('length');
  const bytes = new Bytes(body);
  const count = bytes.varint();
  if (count > ROWS_MAX) fail('rows');
  const rows = version === 1 ? version1(bytes, count) : version2(bytes, count, isDependent ? key.rows : undefined);
  if (bytes.at < length) fail('bytes too many');
  return { checksum, rows };
}

/** Rows are {tag, time, kind, basis, quality, value, class}; `class` of numbers only. */
function version2(bytes, count, key) {
  const tagForm = bytes.byte();
  if (tagForm > 1 || (tagForm === 1 && key?.length !== count)) fail('tags');
  let tag = 0;
  const tags = tagForm === 1 ? key.map((row) => row.tag) : integers(bytes, count).map((step) => (tag += step));
  if (tags.some((each) => each < 0 || each > 0xffffffff)) fail('tag');
  const timeForm = bytes.byte();
  if (timeForm > 2 || (timeForm === 1 && key?.length !== count)) fail('times');
  const isWhole = (time) => Number.isInteger(time) && Math.abs(time) < 2 ** 50 && !Object.is(time, -0);
  const base = key?.length > 0 && isWhole(key[0].time) ? key[0].time : 0;
  let time = timeForm === 0 ? base : 0;
  const rowTimes =
    timeForm === 2
      ? bytes.planes(count, 8).map(float64)
      : integers(bytes, count).map((step, row) => ((time += step), timeForm === 1 ? key[row].time + time : time));
  // The tag's row before, and its row before that has a value: in this block, else in the key.
  const [newest, valued] = [new Map(), new Map()];
  const note = (row) => {
    newest.set(row.tag, row);
    if (row.kind !== 'none') valued.set(row.tag, row);
  };
  for (const row of key ?? []) note(row);
  const rows = integers(bytes, count).map((entry, place) => {
    const before = newest.get(tags[place]);
    const facts = entry === 0 ? (before?.facts ?? 1) : entry - 1;
    const [kind, basis, quality] = [KINDS[facts % 8], BASES[Math.floor(facts / 8) % 8], QUALITIES[Math.floor(facts / 64)]];
    if ([kind, basis, quality].includes(undefined)) fail('facts');
    const last = valued.get(tags[place]);
    const row = { tag: tags[place], time: rowTimes[place], facts, kind, basis, quality, value: null };
    row.last = last?.kind === kind ? last : undefined;
    note(row);
    return row;
  });
  const of = (...kinds) => rows.filter((row) => kinds.includes(row.kind));
  readBooleans(bytes, of('boolean'));
  readNumbers(bytes, of('number'));
  readOthers(bytes, of('bigint', 'string', 'decimal'));
  for (const row of rows) delete row.last;
  return rows;
}

function readBooleans(bytes, rows) {
  for (const [place, change] of integers(bytes, rows.length).entries()) {
    if (change !== 0 && change !== 1) fail('boolean');
    rows[place].value = (rows[place].last?.value ?? false) !== (change === 1);
  }
}

function readNumbers(bytes, rows) {
  for (const [place, change] of integers(bytes, rows.length).entries()) {
    const own = change === 0 ? rows[place].last?.class : change - 1;
    rows[place].class = own >= 0 && own <= 17 ? own : fail('class');
  }
  const columns = [rows.filter((row) => row.class < 16), rows.filter((row) => row.class === 16)];
  columns.push(rows.filter((row) => row.class === 17));
  const steps = integers(bytes, columns[0].length);
  const patterns = [4, 8].map((width, column) => {
    const count = columns[column + 1].length;
    const form = count === 0 ? 0 : bytes.byte();
    return form > 1 ? fail('floats') : { form, stored: bytes.planes(count, width) };
  });
  const at = [0, 0, 0];
  for (const row of rows) {
    const last = row.last?.value ?? 0;
    if (row.class < 16) {
      const expected = Math.round(last * 10 ** (row.class % 8));
      const step = steps[at[0]++];
      row.value = numberOf(step + (Math.abs(expected) <= 2 ** 48 ? expected : 0), row.class);
      continue;
    }
    const column = row.class - 16;
    const { form, stored } = patterns[column];
    let bits = stored[at[column + 1]++];
    if (form === 1) {
      const known = Number.isNaN(last) ? 0 : last;
      const difference = bits % 2n === 0n ? bits / 2n : -(bits + 1n) / 2n;
      bits = BigInt.asUintN(32 * (column + 1), (column === 0 ? bits32(known) : bits64(known)) + difference);
    }
    row.value = column === 0 ? float32(bits) : float64(bits);
  }
}

function readOthers(bytes, rows) {
  const texts = rows.filter((row) => row.kind === 'string');
  const count = texts.length > 0 ? bytes.varint() : 0;
  if (count > bytes.bytes.length) fail('strings');
  const dictionary = times(count, () => bytes.text());
  const places = integers(bytes, texts.length);
  const scales = integers(bytes, rows.filter((row) => row.kind === 'decimal').length);
  const differences = integers(bytes, rows.length - texts.length);
  const [place, scale, difference] = [places, scales, differences].map((column) => column.values());
  for (const row of rows) {
    const last = row.last?.value;
    if (row.kind === 'string') {
      const own = place.next().value;
      row.value = (own === 0 ? last : dictionary[own - 1]) ?? fail('string');
      continue;
    }
    const own = difference.next().value;
    const step = own === 1 ? bytes.bigint() : BigInt(own > 1 ? own - 1 : own);
    const expected = (value) => (value !== undefined && BigInt.asIntN(128, value) === value ? value : 0n);
    if (row.kind === 'bigint') row.value = expected(last) + step;
    else {
      const entry = scale.next().value;
      const decimals = (entry === 0 ? last?.decimals : entry < 0 ? entry : entry - 1) ?? fail('decimals');
      row.value = { unscaled: step + (decimals === last?.decimals ? expected(last.unscaled) : 0n), decimals };
    }
  }
}

function version1(bytes, count) {
  const steps = () => {
    let value = 0;
    return runs(bytes, count, () => bytes.zigzag()).map((step) => (value += step));
  };
  const column = (length, limit) => {
    if (length === 0) return [];
    const form = bytes.byte();
    if (form > 1) fail('byte column');
    const values = form === 1 ? [...bytes.take(length)] : runs(bytes, length, () => bytes.byte());
    return values.every((value) => value < limit) ? values : fail('byte column');
  };
  const tags = steps().map((tag) => tag >>> 0);
  const timeForm = bytes.byte();
  if (timeForm > 1) fail('times');
  const rowTimes = timeForm === 0 ? steps() : bytes.planes(count, 8).map(float64);
  const kinds = column(count, KINDS.length).map((kind) => KINDS[kind]);
  const qualities = column(count, QUALITIES.length);
  const bases = column(count, BASES.length);
  const rows = kinds.map((kind, row) => ({ tag: tags[row], time: rowTimes[row], kind, value: null, quality: QUALITIES[qualities[row]], basis: BASES[bases[row]] }));
  const of = (...wanted) => rows.filter((row) => wanted.includes(row.kind));
  for (const [place, value] of column(of('boolean').length, 2).entries()) of('boolean')[place].value = value === 1;
  const numbers = of('number');
  for (const [place, own] of column(numbers.length, 18).entries()) numbers[place].class = own;
  for (const row of numbers) if (row.class < 16) row.value = numberOf(bytes.zigzag(), row.class);
  for (const [own, width, value] of [[16, 4, float32], [17, 8, float64]]) {
    const floats = numbers.filter((row) => row.class === own);
    for (const [place, bits] of bytes.planes(floats.length, width).entries()) floats[place].value = value(bits);
  }
  const strings = bytes.varint();
  if (strings > bytes.bytes.length) fail('strings');
  const dictionary = times(strings, () => bytes.text());
  for (const row of of('bigint', 'string', 'decimal')) {
    if (row.kind === 'string') row.value = dictionary[bytes.varint()] ?? fail('string');
    else if (row.kind === 'bigint') row.value = bytes.bigint();
    else row.value = { decimals: bytes.zigzag(), unscaled: bytes.bigint() };
  }
  return rows;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [block, key] = process.argv.slice(2).map((path) => readFileSync(path));
  const { rows } = decode(block, key && decode(key));
  const plain = (_, value) => (typeof value === 'bigint' ? `${value}` : value);
  for (const { tag, time, value, quality, basis } of rows) console.log(JSON.stringify([tag, time, value, quality, basis], plain));
}
