/** A client of OPC UA that is not the gateway's: node-opcua's own, without its reconnection. */
import {
  AttributeIds,
  type ClientMonitoredItemGroup,
  type ClientSession,
  type ClientSubscription,
  type DataValue,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAClient,
  SecurityPolicy,
  type StatusCode,
  TimestampsToReturn,
  type UserIdentityInfo,
  UserTokenType,
} from 'node-opcua';

export interface ClientOptions {
  readonly policy?: SecurityPolicy;
  readonly user?: UserIdentityInfo;
  /** Keys of the client; needed with a policy other than None. */
  readonly pki?: string;
  /** For one answer. */
  readonly timeoutMs?: number;
}

export interface Client {
  readonly client: OPCUAClient;
  readonly session: ClientSession;
  /** The NodeId of `s=<name>` in a namespace, by the URI's index of now. */
  node(uri: string, name: string): Promise<string>;
  read(nodeId: string): Promise<DataValue>;
  write(nodeId: string, value: DataValue): Promise<StatusCode>;
  subscribe(
    nodeIds: readonly string[],
    changed: (nodeId: string, value: DataValue) => void,
    sampling?: number,
  ): Promise<{ subscription: ClientSubscription; group: ClientMonitoredItemGroup }>;
  /** Ends session and connection, whatever is left of them. */
  end(): Promise<void>;
}

/** A connection and a session, or the client's error. */
export async function openClient(url: string, options: ClientOptions = {}): Promise<Client> {
  const { policy = SecurityPolicy.None } = options;
  const secured = policy !== SecurityPolicy.None;
  const store = options.pki
    ? new OPCUACertificateManager({
        rootFolder: options.pki,
        automaticallyAcceptUnknownCertificate: true,
        disableFileWatchers: true,
      })
    : undefined;
  const client = OPCUAClient.create({
    endpointMustExist: false,
    securityPolicy: policy,
    securityMode: secured ? MessageSecurityMode.SignAndEncrypt : MessageSecurityMode.None,
    connectionStrategy: { maxRetry: 0, initialDelay: 1 },
    transportTimeout: options.timeoutMs ?? 10_000,
    ...(store && { clientCertificateManager: store }),
  });
  client.on('backoff', () => {
    void client.disconnect();
  });
  let session: ClientSession;
  try {
    await client.connect(url);
    session = await client.createSession(options.user ?? { type: UserTokenType.Anonymous });
  } catch (error) {
    await client.disconnect().catch(() => {});
    throw error;
  }
  return {
    client,
    session,
    async node(uri, name) {
      const namespaces = await session.readNamespaceArray();
      return `ns=${namespaces.indexOf(uri)};s=${name}`;
    },
    read: (nodeId) => session.read({ nodeId, attributeId: AttributeIds.Value }),
    write: (nodeId, value) => session.write({ nodeId, attributeId: AttributeIds.Value, value }),
    async subscribe(nodeIds, changed, sampling = 0) {
      const subscription = await session.createSubscription2({
        requestedPublishingInterval: 50,
        requestedMaxKeepAliveCount: 5,
        requestedLifetimeCount: 1_000,
        publishingEnabled: true,
      });
      const group = await subscription.monitorItems(
        nodeIds.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })),
        { samplingInterval: sampling, queueSize: 100, discardOldest: true },
        TimestampsToReturn.Both,
      );
      group.on('changed', (item, value) => changed(item.itemToMonitor.nodeId.toString(), value));
      return { subscription, group };
    },
    async end() {
      await client.disconnect().catch(() => {});
    },
  };
}
