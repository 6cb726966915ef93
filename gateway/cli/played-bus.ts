/** Where the buses of a site are while its field is simulated. */
import type { BusConfig } from '../../config/site.ts';
import type { RunningPlant } from '../../firmware-sim/plant.ts';
import type { PlayedBoards } from './simulated-board.ts';

export interface PlayedField {
  readonly plant: RunningPlant;
  readonly boards: PlayedBoards;
  /** Where clients of played servers have their keys. */
  readonly pki: string;
}

/** A played server has no keys that the site's gateway knows, and no users. */
const OPEN_SERVER = { security: 'None', user: { kind: 'anonymous' } } as const;

/** The same bus, on the port or path that the simulator took; as it is where that took none. */
export function playedBus(bus: BusConfig, { plant, boards, pki }: PlayedField): BusConfig {
  const url = plant.servers.get(bus.name)?.server.endpointUrl;
  if (bus.transport.kind === 'opcua' && url !== undefined)
    return { ...bus, transport: { ...bus.transport, ...OPEN_SERVER, url, pki } };
  const address = boards.get(bus.name)?.transport ?? plant.addresses.get(bus.name);
  return address ? { ...bus, transport: address } : bus;
}
