import fc from 'fast-check';
import { test } from 'vitest';
import type { BusAccess } from '../../drivers/driver.ts';
import { AsciiPort } from '../../drivers/modbus/ascii-port.ts';
import { modbusDriver } from '../../drivers/modbus/driver.ts';
import { PacketStream } from '../../drivers/modbus/packet-stream.ts';
import { WirePort } from '../../drivers/modbus/wire-port.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { monoMs, seconds } from '../../gateway/model/units.ts';
import { cases } from '../support/long-run.ts';
import { modbusDevice, request, TCP_ACCESS, WIRE_ACCESS } from '../support/modbus-fixture.ts';
import { packet, packetAnswer, wireAnswer, wireFrame } from '../support/modbus-frames.ts';
import { asciiFrame } from '../support/modbus-session.ts';
import { type ScriptedLine, scriptedLine } from '../support/scripted-line.ts';

/** Reads `quantity` registers from `start`, each of which holds its own address, while `answer` plays the device. */
async function values(
  access: BusAccess,
  { start, quantity }: { start: number; quantity: number },
  answer: (line: ScriptedLine, asked: Buffer) => void,
): Promise<readonly unknown[]> {
  const clock = virtualClock();
  const line = scriptedLine(clock, access.timing);
  const device = modbusDevice();
  const tags = Array.from({ length: quantity }, (_, i) => request(`holding:${start + i}`, i));
  const [group] = modbusDriver.plan(device, tags, access);
  if (!group) throw new Error('no group');
  const session = modbusDriver.open(device, { ...access, clock, log: silentLog, line });
  const reading = session.read(group, new AbortController().signal);
  answer(line, line.written.at(-1) ?? Buffer.alloc(0));
  await clock.advance(seconds(2));
  return (await reading).samples.map(({ value }) => value);
}

const block = fc.record({
  start: fc.integer({ min: 0, max: 65_000 }),
  quantity: fc.integer({ min: 1, max: 125 }),
});
const cuts = fc.array(fc.nat({ max: 300 }), { maxLength: 8 });
const noise = fc.uint8Array({ maxLength: 40 });

function arriveCut(line: ScriptedLine, bytes: Buffer, places: readonly number[]): void {
  const ends = [...places, bytes.length].filter((end) => end <= bytes.length);
  let from = 0;
  for (const end of ends.toSorted((a, b) => a - b)) {
    if (end > from) line.arrive(bytes.subarray(from, end));
    from = end;
  }
}

const isOwn = ({ start }: { start: number }, read: readonly unknown[]) =>
  read.every((value, i) => value === start + i);

test('on a wire the answer is found in any noise before it, however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(block, noise, noise, cuts, async (asked, before, behind, places) => {
      const read = await values(WIRE_ACCESS, asked, (line, sent) =>
        arriveCut(line, Buffer.concat([before, wireAnswer(sent), behind]), places),
      );
      return isOwn(asked, read);
    }),
  );
});

test('on a wire a damaged answer is never a value', async () => {
  const damage = fc.record({ at: fc.nat({ max: 254 }), mask: fc.integer({ min: 1, max: 255 }) });
  await fc.assert(
    fc.asyncProperty(block, damage, cuts, async (asked, { at, mask }, places) => {
      const read = await values(WIRE_ACCESS, asked, (line, sent) => {
        const answer = wireAnswer(sent);
        const place = at % answer.length;
        answer.writeUInt8(answer.readUInt8(place) ^ mask, place);
        arriveCut(line, answer, places);
      });
      return read.every((value) => value === null);
    }),
  );
});

test('on a network the answer is found among stale ones, however the stream is cut', async () => {
  const stale = fc.array(fc.integer({ min: 1, max: 125 }), { maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(block, stale, cuts, async (asked, lengths, places) => {
      const read = await values(TCP_ACCESS, asked, (line, sent) => {
        const others = lengths.map((length) =>
          packet(sent.readUInt16BE(0) ^ 1, 1, 3, 2 * length, ...new Array(2 * length).fill(0x55)),
        );
        arriveCut(line, Buffer.concat([...others, packetAnswer(sent)]), places);
      });
      return isOwn(asked, read);
    }),
  );
});

test('no stream of bytes keeps a read from ending', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(WIRE_ACCESS, TCP_ACCESS),
      fc.uint8Array({ maxLength: 1200 }),
      cuts,
      async (access, bytes, places) => {
        const asked = { start: 0, quantity: 10 };
        const read = await values(access, asked, (line) =>
          arriveCut(line, Buffer.from(bytes), places),
        );
        return read.length === asked.quantity;
      },
    ),
  );
});

const RUNS = { numRuns: cases(3_000, 100_000) };

/** Hands the bytes over as they were cut. */
function inPieces(bytes: Buffer, places: readonly number[], take: (piece: Buffer) => void): void {
  const ends = [...places, bytes.length].filter((end) => end <= bytes.length);
  let from = 0;
  for (const end of ends.toSorted((a, b) => a - b)) {
    take(bytes.subarray(from, end));
    from = end;
  }
}

const FRAMINGS = {
  RTU: { Port: WirePort, frame: wireFrame },
  ASCII: { Port: AsciiPort, frame: asciiFrame },
} as const;

const exchanges = fc.record({
  unit: fc.integer({ min: 1, max: 247 }),
  quantity: fc.integer({ min: 1, max: 125 }),
  seed: fc.nat({ max: 255 }),
  isException: fc.boolean(),
});

test.each(['RTU', 'ASCII'] as const)(
  '%s: any cut of the stream, with noise around it and its echo before it, gives the same frame',
  (kind) => {
    const { Port, frame } = FRAMINGS[kind];
    const clock = virtualClock();
    const ports = [false, true].map(() => new Port(scriptedLine(clock)));
    fc.assert(
      fc.property(
        exchanges,
        noise,
        noise,
        cuts,
        fc.boolean(),
        (asked, before, behind, at, echo) => {
          const { unit, quantity, seed, isException } = asked;
          const data = Array.from({ length: 2 * quantity }, (_, i) => (seed + 7 * i) & 0xff);
          const body = isException ? [unit, 0x83, 2] : [unit, 3, data.length, ...data];
          const request = [unit, 3, 0, 0, 0, quantity];
          const noised = echo ? frame(...request) : Buffer.from(before);
          const stream = Buffer.concat([noised, frame(...body), behind]);
          const port = ports[Number(echo)];
          port?.write(wireFrame(...request));
          inPieces(stream, at, (piece) => port?.receive(piece, monoMs(0)));
          port?.expire();
          return port?.answer?.equals(Buffer.from(body)) ?? false;
        },
      ),
      RUNS,
    );
  },
);

test('TCP: any cut of the stream gives the same packets', () => {
  const bodies = fc.array(fc.uint8Array({ minLength: 3, maxLength: 254 }), { maxLength: 8 });
  fc.assert(
    fc.property(bodies, cuts, fc.nat({ max: 0xffff }), (written, places, id) => {
      const sent = written.map((body, i) => packet((id + i) & 0xffff, ...body));
      const stream = new PacketStream();
      const found: Buffer[] = [];
      inPieces(Buffer.concat(sent), places, (piece) => found.push(...(stream.push(piece) ?? [])));
      return (
        !stream.isInside &&
        found.length === sent.length &&
        found.every((one, i) => one.equals(sent[i] ?? Buffer.alloc(0)))
      );
    }),
    RUNS,
  );
});
