/** Examines an OPC UA server from the outside in: port, endpoints, certificates, login, what it says of itself. */
import { offersOf } from '../../../drivers/opcua/discovery.ts';
import { securityError } from '../../../drivers/opcua/refusals.ts';
import type { OpcuaBus } from '../../../drivers/opcua/security.ts';
import { AttributeIds, ReadRequest, type ReadResponse } from '../../../drivers/opcua/stack.ts';
import type { Finding } from '../../health/doctor.ts';
import { diagnoseServer, diagnoseSilence } from '../../health/doctor-opcua.ts';
import { GatewayError, reasonOf } from '../../model/errors.ts';
import { between } from '../../model/units.ts';
import { opcuaBusOf, useOpcua } from '../opcua/opcua-call.ts';
import type { Call } from '../verb.ts';
import { usage } from '../wire/device-flags.ts';
import { withProgress } from '../wire/field-call.ts';
import { placeOf, reach } from './tcp-reach.ts';

/** The registered port (OPC 10000-6 §7.2). */
const USUAL_PORT = 4840;
/** CurrentTime and State of the server's status (OPC 10000-6 Annex A). */
const STATUS_NODES = ['ns=0;i=2258', 'ns=0;i=2259'];

/** The server that was named on the command line. Throws `cli.usage`. */
export async function examineNamedServer(call: Call, url: string): Promise<readonly Finding[]> {
  if (call.values.protocol !== undefined)
    throw usage('doctor', '--protocol is not for OPC UA servers');
  return explaining(call, url, async () =>
    examineOpcua(call, await opcuaBusOf(call, 'doctor', url)),
  );
}

/** A server as a bus of a site has it. Uses one session, for a moment; writes nothing there. */
export function examineOpcua(
  call: Parameters<typeof useOpcua>[0],
  bus: OpcuaBus,
): Promise<readonly Finding[]> {
  const { url, security, user, timeout } = bus;
  const words = { en: `asking ${url} …`, zh: `正在询问 ${url} …` };
  const examining = explaining(call, url, async () => {
    const { clock, signal } = call;
    const offers = await offersOf(url, { clock, timeout, signal }).catch((error: unknown) => {
      throw signal.aborted ? error : securityError(error, { url });
    });
    const seen = await useOpcua(call, bus, async (link) => {
      const asked = clock.mono();
      const nodesToRead = STATUS_NODES.map((nodeId) => ({
        nodeId,
        attributeId: AttributeIds.Value,
      }));
      const { results } = await link.ask<ReadResponse>(new ReadRequest({ nodesToRead }));
      const took = between(asked, clock.mono());
      const [time, state] = (results ?? []).map(({ value }): unknown => value?.value);
      return {
        took,
        state: typeof state === 'number' ? state : undefined,
        clocks: time instanceof Date ? { theirs: time.getTime(), ours: clock.utc() } : undefined,
      };
    });
    const logins = offers.flatMap((offer) => offer.logins.map(({ kind }) => kind));
    return diagnoseServer({
      ...seen,
      url,
      security,
      login: user.kind === 'password' ? user.name : user.kind,
      offered: [...new Set(offers.map((offer) => offer.security))],
      logins: [...new Set(logins)],
    });
  });
  return withProgress(call, words, examining);
}

/** What keeps us from looking is a finding too, with words and next step of its own. */
async function explaining(
  call: Pick<Call, 'clock' | 'signal'>,
  url: string,
  examine: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await examine();
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code === 'cli.usage') throw error;
    const { code, details } = error;
    if (!SILENCE.has(code)) return [{ code, details, confidence: 'certain' }];
    const { host, port } = placeOf(url, USUAL_PORT);
    const reason = await reach(call, host, port).then(() => undefined, reasonOf);
    return [diagnoseSilence(`${host}:${port}`, String(details.reason ?? details.request), reason)];
  }
}

/** Nobody said anything that could be understood. */
const SILENCE: ReadonlySet<string> = new Set(['opcua.unreachable', 'opcua.timeout', 'opcua.lost']);
