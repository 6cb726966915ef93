/** What the doctor makes of what an OPC UA server says of itself. */
import { describe, expect, test } from 'vitest';
import {
  diagnoseServer,
  diagnoseSilence,
  type ServerEvidence,
} from '../../../gateway/health/doctor-opcua.ts';
import { millis } from '../../../gateway/model/units.ts';

const NOW = Date.UTC(2026, 5, 1);
const seen = (facts: Partial<ServerEvidence> = {}): ServerEvidence => ({
  url: 'opc.tcp://plc:4840',
  security: 'None',
  login: 'anonymous',
  offered: ['None'],
  logins: ['anonymous'],
  state: 0,
  clocks: { theirs: NOW + 2_000, ours: NOW },
  took: millis(3.4),
  ...facts,
});
const codes = (facts: Partial<ServerEvidence>) =>
  diagnoseServer(seen(facts)).map(({ code }) => code);

describe('a server that lets us in', () => {
  test('is well when it runs and knows the time', () => {
    expect(diagnoseServer(seen())).toMatchObject([
      { code: 'doctor.opcua-well', details: { state: 'Running', apart: 2, took: 3 } },
    ]);
  });

  test.each([
    [1, 'Failed'],
    [3, 'Suspended'],
    [6, 'CommunicationFault'],
    [99, '99'],
  ])('is not well in state %i, %s', (state, name) => {
    expect(diagnoseServer(seen({ state }))).toMatchObject([
      { code: 'doctor.opcua-state', confidence: 'certain', details: { state: name } },
    ]);
  });

  test('is told when its clock is farther from ours than a sample may be, either way', () => {
    const apart = (ms: number) => codes({ clocks: { theirs: NOW + ms, ours: NOW } });
    expect(apart(300_000)).toEqual(['doctor.opcua-well']);
    expect(apart(300_001)).toEqual(['doctor.opcua-clock']);
    expect(apart(-86_400_000)).toEqual(['doctor.opcua-clock']);
  });

  test('need not say its state or its time', () => {
    expect(diagnoseServer(seen({ state: undefined, clocks: undefined }))).toMatchObject([
      { code: 'doctor.opcua-well', details: { state: '-', apart: '-' } },
    ]);
  });

  test('may have several faults', () => {
    const faults = codes({ state: 4, clocks: { theirs: 0, ours: NOW } });
    expect(faults).toEqual(['doctor.opcua-state', 'doctor.opcua-clock']);
  });
});

describe('a server that says nothing', () => {
  test.each([
    ['getaddrinfo ENOTFOUND plc', 'doctor.host-unknown'],
    ['getaddrinfo EAI_AGAIN plc', 'doctor.host-unknown'],
    ['connect ECONNREFUSED 10.0.0.1:4840', 'doctor.opcua-port-closed'],
    ['connect EHOSTUNREACH 10.0.0.1:4840', 'doctor.host-unreachable'],
    ['no connection within 5000 ms', 'doctor.host-unreachable'],
    [undefined, 'doctor.opcua-mute'],
  ])('%s is %s', (reason, code) => {
    expect(diagnoseSilence('plc:4840', 'it hung up', reason)).toMatchObject({ code });
  });
});
