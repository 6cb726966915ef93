/** What a server offers before anybody is known to it: GetEndpoints over a connection without security. */
import type { Clock } from '../../gateway/host/clock.ts';
import type { Millis } from '../../gateway/model/units.ts';
import './library-log.ts';
import { inTime } from './patience.ts';
import {
  type EndpointDescription,
  MessageSecurityMode,
  OPCUAClient,
  type OPCUAClientOptions,
  StatusCodes,
  UserTokenType,
} from './stack.ts';

/** One way to connect to a server. */
export interface Offer {
  /** As a bus is configured, `Basic256Sha256/SignAndEncrypt`; or what the server calls a policy we do not know. */
  readonly security: string;
  /** DER; of a chain the server's own comes first. Undefined where none is needed. */
  readonly certificate: Uint8Array | undefined;
  readonly applicationUri: string | undefined;
  readonly logins: readonly Login[];
}

export interface Login {
  readonly kind: OpcuaLogin;
  /** Whether the server wants what is secret of it unencrypted, apart from what the channel does. */
  readonly isPlain: boolean;
}

export type OpcuaLogin = 'anonymous' | 'password' | 'certificate' | 'token';

/** Policies by the end of their URI (OPC 10000-7 §6.6). */
export const POLICY_URI = 'http://opcfoundation.org/UA/SecurityPolicy#';
const BINARY_TCP = /uatcp-uasc-uabinary$/;

export interface DiscoveryOptions {
  readonly clock: Clock;
  readonly timeout: Millis;
  readonly signal?: AbortSignal | undefined;
}

/** Asks the server; rejects with the library's error, or the signal's reason, when nothing comes of it. */
export async function offersOf(url: string, options: DiscoveryOptions): Promise<readonly Offer[]> {
  const client = bareClient({ transportTimeout: options.timeout });
  const asking = client.connect(url).then(() => client.getEndpoints({ endpointUrl: url }));
  try {
    const endpoints = await inTime(asking, {
      ...options,
      name: 'opcua.discovery',
      late: () => new Error(`no answer within ${options.timeout} ms`),
    });
    return endpoints.filter(isBinary).map(offerOf);
  } finally {
    client.disconnect().catch(() => {});
  }
}

const isBinary = ({ transportProfileUri }: EndpointDescription): boolean =>
  !transportProfileUri || BINARY_TCP.test(transportProfileUri);

function offerOf(endpoint: EndpointDescription): Offer {
  const { securityPolicyUri, securityMode, serverCertificate, server, userIdentityTokens } =
    endpoint;
  const policy = (securityPolicyUri ?? '').replace(POLICY_URI, '');
  return {
    security:
      securityMode === MessageSecurityMode.None
        ? 'None'
        : `${policy}/${MessageSecurityMode[securityMode]}`,
    certificate: serverCertificate && serverCertificate.length > 0 ? serverCertificate : undefined,
    applicationUri: server.applicationUri || undefined,
    logins: (userIdentityTokens ?? []).map((token) => ({
      kind: LOGINS[token.tokenType] ?? 'token',
      isPlain: token.securityPolicyUri === `${POLICY_URI}None`,
    })),
  };
}

const LOGINS: Readonly<Partial<Record<UserTokenType, OpcuaLogin>>> = {
  [UserTokenType.Anonymous]: 'anonymous',
  [UserTokenType.UserName]: 'password',
  [UserTokenType.Certificate]: 'certificate',
};

/**
 * A client without key and certificate. The library would make itself some in the user's home, seconds of work on a
 * small board, for a connection that needs none.
 */
export function bareClient(options: OPCUAClientOptions): OPCUAClient {
  const client = OPCUAClient.create({
    ...ALONE,
    ...options,
    clientCertificateManager: NOBODY_TRUSTED,
    certificateFile: 'none',
    privateKeyFile: 'none',
  });
  return Object.assign(client, {
    initializeCM: async () => {},
    getCertificate: () => null,
    getCertificateChain: () => [],
    getKeyOperations: () => ({}),
  });
}

/** The bus alone decides when a connection is opened again. */
export const ALONE = {
  connectionStrategy: { maxRetry: 0 },
  keepSessionAlive: false,
  endpointMustExist: false,
  applicationName: 'headgate',
} as const satisfies OPCUAClientOptions;

type Store = NonNullable<OPCUAClientOptions['clientCertificateManager']>;

/** Servers are checked before the library sees them; what it asks all the same is answered with no. */
export const NOBODY_TRUSTED = {
  referenceCounter: 0,
  initialize: async () => {},
  dispose: async () => {},
  checkCertificate: async () => StatusCodes.BadCertificateUntrusted,
  getTrustStatus: async () => StatusCodes.BadCertificateUntrusted,
  // Of our own certificate, whose state is known better elsewhere.
  verifyCertificate: async () => 'Good',
  trustCertificate: async () => {},
  rejectCertificate: async () => {},
  addIssuer: async () => {},
  addRevocationList: async () => {},
} satisfies Store;
