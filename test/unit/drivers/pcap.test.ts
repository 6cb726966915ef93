import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPcap, writePcap } from '../../../drivers/line/pcap.ts';
import type { LineEvent, Passage, Recording } from '../../../drivers/line/recording.ts';
import { readRecording, recordingFile } from '../../../drivers/line/recording-file.ts';
import { utcMs } from '../../../gateway/model/units.ts';
import { describeWith } from '../../support/real-parts.ts';

const START = Date.UTC(2026, 10, 23, 8);
const at = (ms: number) => utcMs(START + ms);
const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const sent = (ms: number, hex: string): Passage => ({
  kind: 'sent',
  at: at(ms),
  bytes: bytesOf(hex),
});
const heard = (ms: number, hex: string): Passage => ({ ...sent(ms, hex), kind: 'heard' });

const WIRE: Recording = {
  framing: 'wire',
  settings: undefined,
  events: [
    { kind: 'opened', at: at(0), settings: { baud: 9600, format: '8E1' } },
    // Modbus Application Protocol V1.1b3 §6.3, with the checksum of the serial line.
    sent(10.125, '11 03 00 6B 00 03 76 87'),
    heard(40.5, '11 03 06 AE 41 56 52 43 40 49 AD'),
    { kind: 'tuned', at: at(100), settings: { baud: 2400, format: '8E1' } },
    sent(110, 'FE FE FE FE 68 AA AA AA AA AA AA 68 13 00 DF 16'),
    { kind: 'closed', at: at(3_600_000.001), reason: '端口已拔出' },
  ],
};

const NETWORK: Recording = {
  framing: 'packets',
  settings: undefined,
  events: [
    { kind: 'opened', at: at(0), settings: undefined },
    sent(10.125, '0001 0000 0006 11 03 00 6B 00 03'),
    heard(40.5, '0001 0000 0009 11 03 06 AE 41'),
    heard(41.5, '56 52 43 40'),
    { kind: 'closed', at: at(100), reason: 'reset' },
    { kind: 'opened', at: at(200), settings: undefined },
    sent(210, '0002 0000 0006 11 04 00 00 00 01'),
    heard(220, '0002 0000 0003 11 84 02'),
    { kind: 'closed', at: at(300), reason: '' },
  ],
};

