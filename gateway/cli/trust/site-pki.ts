/** The keys and trust of a site, for the command line: the same files that the running gateway uses. */
import { resolve } from 'node:path';
import type { OpcuaTransport, Site } from '../../../config/site.ts';
import { Pki } from '../../../drivers/opcua/pki.ts';
import { silentLog } from '../../host/log.ts';
import { GatewayError } from '../../model/errors.ts';
import { requireSite, sitePath } from '../load-site.ts';
import type { Call, VerbOption } from '../verb.ts';

/** Nothing is made until something is asked of it. Undefined for a site without OPC UA. */
export function pkiOfSite(
  { buses }: Pick<Site, 'buses'>,
  { clock }: Pick<Call, 'clock'>,
): Pki | undefined {
  const [transport] = transportsOf({ buses });
  return transport && new Pki(transport.pki, { gateway: transport.gateway, clock, log: silentLog });
}

/** Of all OPC UA buses. */
export const transportsOf = ({ buses }: Pick<Site, 'buses'>): readonly OpcuaTransport[] =>
  buses.flatMap(({ transport }) => (transport.kind === 'opcua' ? [transport] : []));

/** The folder, or the site, that was named. Throws `cli.usage` for a site without OPC UA. */
export async function namedPki(call: Call, verb: string): Promise<Pki> {
  const { pki: folder } = call.values;
  if (typeof folder === 'string')
    return new Pki(resolve(folder), { gateway: 'command-line', clock: call.clock, log: silentLog });
  const pki = pkiOfSite(await requireSite(call, sitePath(call)), call);
  if (pki) return pki;
  throw new GatewayError('cli.usage', { verb, problem: 'this site has no OPC UA bus' });
}

/** Where there is no site: what `headgate browse` and its like use. */
export const PKI_OPTION: VerbOption = {
  type: 'string',
  placeholder: 'folder',
  help: {
    en: 'keys and trust of this folder instead of a site',
    zh: '使用该目录中的密钥和信任列表，而不是站点',
  },
};

/** Asks for a yes. Throws `trust.not-agreed` without one. */
export async function agreed(call: Call, question: string): Promise<void> {
  if (call.values.yes === true || (await call.confirm(question))) return;
  throw new GatewayError('trust.not-agreed');
}
