/** Commands as they come from hosts: bounded, counted, handed over one by one. Sparkplug has no way to answer them. */
import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../host/log.ts';
import type { CommandRequest } from '../../model/remote-command.ts';
import type { UpstreamReply, UpstreamRequest } from '../../model/upstream.ts';
import { Inbox, type InboxFacts, LONGEST_REQUEST } from '../inbox.ts';
import { REFUSAL_CODES, RefusalCount } from '../refusal-count.ts';
import { type EdgeCommandContext, readWrites, wantsRebirth } from './edge-command.ts';
import type { EdgeDevice } from './edge-model.ts';
import { readPayload } from './payload-reader.ts';

export interface EdgeMailboxOptions extends EdgeCommandContext {
  /** Whether anything but a rebirth is listened to. */
  readonly takesCommands: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly onRequest: (request: UpstreamRequest) => void;
}

/** The commands of one message that have not ended. */
interface Batch {
  open: number;
}

export class EdgeMailbox {
  readonly #options: EdgeMailboxOptions;
  readonly #inbox: Inbox<readonly CommandRequest[], string>;
  readonly #refused: RefusalCount;
  readonly #open = new Map<string, Batch[]>();
  #device: EdgeDevice | undefined;

  constructor(options: EdgeMailboxOptions) {
    this.#options = options;
    const { uplink, clock, log, onRequest } = options;
    this.#refused = new RefusalCount(clock, (counts) =>
      onRequest({ about: 'refused-commands', refused: { uplink, counts } }),
    );
    this.#inbox = new Inbox<readonly CommandRequest[], string>({
      ...{ uplink, clock, log },
      event: 'forward.command-refused',
      read: (bytes) => this.#read(bytes),
      onRequest: (requests) => this.#handOver(requests),
      onRefused: (why) => this.#refused.add(REFUSAL_CODES[why]),
    });
  }

  /** A message for a device, or for the node; true where it asks for a rebirth. */
  take(payload: Uint8Array, isRetained: boolean, device: EdgeDevice | undefined): boolean {
    const isNode = device === this.#options.model.node;
    const read = isNode && payload.length <= LONGEST_REQUEST ? readPayload(payload) : undefined;
    const isRebirth = read?.ok === true && wantsRebirth(read.payload);
    const hasMore = !read?.ok || read.payload.metrics.length > (isRebirth ? 1 : 0);
    if (this.#options.takesCommands && hasMore) {
      this.#device = device;
      this.#inbox.take(payload, isRetained);
    }
    return isRebirth && !isRetained;
  }

  reply(reply: UpstreamReply): void {
    if (reply.about !== 'command' || reply.reply.state !== 'ended') return;
    const { id } = reply.reply;
    const batches = this.#open.get(id) ?? [];
    const batch = batches.shift();
    if (batches.length === 0) this.#open.delete(id);
    if (batch && --batch.open === 0) this.#inbox.answered();
  }

  facts(): InboxFacts {
    return this.#inbox.facts();
  }

  close(): void {
    this.#refused.close();
  }

  #read(bytes: Uint8Array) {
    const read = readPayload(bytes);
    return read.ok
      ? readWrites(read.payload, this.#device, this.#options)
      : { ok: false as const, problem: read.problem.en };
  }

  #handOver(requests: readonly CommandRequest[]): void {
    const batch: Batch = { open: requests.length };
    if (batch.open === 0) this.#inbox.answered();
    for (const request of requests) {
      const batches = this.#open.get(request.id) ?? [];
      this.#open.set(request.id, [...batches, batch]);
      this.#options.onRequest({ about: 'command', request });
    }
  }
}
