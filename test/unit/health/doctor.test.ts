import { describe, expect, it } from 'vitest';
import type { SerialSettings } from '../../../drivers/line/line.ts';
import {
  diagnoseWire,
  type UnitEvidence,
  type WireEvidence,
} from '../../../gateway/health/doctor.ts';
import {
  diagnoseNetwork,
  diagnoseWay,
  type NetworkEvidence,
} from '../../../gateway/health/doctor-network.ts';
import type { Asked, Listened } from '../../../gateway/health/question.ts';
import { GatewayError } from '../../../gateway/model/errors.ts';
import { millis } from '../../../gateway/model/units.ts';

const CONFIGURED: SerialSettings = { baud: 9600, format: '8N1' };

const asked = (facts: Partial<Asked> = {}): Asked => ({
  protocol: 'modbus',
  unit: '3',
  settings: CONFIGURED,
  patience: millis(500),
  answers: [],
  strangers: 0,
  noise: new Uint8Array(),
  isEchoed: false,
  ...facts,
});
const answered = (after = 20, refusal?: number) => ({ after: millis(after), unit: '3', refusal });
const good = (facts: Partial<Asked> = {}) => asked({ answers: [answered()], ...facts });
const garbled = (facts: Partial<Asked> = {}) =>
  asked({ noise: Buffer.from('03a1f0094477aa', 'hex'), ...facts });
const unit = (...each: readonly Asked[]): UnitEvidence => ({
  unit: each[0]?.unit ?? '3',
  protocol: each[0]?.protocol ?? 'modbus',
  asked: each,
});
const quiet: Listened = { settings: CONFIGURED, frames: 0, noise: new Uint8Array() };
const wire = (facts: Partial<WireEvidence>): WireEvidence => ({
  isTunable: true,
  listened: [quiet],
  units: [],
  tried: [],
  ...facts,
});
const other = (baud: number, format: SerialSettings['format'], facts: Partial<Asked> = {}) =>
  asked({ settings: { baud, format }, ...facts });

const three = <T>(one: T): [T, T, T] => [one, one, one];

describe('the doctor of a wire', () => {
  it.each<[string, Partial<WireEvidence>, string[]]>([
    ['finds nothing where all answer', { units: [unit(...three(good()))] }, ['certain all-well']],
    [
      'says that nobody answers before it suspects swapped wires',
      { units: [unit(...three(asked()))], tried: [other(2400, '8E1')] },
      ['likely nobody-answers', 'possible wires-swapped'],
    ],
    [
      'knows that number 0 means everybody',
      { units: [unit(...three(asked({ unit: '0' })))], tried: [other(2400, '8E1')] },
      ['likely unit-broadcast', 'likely nobody-answers', 'possible wires-swapped'],
    ],
    [
      'and that some devices answer to it',
      { units: [unit(...three(good({ unit: '0' })))] },
      ['certain all-well'],
    ],
    [
      'suspects swapped wires where stray characters come instead of answers',
      {
        units: [unit(asked({ noise: Uint8Array.of(0) }), asked(), asked())],
        tried: [other(2400, '8E1', { noise: Uint8Array.of(0xff, 0xf8) })],
      },
      ['likely wires-swapped', 'possible nobody-answers'],
    ],
    [
      'finds the baud rate',
      {
        units: [unit(...three(asked()))],
        tried: [other(9600, '8E1'), other(19200, '8N1', { answers: [answered()] })],
      },
      ['certain baud-wrong'],
    ],
    [
      'finds the parity',
      {
        units: [unit(...three(asked()))],
        tried: [other(9600, '8E1', { answers: [answered()] })],
      },
      ['certain parity-wrong'],
    ],
    [
      'finds another protocol',
      {
        units: [unit(...three(asked()))],
        tried: [other(2400, '8E1', { protocol: 'dlt645', unit: 'A', answers: [answered()] })],
      },
      ['likely protocol-other'],
    ],
    [
      'is told by the serial server that it cannot try other settings',
      { isTunable: false, units: [unit(...three(asked()))] },
      ['likely nobody-behind-server', 'possible wires-swapped'],
    ],
    [
      'finds the one that is silent beside others',
      { units: [unit(...three(good())), unit(...three(asked({ unit: '4' })))] },
      ['certain unit-silent'],
    ],
    [
      'tells an echo, which is no fault',
      { units: [unit(...three(good({ isEchoed: true })))] },
      ['certain all-well', 'certain echo'],
    ],
    [
      'hears the echo of a wire that nobody else is on',
      { units: [unit(...three(asked({ isEchoed: true })))] },
      ['likely nobody-answers', 'possible wires-swapped', 'certain echo'],
    ],
    [
      'hears a second master while nobody was asked',
      { listened: [{ ...quiet, frames: 2 }], units: [unit(good(), good(), garbled())] },
      ['certain second-master'],
    ],
    [
      'hears a second master between questions',
      { units: [unit(good(), good({ strangers: 2 }), good())] },
      ['likely second-master'],
    ],
    [
      'hears somebody babble, and blames nothing else for it',
      {
        listened: [{ ...quiet, noise: Buffer.alloc(40, 0x5a) }],
        units: [unit(...three(asked({ noise: Buffer.alloc(9, 0x5a) })))],
      },
      ['likely babble'],
    ],
    [
      'finds two units with one address by their two answers',
      { units: [unit(good(), good({ answers: [answered(20), answered(45)] }), good())] },
      ['certain address-twice'],
    ],
    [
      'suspects two units with one address where each answer is garbled and others are well',
      { units: [unit(...three(garbled())), unit(...three(good({ unit: '4' })))] },
      ['likely address-twice'],
    ],
    [
      'suspects them also where they are alone',
      { units: [unit(...three(garbled()))], tried: [other(2400, '8E1')] },
      ['likely address-twice'],
    ],
    [
      'finds answers that come too late, and does not take them for two',
      {
        units: [
          unit(
            asked({ answers: [answered(900)] }),
            asked({ answers: [answered(30), answered(880)] }),
            asked(),
          ),
        ],
      },
      ['certain answers-late'],
    ],
    [
      'sees that a gateway in between cannot reach the unit',
      { units: [unit(...three(asked({ answers: [answered(20, 0x0b)] })))] },
      ['certain gateway-target'],
    ],
    [
      'takes an exception of the unit itself for an answer',
      { units: [unit(...three(asked({ answers: [answered(20, 2)] })))] },
      ['certain all-well'],
    ],
    [
      'takes a damaged answer now and then for noise',
      { units: [unit(good(), garbled(), good())] },
      ['likely noise'],
    ],
  ])('%s', (_what, facts, expected) => {
    const found = diagnoseWire(wire(facts));
    const short = found.map(({ confidence, code }) => `${confidence} ${code.slice(7)}`);
    expect(short).toEqual(expected);
  });

  it('says what it saw, with no hole left open, in both languages', () => {
    const late = asked({ answers: [answered(812.4)] });
    const [finding] = diagnoseWire(wire({ units: [unit(late, late, late)] }));
    const error = finding && new GatewayError(finding.code, finding.details);
    expect(error?.describe('en')).toBe(
      'unit 3 (modbus) answers, but only after 812 ms; the time-out is 500 ms [doctor.answers-late]',
    );
    expect(error?.hint('en')).toContain('write timeout: 1300ms for this device');
    expect(error?.describe('zh')).toContain('要 812 ms');
    const glitches = [asked({ noise: Uint8Array.of(0, 0xf8) }), asked({ noise: Uint8Array.of(0) })];
    const [swapped] = diagnoseWire(wire({ units: [unit(...glitches)] }));
    expect(swapped?.details).toEqual({ glitches: 2, hex: '00 F8 00' });
  });
});

