import { describe, expect, test } from 'vitest';
import type { CertificateFacts } from '../../../drivers/opcua/certificate.ts';
import { type Presented, serverRefusal } from '../../../drivers/opcua/server-check.ts';
import { fill, GatewayError } from '../../../gateway/model/errors.ts';
import { utcMs } from '../../../gateway/model/units.ts';

const fingerprint = 'ab'.repeat(32);
const certificate: CertificateFacts = {
  subject: 'CN=plc',
  uri: 'urn:plc',
  hosts: ['PLC', '10.0.0.5'],
  notBefore: utcMs(Date.UTC(2025, 0, 1)),
  notAfter: utcMs(Date.UTC(2027, 0, 1)),
  sha256: fingerprint,
  sha1: 'cd'.repeat(20),
  rsaBits: 2048,
  isSelfSigned: true,
  servesAsServer: true,
  der: Buffer.of(),
};
const trusted: Presented = {
  url: 'opc.tcp://10.0.0.5:4840/server',
  certificate,
  applicationUri: 'urn:plc',
  isTrusted: true,
  expected: fingerprint,
  now: utcMs(Date.UTC(2026, 0, 1)),
  isSynced: true,
};
const refusal = (changed: Partial<Presented>) => serverRefusal({ ...trusted, ...changed });
const of = (changed: Partial<CertificateFacts>) => ({
  certificate: { ...certificate, ...changed },
});
const code = (changed: Partial<Presented>) => refusal(changed)?.code;

test('a server with the certificate that is trusted for its url is talked to', () => {
  expect(serverRefusal(trusted)).toBeUndefined();
});

describe('who is not trusted', () => {
  const stranger = { isTrusted: false, expected: undefined };

  test('an unknown certificate is named with its fingerprint, and with the command that trusts it', () => {
    const found = refusal(stranger);
    expect(found?.code).toBe('opcua.certificate-unknown');
    const error = new GatewayError('opcua.certificate-unknown', found?.details);
    expect(error.message).toContain(fingerprint);
    expect(error.hint('en')).toContain(`headgate trust [site] ${fingerprint}`);
    expect(error.hint('zh')).toContain(`headgate trust [站点] ${fingerprint}`);
  });

  test('a trusted url with another certificate is a change, with both fingerprints', () => {
    const found = refusal({ isTrusted: false, expected: 'ee'.repeat(32) });
    expect(found).toMatchObject({
      code: 'opcua.certificate-changed',
      details: { fingerprint, known: 'ee'.repeat(32) },
    });
  });

  test('a certificate that is trusted for another server does not make it this one', () => {
    expect(code({ expected: 'ee'.repeat(32) })).toBe('opcua.certificate-changed');
  });

  test('a certificate whose trust was taken back is unknown, though it is the expected one', () => {
    expect(code({ isTrusted: false })).toBe('opcua.certificate-unknown');
  });

  test('an unknown certificate is for a person to see, whatever else is wrong with it', () => {
    expect(code({ ...stranger, ...of({ rsaBits: 1024, uri: 'urn:other' }) })).toBe(
      'opcua.certificate-unknown',
    );
  });
});

describe('a trusted certificate that nobody trusted for this url', () => {
  const unbound = { expected: undefined };

  test('is taken when it is made out to the host', () => {
    expect(code(unbound)).toBeUndefined();
    expect(code({ ...unbound, url: 'opc.tcp://plc:4840' })).toBeUndefined();
  });

  test('is refused when it is made out to another', () => {
    expect(refusal({ ...unbound, url: 'opc.tcp://10.0.0.6:4840' })).toMatchObject({
      code: 'opcua.certificate-elsewhere',
      details: { host: '10.0.0.6', hosts: 'PLC, 10.0.0.5' },
    });
  });

  test('is taken at any address once somebody trusted it there', () => {
    expect(code({ url: 'opc.tcp://10.0.0.6:4840' })).toBeUndefined();
  });
});

describe('a certificate that is not good for its server', () => {
  test('is of another application', () => {
    expect(refusal({ applicationUri: 'urn:other' })).toMatchObject({
      code: 'opcua.certificate-uri',
      details: { uri: 'urn:plc', said: 'urn:other' },
    });
    expect(code(of({ uri: undefined }))).toBe('opcua.certificate-uri');
    expect(code({ applicationUri: undefined })).toBeUndefined();
  });

  test('is meant for something else than a server', () => {
    expect(code(of({ servesAsServer: false }))).toBe('opcua.certificate-usage');
  });

  test.each([
    [2047, 'opcua.certificate-key'],
    [2048, undefined],
    [4096, undefined],
    [4097, 'opcua.certificate-key'],
    [undefined, 'opcua.certificate-key'],
  ])('has an RSA key of %s bits', (rsaBits, expected) => {
    expect(code(of({ rsaBits }))).toBe(expected);
  });
});

describe('time', () => {
  const [before, after] = [utcMs(Date.UTC(2024, 11, 31)), utcMs(Date.UTC(2027, 0, 2))];

  test('an ended certificate and one that is not valid yet are refused', () => {
    expect(code({ now: after })).toBe('opcua.certificate-expired');
    expect(code({ now: before })).toBe('opcua.certificate-early');
  });

  test('where the clock was not set, the clock is what is wrong, and time will mend it', () => {
    const found = refusal({ now: utcMs(0), isSynced: false });
    expect(found?.code).toBe('opcua.clock-unset');
    expect(new GatewayError('opcua.clock-unset', found?.details).kind).toBe('transient');
  });

  test('a clock that nobody set but that fits the certificate is good enough', () => {
    expect(code({ isSynced: false })).toBeUndefined();
  });
});

test('every refusal fills all holes of its words', () => {
  const refusals = [
    refusal({ isTrusted: false, expected: undefined }),
    refusal({ expected: 'ee' }),
    refusal({ expected: undefined, url: 'opc.tcp://x:1' }),
    refusal({ applicationUri: 'urn:other' }),
    refusal(of({ servesAsServer: false })),
    refusal(of({ rsaBits: undefined })),
    refusal({ now: utcMs(0) }),
    refusal({ now: utcMs(Date.UTC(2030, 0, 1)) }),
    refusal({ now: utcMs(0), isSynced: false }),
  ];
  for (const found of refusals) {
    const error = new GatewayError(found?.code ?? 'opcua.lost', found?.details);
    const words = [error.describe('en'), error.describe('zh'), error.hint('en'), error.hint('zh')];
    for (const text of words) expect(fill(text, {})).not.toMatch(/\{\w+\}/);
  }
});
