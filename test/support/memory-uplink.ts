/** A target in memory: it takes, refuses or loses what it is told to. It keeps the uplink contract. */

import type { Uplink, UplinkEvents, Watermark } from '../../gateway/forward/uplink.ts';
import type { Block, Seq } from '../../gateway/journal/journal.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import type { Range } from '../../gateway/model/range-set.ts';
import type { UpstreamReply } from '../../gateway/model/upstream.ts';

export interface Sending {
  readonly block: Block;
  readonly historical: boolean;
  /** As so many parts; of one by itself. */
  acknowledge(parts?: number): void;
  refuse(error: GatewayError): void;
}

export interface MemoryUplink extends Uplink {
  /** Everything that was ever sent, in order. */
  readonly sendings: readonly Sending[];
  /** Sent and not yet settled. */
  pending(): readonly Sending[];
  readonly watermarks: readonly Watermark[];
  /** Acknowledges every block as it comes, from now on. */
  acknowledgeAll(): void;
  /** Lets every block wait, from now on, as at the start. */
  withhold(): void;
  /** Of which blocks it was told that nothing is sent. */
  readonly passed: readonly (readonly Range[])[];
  /** What was answered to somebody upstream. */
  readonly replies: readonly UpstreamReply[];
  /** Says what comes from upstream. */
  readonly events: Pick<UplinkEvents, 'confirmed' | 'asked'>;
  up(): void;
  down(): void;
  /** The connection is lost whenever this block is sent. */
  poison: Seq | undefined;
}

export function memoryUplink(name = 'cloud'): MemoryUplink {
  const sendings: Sending[] = [];
  const pending = new Set<Sending>();
  const rejects = new Map<Sending, (error: GatewayError) => void>();
  const watermarks: Watermark[] = [];
  const replies: UpstreamReply[] = [];
  const passed: (readonly Range[])[] = [];
  let events: UplinkEvents | undefined;
  let state: 'waiting' | 'up' | 'closed' = 'waiting';
  let automatic = false;
  const rejectAll = (error: GatewayError) => {
    for (const sending of [...pending]) rejects.get(sending)?.(error);
  };
  const lost = () => new GatewayError('forward.connection-lost', { broker: name, reason: 'test' });
  const memory: MemoryUplink = {
    name,
    sendings,
    watermarks,
    replies,
    passed,
    poison: undefined,
    events: {
      confirmed: (confirmation) => events?.confirmed?.(confirmation),
      asked: (request) => events?.asked?.(request),
    },
    reply: (reply) => replies.push(reply),
    pending: () => [...pending],
    open(given) {
      events ??= given;
    },
    acknowledgeAll() {
      automatic = true;
      for (const sending of [...pending]) sending.acknowledge();
    },
    withhold() {
      automatic = false;
    },
    up() {
      if (state !== 'waiting') return;
      state = 'up';
      events?.up();
    },
    down() {
      if (state !== 'up') return;
      state = 'waiting';
      const error = lost();
      rejectAll(error);
      events?.down(error);
    },
    send: (block, historical) =>
      new Promise((resolve, reject) => {
        if (state !== 'up') {
          reject(new GatewayError('forward.not-connected', { uplink: name }));
          return;
        }
        const settle = (act: () => void) => {
          pending.delete(sending);
          rejects.delete(sending);
          act();
        };
        const sending: Sending = {
          block,
          historical,
          acknowledge: (parts = 1) => settle(() => resolve(parts)),
          refuse: (error) => settle(() => reject(error)),
        };
        sendings.push(sending);
        pending.add(sending);
        rejects.set(sending, sending.refuse);
        if (block.seq === memory.poison) queueMicrotask(() => memory.down());
        else if (automatic) sending.acknowledge();
      }),
    async passOver(seqs) {
      if (state !== 'up') throw new GatewayError('forward.not-connected', { uplink: name });
      passed.push(seqs);
      return 1;
    },
    announce(watermark) {
      if (state === 'up') watermarks.push(watermark);
    },
    facts: () => ({ state, retryInMs: undefined, lastError: undefined }),
    async close() {
      state = 'closed';
      rejectAll(new GatewayError('forward.not-connected', { uplink: name }));
    },
  };
  return memory;
}
