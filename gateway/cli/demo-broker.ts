/** The broker of a demo, a part that an installation may do without. */
import type { Broker } from '../../firmware-sim/broker.ts';
import { GatewayError, reasonOf } from '../model/errors.ts';

/** Throws `cli.part-missing`. */
export async function demoBroker(): Promise<Broker> {
  const { startBroker } = await import('../../firmware-sim/broker.ts').catch((error: unknown) => {
    throw new GatewayError('cli.part-missing', { part: 'aedes', reason: reasonOf(error) });
  });
  return startBroker();
}
