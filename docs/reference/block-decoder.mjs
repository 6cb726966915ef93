/**
 * Reads a block of version 2 of a headgate journal: a reference for a reader in another language, written from the
 * section "Block data" of gateway/journal/FORMAT.md. Short rather than fast; needs Node 22.15 and nothing else.
 */
import { crc32, zstdDecompressSync } from 'node:zlib';

const KINDS = ['none', 'number', 'boolean', 'bigint', 'string', 'decimal'];
const BASES = ['gateway', 'source', 'unsynced', 'corrected'];
const GOOD = ['good', 'good:local-override', ...['last-usable', 'range', 'suspect'].map((why) => `uncertain:${why}`)];
const BAD = ['waiting', 'comm', 'device', 'config', 'out-of-service', 'no-value'].map((why) => `bad:${why}`);
const QUALITIES = [...GOOD, ...BAD];
const fail = (what) => {
  throw new Error(`malformed block: ${what}`);
};
const list = (count, of) => Array.from({ length: count }, (_, at) => of(at));
const signed = (zigzag) => (zigzag % 2n === 0n ? zigzag / 2n : ~(zigzag / 2n));
const hex = (text) => (text.startsWith('-') ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`));
const view = new DataView(new ArrayBuffer(8));
const float32 = (bits) => (view.setUint32(0, Number(bits)), view.getFloat32(0));
const float64 = (bits) => (view.setBigUint64(0, bits), view.getFloat64(0));
const bits32 = (value) => (view.setFloat32(0, value), BigInt(view.getUint32(0)));
const bits64 = (value) => (view.setFloat64(0, value), view.getBigUint64(0));

/** Functions that each read the next part of `bytes`. */
function reader(bytes) {
  let at = 0;
  const take = (count) => (at + count <= bytes.length ? bytes.subarray(at, (at += count)) : fail('ends too early'));
  const byte = () => take(1)[0];
  const varint = (next = byte()) => (next < 128 ? next : next - 128 + 128 * varint());
  /** As bigints. */
  const planes = (count, width) => {
    const columns = list(width, () => take(count)).reverse();
    return list(count, (row) => columns.reduce((value, column) => value * 256n + BigInt(column[row]), 0n));
  };
  /** An integer column. */
  const integers = (count) => {
    const form = count > 0 ? byte() : 128;
    const [way, width] = [Math.floor(form / 64), form % 64];
    let [left, run, used] = [0, 0, 0];
    const bit = () => (bytes[at + Math.floor(used / 8)] >> (used++ % 8)) & 1;
    const next = () => {
      if (way === 0 && left-- === 0) [left, run] = [varint() - 1, varint()];
      if (way === 0) return run;
      let high = 0;
      while (way === 3 && bit() === 1) high++;
      return list(width, bit).reduce((value, one, place) => value + one * 2 ** place, high * 2 ** width);
    };
    const zigzags = way === 1 ? planes(count, width) : list(count, next);
    take(Math.ceil(used / 8));
    return left === 0 ? zigzags.map((zigzag) => Number(signed(BigInt(zigzag)))) : fail('run');
  };
  return { take, byte, varint, planes, integers, isRead: () => at === bytes.length };
}

/**
 * Gives {checksum, rows}, rows of {tag, time, value, quality, basis}. `sealed` are the columns of its row that the checksum
 * goes on over, in their order; `key` is what it gave for the block's key.
 */
export function decode(block, sealed, key) {
  const end = block.length - 4;
  const checksum = Buffer.from(block).readUInt32LE(end);
  if (crc32(sealed.join(), crc32(block.subarray(0, end))) !== checksum) fail('checksum');
  const [version, flags] = block;
  if (version !== 2 || flags > 3) fail('version or flags');
  if (flags >= 2 && Buffer.from(block).readUInt32LE(2) !== key?.checksum) fail('needs another key');
  const stored = block.subarray(flags >= 2 ? 6 : 2, end);
  const body = reader(flags % 2 === 1 ? zstdDecompressSync(stored, { maxOutputLength: 2 ** 28 }) : stored);
  const rows = readRows(body, flags >= 2 ? key.rows : []);
  readValues(body, rows);
  return body.isRead() ? { checksum, rows } : fail('bytes too many');
}

/** All but the values. `valued`: the tag's last row with a value; `before`: the one that the value is coded against. */
function readRows(body, key) {
  const [count, form] = [body.varint(), body.byte()];
  if (count > 1_000_000 || form > 5 || (form % 4 > 0 && key.length !== count)) fail('rows');
  const [hasTags, hasTimes] = [form % 2 === 1, form % 4 >= 2];
  let [tag, time] = [0, hasTimes ? 0 : (key[0]?.time ?? 0)];
  const tags = hasTags ? key.map((row) => row.tag) : body.integers(count).map((step) => (tag += step));
  const timeOf = (step, at) => (time += step) + (hasTimes ? key[at].time : 0);
  const times = form >= 4 ? body.planes(count, 8).map(float64) : body.integers(count).map(timeOf);
  const newest = new Map(key.map((row) => [row.tag, row]));
  return body.integers(count).map((entry, at) => {
    const last = newest.get(tags[at]);
    const facts = entry === 0 ? (last?.facts ?? 1) : entry - 1;
    const [kind, basis] = [KINDS[facts % 8], BASES[Math.floor(facts / 8) % 8]];
    const row = { tag: tags[at], time: times[at], quality: QUALITIES[Math.floor(facts / 64)], basis, kind, facts };
    if (!(row.tag >= 0 && row.tag < 2 ** 32 && row.quality && basis && kind)) fail('tag or facts');
    row.before = last?.valued?.kind === kind ? last.valued : undefined;
    row.valued = kind === 'none' ? last?.valued : row;
    newest.set(row.tag, row);
    return row;
  });
}

function readValues(body, rows) {
  const put = (field, wanted) => {
    const some = rows.filter(wanted);
    body.integers(some.length).forEach((entry, at) => (some[at][field] = entry));
    return some;
  };
  put('step', (row) => row.kind === 'boolean');
  const numbers = put('class', (row) => row.kind === 'number');
  for (const row of numbers) row.class = row.class === 0 ? row.before?.class : row.class - 1;
  if (numbers.some((row) => !(row.class >= 0 && row.class < 18))) fail('class');
  put('step', (row) => row.class < 16);
  for (const width of [4, 8]) {
    const floats = numbers.filter((row) => row.class === (width === 4 ? 16 : 17));
    const isStep = floats.length > 0 && body.byte() === 1;
    const stored = body.planes(floats.length, width);
    floats.forEach((row, at) => Object.assign(row, { isStep, step: isStep ? signed(stored[at]) : stored[at] }));
  }
  const isOther = ({ kind }) => ['bigint', 'string', 'decimal'].includes(kind);
  const texts = list(rows.some(isOther) ? body.varint() : 0, () => {
    const head = body.varint();
    return Buffer.from(body.take(Math.floor(head / 2))).toString(head % 2 === 1 ? 'utf16le' : 'utf8');
  });
  put('place', isOther);
  put('decimals', (row) => row.kind === 'decimal');
  put('step', (row) => row.place === 0 && row.kind !== 'string');
  if (rows.some(({ place }) => place < 0 || place > texts.length)) fail('place');
  for (const row of rows) row.value = valueOf(row, row.before?.value, texts[row.place - 1]);
}

function valueOf(row, before, text) {
  const { kind, step, isStep } = row;
  if (kind === 'none') return null;
  if (kind === 'boolean') return (before ?? false) !== (step === 1);
  if (kind === 'string') return text ?? before ?? fail('string');
  if (kind !== 'number') {
    const unscaled = text === undefined ? (before?.unscaled ?? before ?? 0n) + BigInt(step) : hex(text);
    return kind === 'bigint' ? unscaled : { unscaled, decimals: (before?.decimals ?? 0) + row.decimals };
  }
  const from = isStep && !Number.isNaN(before) ? (before ?? 0) : 0;
  if (row.class === 16) return float32(BigInt.asUintN(32, bits32(from) + step));
  if (row.class === 17) return float64(BigInt.asUintN(64, bits64(from) + step));
  const scale = 10 ** (row.class % 8);
  const nearest = Math.round((before ?? 0) * scale);
  const quotient = (step + (Math.abs(nearest) <= 2 ** 48 ? nearest : 0)) / scale;
  return row.class < 8 ? quotient : Math.fround(quotient);
}