describe('the doctor of a network', () => {
  const network = (facts: Partial<NetworkEvidence>): NetworkEvidence => ({
    resource: 'tcp:10.0.0.5:502',
    ended: undefined,
    units: [unit(...three(asked()))],
    others: [],
    ...facts,
  });
  const refused = (code: number) => asked({ answers: [answered(5, code)] });

  it.each<[string, Partial<NetworkEvidence>, string[]]>([
    ['finds nothing where all answer', { units: [unit(...three(good()))] }, ['certain all-well']],
    [
      'finds a peer that says nothing to anybody',
      { others: [asked({ unit: '1' }), asked({ unit: '255' })] },
      ['certain mute'],
    ],
    [
      'finds a peer that ends the connection',
      { ended: 'the other side ended the connection', units: [] },
      ['certain turned-away'],
    ],
    [
      'finds the number that answers instead',
      { others: [asked({ unit: '1' }), good({ unit: '255' })] },
      ['likely unit-wrong'],
    ],
    [
      'finds it also behind a gateway that knows its units',
      { units: [unit(...three(refused(0x0b)))], others: [good({ unit: '1' })] },
      ['likely unit-wrong'],
    ],
    [
      'sees a gateway with nobody behind it',
      { units: [unit(...three(refused(0x0b)))], others: [refused(0x0b)] },
      ['certain gateway-target'],
    ],
  ])('%s', (_what, facts, expected) => {
    const found = diagnoseNetwork(network(facts));
    const short = found.map(({ confidence, code }) => `${confidence} ${code.slice(7)}`);
    expect(short).toEqual(expected);
  });

  it.each([
    ['connect ECONNREFUSED 10.0.0.5:502', 'doctor.port-closed'],
    ['connect EHOSTUNREACH 10.0.0.5:502', 'doctor.host-unreachable'],
    ['no connection within 5000 ms', 'doctor.host-unreachable'],
    ['getaddrinfo ENOTFOUND plc.local', 'doctor.host-unknown'],
    ['Error: No such file or directory, cannot open /dev/ttyUSB7', 'doctor.port-missing'],
    ['Error: Permission denied, cannot open /dev/ttyS0', 'doctor.port-denied'],
    ['read ECONNRESET', 'doctor.turned-away'],
  ])('knows what it means that a bus cannot be opened: %s', (reason, code) => {
    const error = new GatewayError('line.unreachable', { resource: 'tcp:10.0.0.5:502', reason });
    expect(diagnoseWay(error)).toMatchObject({ code, confidence: 'certain' });
  });

  it('hands on what a DTU that never came means already', () => {
    const error = new GatewayError('line.dtu-absent', { registration: 'HG01', port: 9000 });
    expect(diagnoseWay(error)).toMatchObject({ code: 'line.dtu-absent', details: { port: 9000 } });
  });

  it('knows a port that another program holds', () => {
    const error = new GatewayError('line.port-busy', { port: '/dev/ttyS1', holder: 'minicom' });
    expect(diagnoseWay(error)).toMatchObject({
      code: 'doctor.port-busy',
      details: { resource: '/dev/ttyS1', reason: 'minicom' },
    });
  });
});
