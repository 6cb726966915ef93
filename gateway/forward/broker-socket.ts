/** The socket to a broker: TCP, or TLS with what the files say. */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { GatewayError, reasonOf } from '../model/errors.ts';
import type { Credentials } from './credentials.ts';

/** Connects; an encrypted connection is verified, without a switch to turn that off. */
export function openSocket(url: URL, credentials: Credentials): Socket {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!isSecure(url)) return connectTcp({ host, port: Number(url.port || 1883) });
  try {
    return connectTls({
      host,
      port: Number(url.port || 8883),
      minVersion: 'TLSv1.2',
      ...(isIP(host) === 0 && { servername: host }),
      ...(credentials.ca && { ca: credentials.ca }),
      ...(credentials.cert && { cert: credentials.cert }),
      ...(credentials.key && { key: credentials.key }),
    });
  } catch (error) {
    // A file that is not PEM, a key that does not belong to the certificate.
    throw new GatewayError('forward.tls-failed', { broker: url.host, reason: reasonOf(error) });
  }
}

export const isSecure = (url: URL): boolean => url.protocol === 'mqtts:';
