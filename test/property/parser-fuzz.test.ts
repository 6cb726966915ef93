/**
 * Mutated frames through the three parsers of the wire: nothing crashes or loops, and whatever is accepted has
 * a right checksum by another arithmetic than the drivers' own. A long run feeds 10 million.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FrameParser as Cjt188Parser } from '../../drivers/cjt188/frame.ts';
import { FrameParser as Dlt645Parser } from '../../drivers/dlt645/frame.ts';
import { WirePort } from '../../drivers/modbus/wire-port.ts';
import { hasValidCrc } from '../../firmware-sim/crc.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import type { Random } from '../../gateway/model/backoff.ts';
import { monoMs } from '../../gateway/model/units.ts';
import { cases } from '../support/long-run.ts';
import { scriptedLine } from '../support/scripted-line.ts';

const FRAMES = cases(300_000, 10_000_000);
const PER_PARSER = Math.ceil(FRAMES / 3);
/** A long run is a matter of minutes. */
const PATIENCE_MS = 60_000 + FRAMES / 10;

interface Vector {
  readonly request: string | null;
  readonly response: string | null;
}
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const vectors = (name: string): readonly Vector[] =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../golden/${name}-vectors.json`), 'utf8'));
const framesOf = (name: string): readonly Buffer[] =>
  vectors(name).flatMap(({ request, response }) =>
    [request, response].flatMap((text) => (text === null ? [] : [hex(text)])),
  );

/** One to four changes: flipped, inserted, deleted, doubled, cut, joined with another, or noise. */
function mutated(frames: readonly Buffer[], random: Random): Buffer {
  const pick = () => frames[Math.floor(random() * frames.length)] as Buffer;
  const at = (length: number) => Math.floor(random() * (length + 1));
  const byte = () => Math.floor(random() * 256);
  let bytes = pick();
  for (let changes = 1 + Math.floor(random() * 4); changes > 0; changes--) {
    const place = at(bytes.length);
    const [head, tail] = [bytes.subarray(0, place), bytes.subarray(place)];
    switch (Math.floor(random() * 7)) {
      case 0:
        bytes = Buffer.from(bytes);
        if (place < bytes.length) bytes[place] = (bytes[place] as number) ^ (1 << (byte() & 7));
        break;
      case 1:
        bytes = Buffer.concat([head, Buffer.of(byte()), tail]);
        break;
      case 2:
        bytes = Buffer.concat([head, tail.subarray(1)]);
        break;
      case 3:
        bytes = Buffer.concat([head, head, tail]);
        break;
      case 4:
        bytes = head;
        break;
      case 5:
        bytes = Buffer.concat([head, pick(), tail]);
        break;
      default:
        bytes = Buffer.concat([Buffer.from(Array.from({ length: at(20) }, byte)), bytes]);
    }
  }
  return bytes.subarray(0, 2_000);
}

function* pieces(bytes: Buffer, random: Random): Generator<Buffer> {
  for (let from = 0; from < bytes.length; ) {
    const length = 1 + Math.floor(random() * Math.max(1, bytes.length / 2));
    yield bytes.subarray(from, from + length);
    from += length;
  }
}

const sum = (bytes: Uint8Array) => bytes.reduce((total, byte) => (total + byte) % 256, 0);

interface Tally {
  fed: number;
  accepted: number;
}
const report = (parser: string, { fed, accepted }: Tally) =>
  process.stdout.write(`fuzz ${parser}: ${fed} frames fed, ${accepted} accepted\n`);

describe('mutated frames', () => {
  test('DL/T 645: nothing crashes, and what is accepted is a frame', {
    timeout: PATIENCE_MS,
  }, () => {
    const random = seededRandom(645);
    const frames = framesOf('dlt645');
    const tally: Tally = { fed: 0, accepted: 0 };
    for (; tally.fed < PER_PARSER; tally.fed++) {
      const bytes = mutated(frames, random);
      const parser = new Dlt645Parser();
      const found = [...pieces(bytes, random)].flatMap((piece) => parser.push(piece));
      for (const frame of [...found, ...parser.finish()]) {
        tally.accepted++;
        const address = Buffer.from(frame.address, 'hex').reverse();
        const body = Buffer.concat([
          Buffer.of(0x68),
          address,
          Buffer.of(0x68, frame.control, frame.data.length),
          Buffer.from(frame.data.map((byte) => byte + 0x33)),
        ]);
        const whole = Buffer.concat([body, Buffer.of(sum(body), 0x16)]);
        if (!bytes.includes(whole)) expect(whole.toString('hex')).toBe(bytes.toString('hex'));
      }
    }
    report('dlt645', tally);
    expect(tally.accepted).toBeGreaterThan(0);
  });

  test('CJ/T 188: nothing crashes, and what is accepted is a frame', {
    timeout: PATIENCE_MS,
  }, () => {
    const random = seededRandom(188);
    const frames = framesOf('cjt188');
    const tally: Tally = { fed: 0, accepted: 0 };
    for (; tally.fed < PER_PARSER; tally.fed++) {
      const bytes = mutated(frames, random);
      const parser = new Cjt188Parser();
      const found = [...pieces(bytes, random)].flatMap((piece) => parser.push(piece));
      for (const frame of [...found, ...parser.finish()]) {
        tally.accepted++;
        const body = Buffer.concat([
          Buffer.of(0x68, frame.type),
          Buffer.from(frame.address, 'hex').reverse(),
          Buffer.of(frame.control, frame.data.length),
          frame.data,
        ]);
        const whole = Buffer.concat([body, Buffer.of(sum(body), 0x16)]);
        if (!bytes.includes(whole)) expect(whole.toString('hex')).toBe(bytes.toString('hex'));
      }
    }
    report('cjt188', tally);
    expect(tally.accepted).toBeGreaterThan(0);
  });

  test('Modbus RTU: nothing crashes, and an answer is that of its request', {
    timeout: PATIENCE_MS,
  }, () => {
    const random = seededRandom(85);
    const exchanges = vectors('modbus').flatMap(({ request, response }) =>
      request === null || response === null
        ? []
        : [{ request: hex(request), reply: hex(response) }],
    );
    const clock = virtualClock();
    const tally: Tally = { fed: 0, accepted: 0 };
    for (; tally.fed < PER_PARSER; tally.fed++) {
      const exchange = exchanges[tally.fed % exchanges.length] as (typeof exchanges)[number];
      const others = exchanges.map(({ reply }) => reply);
      const bytes = mutated(random() < 0.7 ? [exchange.reply] : others, random);
      const port = new WirePort(scriptedLine(clock));
      let accepted: Buffer | undefined;
      port.on('data', (frame: Buffer) => {
        accepted = frame;
      });
      port.write(exchange.request);
      for (const piece of pieces(bytes, random)) port.receive(piece, monoMs(0));
      port.expire();
      if (accepted === undefined) continue;
      tally.accepted++;
      const isOwn =
        hasValidCrc(accepted) &&
        accepted[0] === exchange.request[0] &&
        ((accepted[1] as number) & 0x7f) === exchange.request[1];
      if (!isOwn) expect(accepted.toString('hex')).toBe(exchange.request.toString('hex'));
    }
    report('modbus', tally);
    expect(tally.accepted).toBeGreaterThan(0);
  });
});
