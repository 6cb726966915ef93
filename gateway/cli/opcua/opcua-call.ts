/** An OPC UA server for one call of the command line: connected, used, closed. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { opcuaUrl } from '../../../config/options.ts';
import { OPCUA_SECURITIES, type OpcuaSecurity } from '../../../config/site.ts';
import { certificateFacts } from '../../../drivers/opcua/certificate.ts';
import { OpcuaConnection } from '../../../drivers/opcua/connection.ts';
import { type Offer, offersOf } from '../../../drivers/opcua/discovery.ts';
import { securityError } from '../../../drivers/opcua/refusals.ts';
import { type OpcuaBus, type OpcuaUser, pkiOf } from '../../../drivers/opcua/security.ts';
import { TrustStore } from '../../../drivers/opcua/trust-store.ts';
import { silentLog } from '../../host/log.ts';
import { duration } from '../../host/schema.ts';
import { memoryStateStore } from '../../host/state-store.ts';
import { type ErrorCode, GatewayError, type Language, reasonOf } from '../../model/errors.ts';
import { type Millis, seconds } from '../../model/units.ts';
import type { Call } from '../verb.ts';
import { usage } from '../wire/device-flags.ts';

const TIMEOUT: Millis = seconds(5);
/** A call that is killed leaves its session to the server for so long. */
const SESSION_TIMEOUT: Millis = seconds(20);
/** Nothing is subscribed to. */
const KEEP_ALIVE: Millis = seconds(10);
/** The name that servers see; the certificate is made out to it. */
const GATEWAY = 'command-line';

/** The strongest first; signed messages that everybody can read come after all that nobody can. */
const STRONGEST: readonly OpcuaSecurity[] = [
  'Aes256_Sha256_RsaPss/SignAndEncrypt',
  'Basic256Sha256/SignAndEncrypt',
  'Aes256_Sha256_RsaPss/Sign',
  'Basic256Sha256/Sign',
];

/** The server that a call names, with how to get in. Throws `cli.usage`; asks the server when no security is named. */
export async function opcuaBusOf(call: Call, verb: string, url: string): Promise<OpcuaBus> {
  const parsed = opcuaUrl({}).parse(url);
  if (!parsed.ok) throw usage(verb, `"${url}" is no OPC UA server: write opc.tcp://host:4840`);
  const common = {
    url,
    user: await userOf(call, verb),
    sessionTimeout: SESSION_TIMEOUT,
    keepAlive: KEEP_ALIVE,
    timeout: timeoutOf(call, verb),
    pki: pkiFolder(call),
    gateway: GATEWAY,
  };
  const security = securityOf(call, verb) ?? (await strongestOf(call, common));
  return { ...common, security };
}

/** Connects; everything is closed again when `use` ends. Rejects with `opcua.…`, `trust.…`. */
export async function useOpcua<T>(
  call: Pick<Call, 'clock' | 'signal' | 'values' | 'language' | 'note'>,
  bus: OpcuaBus,
  use: (link: OpcuaConnection) => Promise<T>,
): Promise<T> {
  const { clock, signal } = call;
  const link = new OpcuaConnection(bus, { clock, log: silentLog, state: memoryStateStore() });
  try {
    await link.connect(signal).catch((error) => onceTrusted(error, call, bus, link));
    return await use(link);
  } finally {
    await link.close(true);
  }
}

/** The server showed its certificate, and somebody who knows its fingerprint trusts it. */
async function onceTrusted(
  error: unknown,
  { clock, signal, values, language, note }: Parameters<typeof useOpcua>[0],
  bus: OpcuaBus,
  link: OpcuaConnection,
): Promise<void> {
  if (!(error instanceof GatewayError) || !WITH_TRUST.has(error.code)) throw error;
  if (typeof values.trust !== 'string') {
    note(TRUST_HERE[language](String(error.details.fingerprint)));
    throw error;
  }
  const pki = await pkiOf(bus, { clock, log: silentLog });
  await pki?.store.trust(values.trust);
  await link.connect(signal);
}

/** What a fingerprint helps against. */
const WITH_TRUST: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'opcua.certificate-unknown',
  'opcua.certificate-changed',
  'opcua.certificate-elsewhere',
]);
const TRUST_HERE: Readonly<Record<Language, (fingerprint: string) => string>> = {
  en: (fingerprint) =>
    `without a site, once the fingerprint is compared: the same with --trust ${fingerprint}; ` +
    'to look around where everybody may listen and change things: --security None',
  zh: (fingerprint) =>
    `无站点调用时，核对指纹后在同一命令后加 --trust ${fingerprint}；` +
    '若允许他人窃听和篡改，可用 --security None',
};

/** Where keys and trust are for calls without a site. */
export const pkiFolder = ({ values }: Pick<Call, 'values'>): string =>
  typeof values.pki === 'string'
    ? resolve(values.pki)
    : join(process.env.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'headgate', 'pki');

/**
 * The strongest security that is known and whose certificate is trusted, else the strongest that is known; undefined when
 * only None is. Pure.
 */
export function strongest(
  offers: readonly Offer[],
  isTrusted: (certificate: Uint8Array) => boolean,
): OpcuaSecurity | undefined {
  const known = STRONGEST.flatMap((security) => {
    const offer = offers.find((one) => one.security === security && one.certificate !== undefined);
    return offer ? [{ security, isTrusted: isTrusted(offer.certificate ?? new Uint8Array()) }] : [];
  });
  return (known.find((offer) => offer.isTrusted) ?? known[0])?.security;
}

async function strongestOf(
  { clock, signal }: Call,
  { url, timeout, pki }: Pick<OpcuaBus, 'url' | 'timeout' | 'pki'>,
): Promise<OpcuaSecurity> {
  let offers: readonly Offer[];
  try {
    offers = await offersOf(url, { clock, timeout, signal });
  } catch (error) {
    throw signal.aborted ? error : securityError(error, { url });
  }
  const trusted = await new TrustStore(pki).trusted();
  const found = strongest(offers, (shown) => {
    const { sha256 } = certificateFacts(shown);
    return trusted.some(({ certificate }) => certificate.sha256 === sha256);
  });
  if (found !== undefined) return found;
  const offered = [...new Set(offers.map(({ security }) => security))].join(', ') || '-';
  throw new GatewayError('cli.opcua-unprotected', { url, offered });
}

function securityOf({ values }: Call, verb: string): OpcuaSecurity | undefined {
  const { security: written } = values;
  if (written === undefined) return undefined;
  const known = OPCUA_SECURITIES.find((one) => one === written);
  if (known) return known;
  throw usage(verb, `--security takes one of ${OPCUA_SECURITIES.join(', ')}, not "${written}"`);
}

async function userOf({ values }: Call, verb: string): Promise<OpcuaUser> {
  const { user, 'password-file': path } = values;
  if (user === undefined && path === undefined) return { kind: 'anonymous' };
  if (typeof user !== 'string' || typeof path !== 'string')
    throw usage(verb, '--user and --password-file go together');
  try {
    const password = (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
    return { kind: 'password', name: user, password };
  } catch (error) {
    throw usage(verb, `--password-file ${path} cannot be read: ${reasonOf(error)}`);
  }
}

function timeoutOf({ values }: Call, verb: string): Millis {
  const { timeout: written } = values;
  if (written === undefined) return TIMEOUT;
  const parsed = duration({ min: '100ms', max: '10m' }).parse(written);
  if (parsed.ok) return parsed.value;
  throw usage(verb, `--timeout takes a time with its unit, 5s, not "${written}"`);
}
