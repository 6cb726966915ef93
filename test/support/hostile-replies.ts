/** All that comes from a gateway in a hostile hour: the audit of writes, and what senders are told. */
import type { ReceivedPart } from '../../firmware-sim/subscriber.ts';
import type { CommandEvent, RefusedEvent } from '../../gateway/command/command-event.ts';
import { kernelNow } from '../../gateway/host/boot.ts';
import { isRemote } from './hostile-laws.ts';

/** What the sender of a command is told. */
export interface Reply {
  readonly id: string;
  readonly state: 'accepted' | 'ended';
  readonly outcome?: string;
  readonly code?: string;
  readonly owner?: { readonly origin: string; readonly by: string };
  /** When it came, as `kernelNow`. */
  readonly at: number;
}

/** All that comes from the gateway, as it comes. */
export class Heard {
  /** The audit, in the order of the journal. */
  readonly events: (CommandEvent | RefusedEvent)[] = [];
  readonly replies = new Map<string, Reply[]>();
  /** Messages that the audit tells of. */
  told = 0;

  part({ device, samples }: ReceivedPart): void {
    if (device !== 'commands') return;
    for (const [, text] of samples.event ?? []) this.#event(JSON.parse(String(text)));
  }

  reply(payload: Buffer): void {
    const reply = { ...JSON.parse(payload.toString()), at: kernelNow() } as Reply;
    const known = this.replies.get(reply.id);
    if (known) known.push(reply);
    else this.replies.set(reply.id, [reply]);
  }

  endOf(id: string): Reply | undefined {
    return this.replies.get(id)?.find(({ state }) => state === 'ended');
  }

  #event(event: CommandEvent | RefusedEvent): void {
    this.events.push(event);
    if ('refused' in event) for (const count of Object.values(event.refused)) this.told += count;
    else if (isRemote(event) && event.state === 'ended') this.told++;
  }
}
