/**
 * `codec_frames_per_s`: replies found in a stream of 16-byte pieces and checked, as they are on a wire. Beside
 * it the bare checksum over the same bytes, by the same machine in the same run: what no parser can beat.
 */
import { FrameParser as Cjt188Parser } from '../../drivers/cjt188/frame.ts';
import { crc16 } from '../../drivers/codec/checksums.ts';
import { FrameParser as Dlt645Parser } from '../../drivers/dlt645/frame.ts';
import { streamLine } from '../../drivers/line/stream-line.ts';
import { WirePort } from '../../drivers/modbus/wire-port.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { monoMs } from '../../gateway/model/units.ts';
import { type Bench, median, rounded } from './figure.ts';

const FRAMES = 200_000;
const ROUNDS = 5;
const PIECE_BYTES = 16;
/** What a fast line brings: 11,520 characters a second. No parser may be the narrow place. */
const GOAL_PER_S = 100_000;

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
/** A float of a meter; its request. */
const MODBUS_REQUEST = hex('01 04 00 00 00 02 71 CB');
const MODBUS_REPLY = hex('01 04 04 43 66 33 34 1B 38');
const DLT645_REPLY = hex('FE FE FE FE 68 12 90 78 56 34 12 68 91 08 33 33 34 33 89 67 45 33 54 16');
const CJT188_REPLY = hex(
  'FE FE FE FE 68 10 44 33 22 11 00 33 78 81 16 1F 90 00 00 77 66 55 2C 00 77 66 55 2C 31 01 22 11 05 15 20 21 84 13 16',
);

interface Parser {
  readonly name: string;
  readonly reply: Buffer;
  /** Feeds one reply in pieces; the number of frames found. */
  feed(pieces: readonly Buffer[]): number;
  checksum(reply: Buffer): number;
}

const sum = (bytes: Buffer): number => {
  let total = 0;
  for (let i = 0; i < bytes.length; i++) total += bytes[i] as number;
  return total & 0xff;
};

/** A line that swallows what is written. */
async function deafLine() {
  const stream = { write() {}, drop: async () => {}, close: async () => {} };
  const line = streamLine({
    resource: 'bench',
    settings: undefined,
    clock: systemClock(),
    open: async () => stream,
  });
  await line.connect(new AbortController().signal);
  return line;
}

async function modbusParser(): Promise<Parser> {
  const port = new WirePort(await deafLine());
  let found = 0;
  port.on('data', () => {
    found = 1;
  });
  return {
    name: 'modbus_rtu',
    reply: MODBUS_REPLY,
    feed(pieces) {
      found = 0;
      port.write(MODBUS_REQUEST);
      for (const piece of pieces) port.receive(piece, monoMs(0));
      return found;
    },
    checksum: (reply) => crc16(reply, 0, reply.length - 2),
  };
}

const meterParser = (
  name: string,
  reply: Buffer,
  parser: { push(bytes: Uint8Array): readonly unknown[] },
): Parser => ({
  name,
  reply,
  feed: (pieces) => pieces.reduce((found, piece) => found + parser.push(piece).length, 0),
  checksum: sum,
});

export const codecFrames: Bench = {
  name: 'codec_frames_per_s',
  async run(print, note) {
    note(`codec_frames_per_s: ${ROUNDS} rounds of ${FRAMES} frames for three parsers …`);
    const parsers = [
      await modbusParser(),
      meterParser('dlt645', DLT645_REPLY, new Dlt645Parser()),
      meterParser('cjt188', CJT188_REPLY, new Cjt188Parser()),
    ];
    for (const parser of parsers) print(measure(parser));
  },
};

function measure({ name, reply, feed, checksum }: Parser) {
  const pieces: Buffer[] = [];
  for (let at = 0; at < reply.length; at += PIECE_BYTES)
    pieces.push(reply.subarray(at, at + PIECE_BYTES));
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    let found = 0;
    ours.push(perSecond(() => (found += feed(pieces))));
    if (found !== FRAMES) throw new Error(`${name}: ${found} of ${FRAMES} frames were found`);
    bare.push(perSecond(() => checksum(reply)));
  }
  const value = median(ours);
  const baseline = median(bare);
  return {
    figure: `codec_frames_per_s_${name}`,
    value: Math.round(value),
    unit: 'frames/s',
    baseline: Math.round(baseline),
    ratio: rounded(value / baseline),
    goal: GOAL_PER_S,
    ok: value >= GOAL_PER_S,
    detail: { reply_bytes: reply.length },
  };
}

function perSecond(one: () => number): number {
  const started = performance.now();
  for (let i = 0; i < FRAMES; i++) one();
  return (FRAMES * 1000) / (performance.now() - started);
}
