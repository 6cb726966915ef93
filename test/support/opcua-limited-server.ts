/** A server of OPC UA that says how little it takes at once, and refuses more. */
import {
  DataType,
  nodesets,
  OPCUAServer,
  SecurityPolicy,
  standardUnits,
} from '../../firmware-sim/opcua/stack.ts';

export interface LimitedServer {
  readonly url: string;
  stop(): Promise<void>;
}

export const LIMITED_NAMESPACE = 'urn:headgate:limited';

/** `groups` objects below /Objects/Big with `each` Doubles in them, in °C; `limit` undefined: as node-opcua has it. */
export async function limitedServer(
  limit: number | undefined,
  { groups, each }: { readonly groups: number; readonly each: number },
): Promise<LimitedServer> {
  const server = new OPCUAServer({
    port: 0,
    host: '127.0.0.1',
    hostname: '127.0.0.1',
    nodeset_filename: [nodesets.standard],
    securityPolicies: [SecurityPolicy.None],
    ...(limit !== undefined && {
      serverCapabilities: {
        maxBrowseContinuationPoints: 3,
        operationLimits: {
          maxNodesPerRead: limit,
          maxNodesPerBrowse: limit,
          maxNodesPerTranslateBrowsePathsToNodeIds: limit,
        },
      },
    }),
  });
  await server.initialize();
  fill(server, { groups, each });
  await server.start();
  return {
    url: server.getEndpointUrl(),
    stop: () => server.shutdown(0),
  };
}

function fill(
  server: OPCUAServer,
  { groups, each }: { readonly groups: number; readonly each: number },
): void {
  const space = server.engine.addressSpace;
  if (!space) throw new Error('a server has its address space from its initialization on');
  const own = space.registerNamespace(LIMITED_NAMESPACE);
  const big = own.addFolder(space.rootFolder.objects, { browseName: 'Big', nodeId: 's=Big' });
  for (let g = 0; g < groups; g++) {
    const group = own.addObject({ organizedBy: big, browseName: `G${g}`, nodeId: `s=G${g}` });
    for (let i = 0; i < each; i++)
      own.addAnalogDataItem({
        componentOf: group,
        browseName: `V${i}`,
        nodeId: `s=G${g}.V${i}`,
        dataType: 'Double',
        engineeringUnits: standardUnits.degree_celsius,
        engineeringUnitsRange: { low: 0, high: 100 },
        value: { dataType: DataType.Double, value: g * each + i },
      });
  }
}
