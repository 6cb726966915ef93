/**
 * What a program without a gateway does: node-opcua's own client, its own subscriptions and monitored items, and a
 * listener that counts. No quality, no journal, nothing upstream.
 */
import {
  AttributeIds,
  ClientMonitoredItemGroup,
  ClientSubscription,
  OPCUAClient,
  resolveNodeId,
  TimestampsToReturn,
} from 'node-opcua-client';
import { PLAIN_NAMESPACE } from '../../firmware-sim/opcua/variables.ts';
import { type OpcuaShape, variableName } from './opcua-site.ts';

export interface OpcuaBareOrder {
  readonly shape: OpcuaShape;
  readonly url: string;
}

export type OpcuaBareReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'changes'; readonly changes: number };

const { shape, url } = JSON.parse(process.argv[2] ?? '{}') as OpcuaBareOrder;
const report = (message: OpcuaBareReport) => process.send?.(message);
let changes = 0;

const client = OPCUAClient.create({ endpointMustExist: false });
await client.connect(url);
const session = await client.createSession();
const namespace = (await session.readNamespaceArray()).indexOf(PLAIN_NAMESPACE);

for (const [kind, interval] of [
  ['slow', 1_000],
  ['fast', 100],
] as const) {
  const subscription = ClientSubscription.create(session, {
    requestedPublishingInterval: interval,
    requestedLifetimeCount: 600,
    requestedMaxKeepAliveCount: 50,
    maxNotificationsPerPublish: 0,
    publishingEnabled: true,
    priority: 0,
  });
  const items = Array.from({ length: shape[kind] }, (_, n) => ({
    nodeId: resolveNodeId(`ns=${namespace};s=${variableName(kind, n)}`),
    attributeId: AttributeIds.Value,
  }));
  const group = ClientMonitoredItemGroup.create(
    subscription,
    items,
    { samplingInterval: interval, queueSize: 2, discardOldest: true },
    TimestampsToReturn.Both,
  );
  group.on('changed', () => {
    changes++;
  });
}

process.on('message', () => report({ kind: 'changes', changes }));
process.on('disconnect', () => process.exit(0));
report({ kind: 'ready' });
