/**
 * An MQTT broker inside the process (3.1.1 and 5, QoS 1, sessions that outlive their connection) that
 * can be cut off and come back. For demo and tests. The one file that knows aedes.
 */
import { Aedes } from 'aedes';
import { type ListenAddress, type Listener, listen } from './listener.ts';

export interface Broker {
  /** The same through every cut. */
  readonly port: number;
  readonly url: string;
  /** Resets every connection and stops listening; sessions and what is queued for them stay. */
  cut(): Promise<void>;
  /** Listens again on the same port; rejects with `sim.port-taken`. */
  restore(): Promise<void>;
  stats(): BrokerStats;
  /** Ends it for good; idempotent. */
  stop(): Promise<void>;
}

export interface BrokerStats {
  readonly connections: number;
  /** Messages that clients published since the start. */
  readonly published: number;
  /** Payload bytes that wait for a subscriber's acknowledgement. */
  readonly queuedBytes: number;
  /** Messages that some subscriber will not get because `QUEUE_LIMIT_BYTES` was reached. */
  readonly dropped: number;
}

/**
 * Guesses: enough for hours of a demo's traffic with nobody reading, small beside a gateway's
 * memory.
 */
export const QUEUE_LIMIT_BYTES = 64 * 1024 * 1024;
const LONGEST_PACKET_BYTES = 4 * 1024 * 1024;
const SESSIONS_LIMIT = 100;
/** What a client may send before its session stands; resends after a cut come at once. */
const HANDSHAKE_QUEUE_LIMIT = 10_000;

/** Starts a broker; rejects with `sim.port-taken`. */
export async function startBroker(address: ListenAddress = {}): Promise<Broker> {
  const aedes = await Aedes.createBroker({
    maximumPacketSize: LONGEST_PACKET_BYTES,
    pendingSessionsLimit: SESSIONS_LIMIT,
    queueLimit: HANDSHAKE_QUEUE_LIMIT,
  });
  const queue = limitQueue(aedes);
  let published = 0;
  aedes.on('publish', (_packet, client) => {
    if (client) published++;
  });
  const open = (at: ListenAddress) => listen(at, aedes.handle);
  let listener: Listener | undefined = await open(address).catch((error: unknown) => {
    aedes.close();
    throw error;
  });
  const { host, port } = listener;
  const cut = async () => {
    const served = listener;
    listener = undefined;
    await served?.stop();
  };
  return {
    port,
    url: `mqtt://${host}:${port}`,
    cut,
    async restore() {
      listener ??= await open({ host, port });
    },
    stats: () => ({ connections: aedes.connectedClients, published, ...queue }),
    async stop() {
      await cut();
      await new Promise<void>((resolve) => aedes.close(resolve));
    },
  };
}

/**
 * The part of aedes' session store that queues messages for subscribers; not in its declared types.
 */
interface SessionQueue {
  outgoingEnqueueCombi(subscribers: readonly unknown[], packet: Queued): Promise<void>;
  outgoingClearMessageId(client: unknown, packet: unknown): Promise<Queued | undefined>;
}

interface Queued {
  readonly payload?: { readonly length: number } | undefined;
}

/**
 * aedes' memory store has no bound of its own: beyond the limit a message is dropped for its
 * subscribers.
 */
function limitQueue(aedes: Aedes): { queuedBytes: number; dropped: number } {
  const { persistence } = aedes as Aedes & { readonly persistence: SessionQueue };
  const enqueue = persistence.outgoingEnqueueCombi.bind(persistence);
  const clear = persistence.outgoingClearMessageId.bind(persistence);
  const state = { queuedBytes: 0, dropped: 0 };
  persistence.outgoingEnqueueCombi = async (subscribers, packet) => {
    const size = (packet.payload?.length ?? 0) * subscribers.length;
    if (state.queuedBytes + size > QUEUE_LIMIT_BYTES) {
      state.dropped += subscribers.length;
      return;
    }
    state.queuedBytes += size;
    await enqueue(subscribers, packet);
  };
  persistence.outgoingClearMessageId = async (client, packet) => {
    const cleared = await clear(client, packet);
    state.queuedBytes -= cleared?.payload?.length ?? 0;
    return cleared;
  };
  return state;
}
