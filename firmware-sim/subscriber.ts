/**
 * The other end of the way: a subscriber that counts what arrives. It reads the messages from the words of the
 * upstream contract alone and shares no code with the sender, so that a common mistake cannot cancel itself.
 */
import { zstdDecompressSync } from 'node:zlib';
import { connect, type MqttClient } from './mqtt.ts';

/** One message of the contract's envelope v1, as JSON gives it. */
export interface ReceivedPart {
  readonly gw: string;
  readonly epoch: string;
  readonly seq: number;
  readonly part: number;
  readonly parts: number;
  readonly device: string;
  readonly hist: boolean;
  readonly samples: Readonly<
    Record<string, readonly (readonly [number, unknown, string?, string?])[]>
  >;
  readonly gap?: { readonly reason: string; readonly count: number | null };
}

export interface SubscriberOptions {
  readonly url: string;
  readonly gateway: string;
  /** Each part once, in the order of arrival. */
  readonly onPart?: (part: ReceivedPart) => void;
}

export interface SubscriberFacts {
  readonly messages: number;
  /** Messages whose (epoch, seq, part) had come before. */
  readonly duplicates: number;
  /** Distinct samples. */
  readonly samples: number;
  readonly gaps: number;
  /** Samples that gaps account for. */
  readonly samplesInGaps: number;
  readonly connected: boolean;
}

export interface Subscriber {
  facts(): SubscriberFacts;
  /** The seqs from 1 to `head` of which a part is missing. */
  missing(head: number): readonly number[];
  stop(): Promise<void>;
}

/** What `compress: zstd` says of a payload. */
const PACKED = 'application/json+zstd';
const RECONNECT_MS = 200;
const SESSION_SECONDS = 3600;

/**
 * Resolves when the subscription stands. It lasts over broken connections (a persistent session).
 */
export async function startSubscriber(options: SubscriberOptions): Promise<Subscriber> {
  const client = connect(options.url, {
    protocolVersion: 5,
    clientId: `${options.gateway}-counter`,
    clean: false,
    properties: { sessionExpiryInterval: SESSION_SECONDS },
    reconnectPeriod: RECONNECT_MS,
  });
  client.on('error', () => {});
  const count = new Count(options.onPart ?? (() => {}));
  const commands = `headgate/v1/${options.gateway}/cmd`;
  client.on('message', (topic, payload, { properties }) => {
    if (/\/(status|watermark)$/.test(topic)) return;
    if (topic === commands || topic.startsWith(`${commands}/`)) return;
    const isPacked = properties?.contentType === PACKED;
    const text = isPacked ? zstdDecompressSync(payload) : payload;
    count.take(JSON.parse(text.toString()) as ReceivedPart);
  });
  await client.subscribeAsync(`headgate/v1/${options.gateway}/#`, { qos: 1 });
  return {
    facts: () => ({ ...count.facts(), connected: client.connected }),
    missing: (head) => count.missing(head),
    stop: () => end(client),
  };
}

class Count {
  /** By epoch and seq: how many parts there are, and which have come. */
  readonly #blocks = new Map<string, { readonly parts: number; readonly seen: Set<number> }>();
  readonly #complete = new Set<number>();
  readonly #onPart: (part: ReceivedPart) => void;
  #messages = 0;
  #duplicates = 0;
  #samples = 0;
  #gaps = 0;
  #samplesInGaps = 0;

  constructor(onPart: (part: ReceivedPart) => void) {
    this.#onPart = onPart;
  }

  take(part: ReceivedPart): void {
    this.#messages++;
    const key = `${part.epoch}/${part.seq}`;
    const block = this.#blocks.get(key) ?? { parts: part.parts, seen: new Set<number>() };
    this.#blocks.set(key, block);
    if (block.seen.has(part.part)) {
      this.#duplicates++;
      return;
    }
    block.seen.add(part.part);
    if (block.seen.size === block.parts) this.#complete.add(part.seq);
    for (const rows of Object.values(part.samples ?? {})) this.#samples += rows.length;
    if (part.gap) {
      this.#gaps++;
      this.#samplesInGaps += part.gap.count ?? 0;
    }
    this.#onPart(part);
  }

  missing(head: number): readonly number[] {
    const missing: number[] = [];
    for (let seq = 1; seq <= head; seq++) if (!this.#complete.has(seq)) missing.push(seq);
    return missing;
  }

  facts(): Omit<SubscriberFacts, 'connected'> {
    return {
      messages: this.#messages,
      duplicates: this.#duplicates,
      samples: this.#samples,
      gaps: this.#gaps,
      samplesInGaps: this.#samplesInGaps,
    };
  }
}

const end = (client: MqttClient): Promise<void> => client.endAsync(true);
