import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacketGuard, type PacketGuardOptions } from '../../../gateway/forward/packet-guard.ts';
import { bytes } from '../../../gateway/model/units.ts';

const LONGEST = bytes(1000);
type Chunks = readonly (readonly number[])[];

/** What comes through up to the first complaint, and the identifiers and reasons that are taken out. */
const sifted = (chunks: Chunks, set: Partial<PacketGuardOptions> = {}) => {
  const guard = new PacketGuard({ longest: LONGEST, ...set });
  const rest: number[][] = [];
  for (const chunk of chunks) {
    const { rest: passed, complaint } = guard.sift(Buffer.from(chunk));
    if (complaint !== undefined) return { rest, complaint };
    rest.push([...passed]);
  }
  return { rest };
};
const complaint = (...chunks: Chunks) => sifted(chunks).complaint;
const taken = (...chunks: Chunks) => {
  const acknowledged: [number, number][] = [];
  const onAcknowledged = (id: number, reason: number) => acknowledged.push([id, reason]);
  const { rest, complaint: wrong } = sifted(chunks, { onAcknowledged });
  return { acknowledged, rest: rest.flat(), wrong };
};
const CONNACK = [0x20, 3, 0, 0, 0];
const LONG_DISCONNECT = [0xe0, 0x80 | 72, 7, ...Array.from({ length: 968 }, () => 0x30)];

describe('the packet guard', () => {
  it('lets through what a broker may send to a client that only publishes', () => {
    expect(complaint([...CONNACK, 0x40, 2, 0, 1, 0xd0, 0, ...LONG_DISCONNECT])).toBeUndefined();
  });

  it.each([
    ['a message', 0x30],
    ['a message of QoS 2', 0x34],
    ['PUBREC', 0x50],
    ['PUBREL', 0x62],
    ['PUBCOMP', 0x70],
    ['SUBACK', 0x90],
    ['AUTH', 0xf0],
    ['PUBACK with a reserved flag', 0x41],
    ['type 0', 0x00],
  ])('stops %s', (_, first) => {
    expect(complaint(CONNACK, [first, 2, 0, 1])).toMatch('an unexpected packet');
  });

  it('lets messages through to a client that subscribes, with QoS 0 or 1', () => {
    const heard = (first: number) =>
      sifted([[...CONNACK, 0x90, 3, 0, 1, 1, first, 2, 0, 0]], { subscribes: true }).complaint;
    for (const first of [0x30, 0x31, 0x32, 0x33, 0x3a, 0x3b]) expect(heard(first)).toBeUndefined();
    for (const first of [0x34, 0x36, 0x38, 0x50, 0x62, 0xb0])
      expect(heard(first)).toMatch('an unexpected packet');
  });

  it('stops a packet that is too long when it announces itself', () => {
    expect(complaint(CONNACK, [0x20, 0x80 | 105, 7])).toBe('a packet of more than 1000 bytes');
    expect(complaint([0x20, 0xff, 0xff, 0xff, 0x7f])).toBe('a packet of more than 1000 bytes');
  });

  it('stops a length of more than four bytes', () => {
    expect(complaint([0x20, 0x80, 0x80, 0x80, 0x80])).toBe('a malformed length');
  });

  it('puts a refusal that MQTT has no PUBACK reason for as an implementation’s own', () => {
    const passed = (...chunks: Chunks) => sifted(chunks).rest;
    expect(passed([...CONNACK, 0x40, 3, 0, 7, 0x95, 0x40, 3, 0x95, 0x95, 0x87])).toEqual([
      [...CONNACK, 0x40, 3, 0, 7, 0x83, 0x40, 3, 0x95, 0x95, 0x87],
    ]);
    expect(passed([0x40, 4, 0x95], [0x95], [0x95], [0x95, 0x40], [2, 0, 1])).toEqual([
      [0x40, 4, 0x95],
      [0x95],
      [0x83],
      [0x95, 0x40],
      [2, 0, 1],
    ]);
  });

  it('takes acknowledgements out, and lets the rest through as it is', () => {
    const ping = [0xd0, 0];
    const all = [
      ...CONNACK,
      0x40,
      2,
      1,
      2,
      ...ping,
      0x40,
      3,
      0xff,
      0xfe,
      0x95,
      0x40,
      6,
      0,
      7,
      0x10,
    ];
    const [acknowledged, rest] = [
      [
        [0x0102, 0],
        [0xfffe, 0x95],
        [7, 0x10],
      ],
      [...CONNACK, ...ping],
    ];
    expect(taken([...all, 2, 0x1f, 0])).toEqual({ acknowledged, rest });
    const one = all.map((byte) => [byte]);
    expect(taken(...one, [2, 0x1f], [0, ...ping])).toEqual({
      acknowledged,
      rest: [...rest, ...ping],
    });
  });

  it('stops an acknowledgement without an identifier', () => {
    expect(taken([0x40, 1, 0]).wrong).toBe('an acknowledgement of nothing');
    expect(taken([0x40, 0]).wrong).toBe('an acknowledgement of nothing');
  });

  it('finds the same, however the bytes are cut', () => {
    const whole = fc.array(fc.constantFrom(0x20, 0x40, 0xd0, 0xe0, 0, 1, 2, 3, 0x80, 0x30), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(whole, fc.nat(40), fc.nat(40), (all, one, two) => {
        const [first, second] = one < two ? [one, two] : [two, one];
        const cut = [all.slice(0, first), all.slice(first, second), all.slice(second)];
        expect(complaint(...cut)).toBe(complaint(all));
        const whole = taken(all);
        if (whole.wrong === undefined) expect(taken(...cut)).toEqual(whole);
        else expect(taken(...cut).acknowledged).toEqual(whole.acknowledged);
      }),
      { numRuns: 2000 },
    );
  });
});
