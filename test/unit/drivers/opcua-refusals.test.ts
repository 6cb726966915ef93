import { describe, expect, test } from 'vitest';
import { type ConnectionFacts, securityError, statusIn } from '../../../drivers/opcua/refusals.ts';
import { GatewayError } from '../../../gateway/model/errors.ts';
import { type Peer, peer } from '../../support/opcua-certificates.ts';

const url = 'opc.tcp://plc:4840';
const facts: ConnectionFacts = { url, security: 'Basic256Sha256/Sign', user: 'op' };
const said = (status: string) =>
  new Error(`The connection has been rejected by server: ${status} (0x80130000)`);
const of = (error: unknown, more: Partial<ConnectionFacts> = {}) =>
  securityError(error, { ...facts, ...more });

test('an error of the gateway itself is handed back as it is', () => {
  const error = new GatewayError('opcua.certificate-unknown');
  expect(of(error)).toBe(error);
});

test.each([
  ['BadCertificateUntrusted', 'opcua.gateway-untrusted'],
  ['BadSecurityChecksFailed', 'opcua.gateway-untrusted'],
  ['BadCertificateTimeInvalid', 'opcua.gateway-unfit'],
  ['BadCertificateUriInvalid', 'opcua.gateway-unfit'],
  ['BadCertificateUseNotAllowed', 'opcua.gateway-unfit'],
  ['BadIdentityTokenRejected', 'opcua.login-refused'],
  ['BadUserAccessDenied', 'opcua.login-refused'],
  ['BadSecurityModeRejected', 'opcua.security-missing'],
  ['BadSecurityPolicyRejected', 'opcua.security-missing'],
  ['BadTooManySessions', 'opcua.server-full'],
  ['BadInvalidTimestamp', 'opcua.clock-apart'],
  ['BadServiceUnsupported', 'opcua.refused'],
])('%s is %s, with the status in its words', (status, code) => {
  const error = of(said(status));
  expect(error.code).toBe(code);
  for (const language of ['en', 'zh'] as const) {
    expect(error.describe(language)).toContain(status);
    expect(`${error.describe(language)} ${error.hint(language)}`).not.toMatch(/\{\w+\}/);
  }
});

test('a server that does not trust us is answered with how to get our certificate there', async () => {
  const { certificate }: Peer = await peer({ name: 'headgate' });
  const error = of(said('BadCertificateUntrusted'), { own: certificate });
  expect(error.message).toContain(certificate.sha1);
  expect(error.hint('en')).toContain('headgate certificate [site] --export');
});

test('who is refused is named, never the password', () => {
  expect(of(said('BadUserAccessDenied')).message).toContain('does not let op in');
});

describe('a server that says nothing', () => {
  const hungUp = new Error(
    'The connection may have been rejected by server,\n Err = (socket has been disconnected by third party)',
  );

  test('hangs up on a certificate that it does not trust', async () => {
    const { certificate } = await peer();
    expect(of(hungUp, { own: certificate }).code).toBe('opcua.gateway-untrusted');
  });

  test('is away where no certificate is shown to it', () => {
    expect(of(hungUp).code).toBe('opcua.unreachable');
  });

  test('is away when nothing listens, in the words of the operating system', async () => {
    const { certificate } = await peer();
    const wrapped = new Error(
      'The connection cannot be established with server opc.tcp://plc:4840 .\nPlease check.\nErr = (connect ECONNREFUSED 10.0.0.5:4840)',
    );
    const error = of(wrapped, { own: certificate });
    expect(error).toMatchObject({
      code: 'opcua.unreachable',
      details: { url, reason: 'connect ECONNREFUSED 10.0.0.5:4840' },
    });
  });
});

test('no matching endpoint is a security that the server does not offer', () => {
  const error = of(new Error(' End point must exist opc.tcp://plc  securityMode = None'), {
    security: 'None',
  });
  expect(error).toMatchObject({ code: 'opcua.security-missing', details: { security: 'None' } });
});

test('a status is found inside the causes of an error', () => {
  expect(statusIn(new Error('outer', { cause: said('BadTimeout') }))).toBe('BadTimeout');
  expect(statusIn(new Error('Badly broken'))).toBeUndefined();
});
