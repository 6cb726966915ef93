import fc from 'fast-check';
import { test } from 'vitest';
import type { BusAccess } from '../../drivers/driver.ts';
import { modbusDriver } from '../../drivers/modbus/driver.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { seconds } from '../../gateway/model/units.ts';
import { modbusDevice, request, TCP_ACCESS, WIRE_ACCESS } from '../support/modbus-fixture.ts';
import { packet, packetAnswer, wireAnswer } from '../support/modbus-frames.ts';
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
