/** Packets of real platforms and loggers, explained, read and written again. Origins stand with the vectors. */
import { describe, expect, test } from 'vitest';
import { hj212Explainer } from '../../gateway/cli/decode/explain-hj212.ts';
import { crcOf, packetBytes, segmentText } from '../../gateway/forward/hj212/packet.ts';
import { PacketReader } from '../../gateway/forward/hj212/packet-reader.ts';
import vectors from './hj212-vectors.json' with { type: 'json' };

const bytesOf = (frame: string) => Buffer.from(frame.replace('\\r\\n', '\r\n'), 'latin1');

describe.each(vectors)('$id $desc', ({ frame, crc, length, expect: fields }) => {
  const bytes = bytesOf(frame);
  const isRejected = 'reject' in fields;

  test('is explained', () => {
    const explanation = hj212Explainer.explain(bytes);
    expect(explanation.ok ? explanation.fields : { reject: explanation.reject }).toMatchObject(
      fields,
    );
  });

  test('is read byte by byte, with noise before it', () => {
    const reader = new PacketReader();
    const noisy = Buffer.concat([Buffer.from('\r\n#0x##12'), bytes]);
    const found = [...noisy].flatMap((byte) => reader.push(Uint8Array.of(byte)));
    expect(found.map(({ kind }) => kind)).toEqual(['damaged', isRejected ? 'damaged' : 'packet']);
    expect(found.at(-1)).toMatchObject(
      isRejected ? { why: 'crc' } : { packet: { cn: expect.any(String) } },
    );
  });

  test('has this sum and this length, and is written again as it was', () => {
    const segment = bytes.subarray(6, -6);
    expect(segment.length).toBe(length);
    expect(crcOf(segment).toString(16).toUpperCase().padStart(4, '0')).toBe(crc);
    const [read] = new PacketReader().push(bytes);
    if (read?.kind !== 'packet') return;
    expect(segmentText(read.packet)).toBe(segment.toString('latin1'));
    expect(packetBytes(read.packet).toString('latin1').toUpperCase()).toBe(
      bytes.toString('latin1').toUpperCase(),
    );
  });
});