/** Bytes compare as text, whatever class of array holds them. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, part) =>
      key === 'bytes' ? Buffer.from(part.data ?? Object.values(part)).toString('hex') : part,
    ),
  );

describe('a capture file', () => {
  test('gives back the packets it was made of', () => {
    const packet = fc.record({
      at: fc.integer({ min: 0, max: 4_000_000_000_000_000 }).map((micros) => utcMs(micros / 1_000)),
      bytes: fc.uint8Array({ maxLength: 300 }),
    });
    fc.assert(
      fc.property(fc.nat(0xffff), fc.array(packet), (linkType, packets) => {
        expect(plain(readPcap(writePcap({ linkType, packets })))).toEqual(
          plain({ linkType, packets }),
        );
      }),
    );
  });

  test('may be of the other byte order, with nanoseconds', () => {
    const header = 'A1B23C4D 0002 0004 00000000 00000000 00040000 000000FA';
    const packet = '65000000 00075BCD 00000002 00000002 CAFE';
    expect(readPcap(bytesOf(header + packet))).toEqual({
      linkType: 250,
      packets: [{ at: 0x65000000 * 1_000 + 0.482, bytes: bytesOf('CAFE') }],
    });
  });

  test('may be cut anywhere: what is whole is read', () => {
    const file = recordingFile(WIRE);
    const whole = readPcap(file).packets;
    for (let length = 24; length < file.length; length++) {
      const { packets } = readPcap(file.subarray(0, length));
      expect(packets).toEqual(whole.slice(0, packets.length));
      expect(packets.length).toBeLessThan(whole.length);
    }
  });

  test.each([
    ['nothing', ''],
    ['another file', '504B0304 00000000 00000000 00000000 00000000 00000000'],
    ['a capture of Ethernet', 'D4C3B2A1 0200 0400 00000000 00000000 00000400 01000000'],
  ])('of %s is refused', (_what, hex) => {
    expect(() => readRecording(bytesOf(hex))).toThrow('[recorder.not-a-capture]');
  });
});

describe('a recording in a file', () => {
  test.each([
    ['a wire', WIRE],
    ['a network', NETWORK],
  ])('of %s is the same when it is read again', (_what, recording) => {
    expect(plain(readRecording(recordingFile(recording)))).toEqual(plain(recording));
  });

  test('begins with the settings of its time', () => {
    const settings = { baud: 19_200, format: '8O1' } as const;
    const recording: Recording = { framing: 'wire', settings, events: [sent(5, '01')] };
    expect(plain(readRecording(recordingFile(recording)))).toEqual(
      plain({ ...recording, events: [{ kind: 'tuned', at: at(5), settings }, sent(5, '01')] }),
    );
  });

  test('has one packet for the pieces of one frame', () => {
    const pieces: Recording = { ...WIRE, events: [heard(0, '11 03 06'), heard(8, 'AE 41')] };
    expect(plain(readRecording(recordingFile(pieces)).events)).toEqual(
      plain([heard(0, '11 03 06 AE 41')]),
    );
  });

  test('passes over what other programs say of a serial port', () => {
    const header = 'D4C3B2A1 0200 0400 00000000 00000000 00000400 FA000000';
    const statusOnly = '00000000 00000000 0C000000 0C000000 00000000 00000000 00 7F 0000';
    expect(readRecording(bytesOf(header + statusOnly)).events).toEqual([]);
  });
});

describeWith(['tshark'], 'Wireshark', () => {
  /** The fields of each packet of a recording, as Wireshark dissects it. */
  function dissected(recording: Recording, fields: readonly string[], ...options: string[]) {
    const folder = mkdtempSync(join(tmpdir(), 'headgate-pcap-'));
    try {
      const file = join(folder, 'recording.pcap');
      writeFileSync(file, recordingFile(recording));
      const text = execFileSync(
        'tshark',
        ['-r', file, ...options, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])],
        {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
          env: { ...process.env, TZ: 'UTC' },
        },
      );
      return text
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split('\t'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test('sees direction, time and state of a serial wire', () => {
    const seconds = (ms: number) => `${((START + ms) / 1_000).toFixed(6)}000`;
    expect(
      dissected(WIRE, [
        'frame.time_epoch',
        'rtacser.timestamp',
        'rtacser.eventtype',
        'rtacser.dtr',
      ]),
    ).toEqual(
      [
        [seconds(0), '0x00', '1'],
        [seconds(10.125), '0x01', '1'],
        [seconds(40.5), '0x02', '1'],
        [seconds(100), '0x00', '1'],
        [seconds(110), '0x01', '1'],
        [seconds(3_600_000.001), '0x00', '0'],
      ].map(([time, ...rest]) => [time, time, ...rest]),
    );
  });

  test('decodes it as Modbus RTU when told to', () => {
    const fields = ['mbrtu.unit_id', 'modbus.func_code', 'modbus.regval_uint16', 'modbus.word_cnt'];
    const decoded = dissected(WIRE, fields, '-d', 'rtacser.data,mbrtu');
    expect(decoded[1]).toEqual(['17', '3', '', '3']);
    expect(decoded[2]).toEqual(['17', '3', '44609,22098,17216', '']);
  });

  test('sees a network as Modbus/TCP, with nothing to complain about', () => {
    const fields = [
      'ip.src',
      'ip.checksum.status',
      'tcp.checksum.status',
      'tcp.stream',
      '_ws.expert.group',
      'mbtcp.trans_id',
      'modbus.func_code',
      'modbus.exception_code',
      'modbus.regval_uint16',
    ];
    const checks = ['-o', 'ip.check_checksum:TRUE', '-o', 'tcp.check_checksum:TRUE'];
    const modbus = dissected(NETWORK, fields, ...checks, '-Y', 'modbus');
    expect(modbus).toEqual([
      ['192.0.2.1', '1', '1', '0', '', '1', '3', '', ''],
      ['192.0.2.2', '1', '1', '0', '', '1', '3', '', '44609,22098,17216'],
      ['192.0.2.1', '1', '1', '1', '', '2', '4', '', ''],
      ['192.0.2.2', '1', '1', '1', expect.any(String), '2', '4', '2', ''],
    ]);
    expect(dissected(NETWORK, ['tcp.analysis.flags'], '-Y', 'tcp.analysis.flags')).toEqual([]);
  });
});

const kinds = (recording: Recording): readonly (Passage | LineEvent)['kind'][] =>
  recording.events.map(({ kind }) => kind);

test('both examples have every kind of event that their framing knows', () => {
  expect(new Set(kinds(WIRE))).toEqual(new Set(['opened', 'sent', 'heard', 'tuned', 'closed']));
  expect(new Set(kinds(NETWORK))).toEqual(new Set(['opened', 'sent', 'heard', 'closed']));
});
