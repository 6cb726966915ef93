/** Why a server does not let the gateway in, in words: from what the library or the server said. Pure. */
import {
  type ErrorCode,
  type ErrorDetails,
  GatewayError,
  reasonOf,
} from '../../gateway/model/errors.ts';
import type { CertificateFacts } from './certificate.ts';
import { dayOf } from './renewal.ts';

/** What is known about the connection that failed. */
export interface ConnectionFacts {
  readonly url: string;
  /** `Basic256Sha256/Sign`; None when left out. */
  readonly security?: string | undefined;
  /** Who wanted in; undefined for nobody in particular. */
  readonly user?: string | undefined;
  /** What we show to the server; undefined where nothing is shown. */
  readonly own?: CertificateFacts | undefined;
}

/**
 * Any failure to connect or to log in, as an error with a next step. Certificates are always ours here: a server's was
 * checked before. An error of the gateway's own is handed back as it is.
 */
export function securityError(error: unknown, facts: ConnectionFacts): GatewayError {
  if (error instanceof GatewayError) return error;
  const { url } = facts;
  const reason = reasonOf(error);
  const status = statusIn(error);
  const code = status === undefined ? undefined : CODES.get(status);
  if (code) return new GatewayError(code, detailsOf(code, status ?? '', facts), error);
  if (/endpoint matching|end point must exist/i.test(reason)) {
    const details = { url, security: facts.security ?? 'None', offered: '-' };
    return new GatewayError('opcua.security-missing', details, error);
  }
  if (status !== undefined) return new GatewayError('opcua.refused', { url, status }, error);
  if (facts.own && HUNG_UP.test(reason))
    return new GatewayError(UNTRUSTED, detailsOf(UNTRUSTED, 'it hung up', facts), error);
  return new GatewayError('opcua.unreachable', { url, reason: shortened(reason) }, error);
}

/** The name of a bad status inside an error of the library or of a service; undefined where nobody said one. */
export function statusIn(error: unknown): string | undefined {
  const [name] = /\bBad[A-Z]\w+/.exec(reasonOf(error)) ?? [];
  return name;
}

const UNTRUSTED = 'opcua.gateway-untrusted';
const UNFIT = 'opcua.gateway-unfit';
const LOGIN = 'opcua.login-refused';
const FULL = 'opcua.server-full';
const CLOCK = 'opcua.clock-apart';

/** OPC 10000-4 §7.39.1 and §6.1.3; servers that tell strangers nothing say BadSecurityChecksFailed for all of it. */
const CODES: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ['BadCertificateUntrusted', UNTRUSTED],
  ['BadSecurityChecksFailed', UNTRUSTED],
  ['BadCertificateChainIncomplete', UNTRUSTED],
  ['BadCertificateRevoked', UNTRUSTED],
  ['BadCertificateInvalid', UNFIT],
  ['BadCertificateTimeInvalid', UNFIT],
  ['BadCertificateUriInvalid', UNFIT],
  ['BadCertificateHostNameInvalid', UNFIT],
  ['BadCertificateUseNotAllowed', UNFIT],
  ['BadCertificatePolicyCheckFailed', UNFIT],
  ['BadNoValidCertificates', UNFIT],
  ['BadIdentityTokenInvalid', LOGIN],
  ['BadIdentityTokenRejected', LOGIN],
  ['BadUserAccessDenied', LOGIN],
  ['BadUserSignatureInvalid', LOGIN],
  ['BadIdentityChangeNotSupported', LOGIN],
  ['BadSecurityModeRejected', 'opcua.security-missing'],
  ['BadSecurityPolicyRejected', 'opcua.security-missing'],
  ['BadSecurityModeInsufficient', 'opcua.security-missing'],
  ['BadTooManySessions', FULL],
  ['BadMaxConnectionsReached', FULL],
  ['BadTcpServerTooBusy', FULL],
  ['BadTcpNotEnoughResources', FULL],
  ['BadInvalidTimestamp', CLOCK],
]);

function detailsOf(code: ErrorCode, status: string, facts: ConnectionFacts): ErrorDetails {
  const { url, security = 'None', user = 'anonymous', own } = facts;
  if (code === LOGIN) return { url, user, status };
  if (code === 'opcua.security-missing') return { url, security, offered: status };
  if (code === UNTRUSTED) return { url, status, thumbprint: own?.sha1 ?? '-' };
  if (code !== UNFIT) return { url, status };
  const [from, until] = own ? [dayOf(own.notBefore), dayOf(own.notAfter)] : ['-', '-'];
  return { url, status, from, until, uri: own?.uri ?? '-' };
}

/** A server that does not say why, but ends the connection while security is being agreed. */
const HUNG_UP = /ECONNRESET|EPIPE|socket hang|disconnected by third party|closed|aborted/i;

/** The library wraps what the operating system said in advice of its own. */
const shortened = (reason: string): string =>
  /\b(?:connect )?E[A-Z_]{4,}\b[^\n()]*/.exec(reason)?.[0].trim() ?? reason.split('\n', 1)[0] ?? '';
