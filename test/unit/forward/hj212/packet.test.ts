import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cpText,
  type Item,
  LONGEST_CP,
  LONGEST_SEGMENT,
  type Packet,
  packetBytes,
  splitPackets,
} from '../../../../gateway/forward/hj212/packet.ts';
import { PacketReader } from '../../../../gateway/forward/hj212/packet-reader.ts';
import { Reassembly } from '../../../../gateway/forward/hj212/reassembly.ts';

const word = (max: number) => fc.stringMatching(new RegExp(`^[A-Za-z0-9]{1,${max}}$`));
const item: fc.Arbitrary<Item> = fc.array(
  fc.tuple(
    fc.stringMatching(/^[a-z]\d{1,4}-[A-Z][a-z]{1,4}$/),
    fc.stringMatching(/^-?\d{1,6}(\.\d{1,4})?$/),
  ),
  { minLength: 1, maxLength: 4 },
);
const packet: fc.Arbitrary<Packet> = fc.record({
  qn: fc.stringMatching(/^\d{17}$/),
  st: fc.stringMatching(/^\d\d$/),
  cn: fc.stringMatching(/^\d{4}$/),
  pw: word(6),
  mn: word(24),
  flag: fc.integer({ min: 0, max: 255 }),
  cp: fc.array(item, { maxLength: 8 }),
});
const packetsIn = (reader: PacketReader, bytes: Uint8Array) =>
  reader.push(bytes).flatMap((read) => (read.kind === 'packet' ? [read.packet] : []));

describe('packets', () => {
  it('are read as they were written, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(packet, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 50 }),
        (packets, size) => {
          const bytes = Buffer.concat(packets.map(packetBytes));
          const reader = new PacketReader();
          const found: Packet[] = [];
          for (let at = 0; at < bytes.length; at += size)
            found.push(...packetsIn(reader, bytes.subarray(at, at + size)));
          expect(found).toEqual(packets);
        },
      ),
    );
  });

  it('are found behind any noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), packet, (noise, one) => {
        // What looks like the beginning of a packet in the noise takes what it says; behind that is the next.
        const free = Buffer.from(noise).map((byte) => (byte === 0x23 ? 0x24 : byte));
        const reader = new PacketReader();
        expect(packetsIn(reader, Buffer.concat([free, packetBytes(one)]))).toEqual([one]);
      }),
    );
  });

  it('are refused when any one byte of their data is another', () => {
    fc.assert(
      fc.property(packet, fc.nat(), fc.integer({ min: 1, max: 255 }), (one, place, flip) => {
        const bytes = packetBytes(one);
        const at = 6 + (place % (bytes.length - 12));
        bytes[at] = (bytes[at] as number) ^ flip;
        expect(packetsIn(new PacketReader(), bytes)).toEqual([]);
      }),
    );
  });

  it('never make the reader throw or keep more than one', () => {
    const pieces = fc.constantFrom(
      '##',
      '#',
      '0012',
      'CP=&&',
      '&&',
      'CN=2011;',
      '\r\n',
      '9999',
      'ABCD',
      '\xff',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), packet, (all, one) => {
        const reader = new PacketReader();
        reader.push(Buffer.from(all.join(''), 'latin1'));
        const padding = Buffer.alloc(LONGEST_SEGMENT + 20, 0x20);
        reader.push(padding);
        expect(packetsIn(reader, packetBytes(one))).toEqual([one]);
      }),
    );
  });

  it('say Chinese in GBK', () => {
    const segment = Buffer.concat([
      Buffer.from('ST=32;CN=3020;PW=1;MN=1;Flag=4;CP=&&Info='),
      Buffer.from([0xb9, 0xca, 0xd5, 0xcf]),
      Buffer.from('&&'),
    ]);
    const bytes = packetBytes({ cn: '0000', cp: [] });
    expect(bytes.length).toBeGreaterThan(0);
    const crc = crcHex(segment);
    const frame = Buffer.concat([
      Buffer.from(`##${String(segment.length).padStart(4, '0')}`),
      segment,
      Buffer.from(`${crc}\r\n`),
    ]);
    expect(packetsIn(new PacketReader(), frame)[0]?.cp).toEqual([[['Info', '故障']]]);
  });

  it('refuse a length beyond the limit at once', () => {
    const [read] = new PacketReader().push(Buffer.from('##1025'));
    expect(read).toMatchObject({ kind: 'damaged', why: 'length' });
  });

  it('are never longer than the standard allows', () => {
    const long: Packet = { cn: '2011', cp: [[['a-Info', 'x'.repeat(LONGEST_SEGMENT)]]] };
    expect(() => packetBytes(long)).toThrow(RangeError);
  });
});

describe('what is too long for one packet', () => {
  const whole = { qn: '20260301000000000', st: '32', cn: '2051', pw: '123456', mn: 'A'.repeat(24) };
  const time: Item = [['DataTime', '20260301000000']];
  const factors = (count: number): Item[] =>
    Array.from(
      { length: count },
      (_, index) =>
        [
          [`w${10_000 + index}-Avg`, '123.456'],
          [`w${10_000 + index}-Flag`, 'N'],
        ] as const,
    );

  it('goes in several, each within the limits, and is put together again in any order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.boolean(), (count, isReversed) => {
        const cp = [time, ...factors(count)];
        const { packets, tooLong } = splitPackets({ ...whole, cp }, true);
        expect(tooLong).toEqual([]);
        for (const one of packets) {
          expect(packetBytes(one).length).toBeLessThanOrEqual(LONGEST_SEGMENT + 12);
          expect(cpText(one.cp).length).toBeLessThanOrEqual(LONGEST_CP);
        }
        expect(packets.map(({ flag }) => flag)).toEqual(
          packets.map(() => (packets.length > 1 ? 7 : 5)),
        );
        const reassembly = new Reassembly();
        const order = isReversed ? packets.toReversed() : packets;
        const taken = order.flatMap((one) => [reassembly.take(one)]);
        expect(taken.slice(0, -1)).toEqual(order.slice(1).map(() => 'incomplete'));
        expect((taken.at(-1) as Packet).cp).toEqual(cp);
      }),
    );
  });

  it('leaves out what fits in none, and says so', () => {
    const cp: Item[] = [time, [['x-Info', 'y'.repeat(LONGEST_CP)]], ...factors(1)];
    const { packets, tooLong } = splitPackets({ ...whole, cp }, false);
    expect(tooLong).toEqual(['x-Info']);
    expect(packets).toHaveLength(1);
  });

  it('is put together within limits: no number beyond the last, no more parts than 64, the oldest dropped', () => {
    const part = (qn: string, pno: number, pnum = 2): Packet => ({
      ...whole,
      qn,
      flag: 7,
      pnum,
      pno,
      cp: [time],
    });
    const reassembly = new Reassembly();
    expect(reassembly.take(part('1', 3))).toBe('refused');
    expect(reassembly.take(part('1', 1, 65))).toBe('refused');
    expect(reassembly.take(part('1', 1))).toBe('incomplete');
    for (let other = 2; other < 10; other++) reassembly.take(part(`${other}`, 1));
    expect(reassembly.take(part('1', 2))).toBe('incomplete');
    expect(reassembly.take(part('9', 2))).toMatchObject({ qn: '9' });
  });
});

function crcHex(bytes: Uint8Array): string {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc = (crc >> 8) ^ byte;
    for (let bit = 0; bit < 8; bit++) crc = crc % 2 === 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc.toString(16).padStart(4, '0');
}
