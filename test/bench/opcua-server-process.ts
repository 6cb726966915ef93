/** The simulated OPC UA server of the benches, in a process of its own. */
import { startOpcuaServer } from '../../firmware-sim/opcua/server.ts';
import { doubles, plainVariables } from '../../firmware-sim/opcua/variables.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { millis } from '../../gateway/model/units.ts';
import type { OpcuaShape } from './opcua-site.ts';

export interface OpcuaServerReport {
  readonly kind: 'ready';
  readonly url: string;
}

const shape = JSON.parse(process.argv[2] ?? '{}') as OpcuaShape;
const server = await startOpcuaServer(
  {
    contents: [
      plainVariables([
        ...doubles('slow', shape.slow, millis(1_000)),
        ...doubles('fast', shape.fast, millis(100)),
      ]),
    ],
    publishedLimit: 1,
  },
  systemClock(),
);
process.on('disconnect', () => process.exit(0));
process.send?.({ kind: 'ready', url: server.endpointUrl } satisfies OpcuaServerReport);
