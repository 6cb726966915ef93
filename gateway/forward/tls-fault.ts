/**
 * Why there is no secure connection to a broker, by the codes of Node (https://nodejs.org/api/tls.html#x509-certificate-error-codes)
 * and of OpenSSL's alerts (RFC 8446 §6.2). Pure.
 */
import type { ClockTrust } from '../model/clock-mark.ts';
import type { ErrorCode } from '../model/errors.ts';

/** What the broker's certificate lacks, as Node sees it. */
const CERTIFICATES: Readonly<Record<string, ErrorCode>> = {
  CERT_HAS_EXPIRED: 'forward.tls-expired',
  CERT_NOT_YET_VALID: 'forward.tls-not-yet-valid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'forward.tls-host',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'forward.tls-authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'forward.tls-authority',
  UNABLE_TO_GET_ISSUER_CERT: 'forward.tls-authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'forward.tls-authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'forward.tls-authority',
};
/** Which depend on what time it is. */
const TIMES: readonly ErrorCode[] = ['forward.tls-expired', 'forward.tls-not-yet-valid'];

/** What the broker says of this gateway's certificate, or of its lack. */
const CLIENT_ALERT =
  /ALERT_((BAD|UNSUPPORTED)_CERTIFICATE|CERTIFICATE_(REVOKED|EXPIRED|UNKNOWN|REQUIRED)|UNKNOWN_CA|ACCESS_DENIED)/;
const OTHER_VERSION = /ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|ALERT_HANDSHAKE_FAILURE/;
const NO_TLS = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/;

/** `code` is that of the error; a clock that was never set cannot tell whether a certificate is valid. */
export function tlsFault(code: string | undefined, trust: ClockTrust): ErrorCode {
  const known = CERTIFICATES[code ?? ''];
  if (known) return TIMES.includes(known) && trust === 'unsynced' ? 'forward.tls-clock' : known;
  if (code === undefined) return 'forward.tls-failed';
  if (CLIENT_ALERT.test(code)) return 'forward.tls-client';
  if (OTHER_VERSION.test(code)) return 'forward.tls-version';
  return NO_TLS.test(code) ? 'forward.tls-none' : 'forward.tls-failed';
}
