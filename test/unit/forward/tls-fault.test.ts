import { createServer } from 'node:net';
import { connect } from 'node:tls';
import { expect, it } from 'vitest';
import { tlsFault } from '../../../gateway/forward/tls-fault.ts';

it.each([
  ['SELF_SIGNED_CERT_IN_CHAIN', 'forward.tls-authority'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'forward.tls-client'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'forward.tls-client'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED', 'forward.tls-client'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'forward.tls-version'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'forward.tls-version'],
  ['ECONNRESET', 'forward.tls-failed'],
  [undefined, 'forward.tls-failed'],
])('%s is told as %s', (code, told) => {
  expect(tlsFault(code, 'synced')).toBe(told);
});

it('blames a clock that was never set for what depends on the time, and for nothing else', () => {
  expect(tlsFault('CERT_HAS_EXPIRED', 'synced')).toBe('forward.tls-expired');
  expect(tlsFault('CERT_HAS_EXPIRED', 'holdover')).toBe('forward.tls-expired');
  expect(tlsFault('CERT_HAS_EXPIRED', 'unsynced')).toBe('forward.tls-clock');
  expect(tlsFault('ERR_TLS_CERT_ALTNAME_INVALID', 'unsynced')).toBe('forward.tls-host');
});

it('knows a port that answers something else', async () => {
  const server = createServer((socket) =>
    socket.on('data', () => socket.end('HTTP/1.1 400\r\n\r\n')),
  );
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const error = await new Promise<NodeJS.ErrnoException>((failed) =>
    connect({ host: '127.0.0.1', port }).on('error', failed),
  );
  server.close();
  expect(tlsFault(error.code, 'synced')).toBe('forward.tls-none');
});
