/**
 * Uploads that are acknowledged, one packet at a time: sent, waited for, sent again with the same QN, and at last given
 * back as unanswered.
 */
import type { Clock } from '../../host/clock.ts';
import { GatewayError } from '../../model/errors.ts';
import { later } from '../../model/units.ts';
import { type Packet, parameter } from './packet.ts';
import type { PlatformConnection } from './platform-connection.ts';
import type { PlatformSettings } from './platform-state.ts';

export interface DialogueOptions {
  readonly platform: string;
  readonly connection: PlatformConnection;
  readonly clock: Clock;
  /** Asked before each packet: the host may change them. */
  readonly settings: () => Pick<PlatformSettings, 'overTime' | 'reCount'>;
  /** Told of each packet that is sent once more. */
  readonly onResent: () => void;
}

type Answer = 'acknowledged' | 'silence' | { readonly qnRtn: string };

export class Dialogue {
  readonly #options: DialogueOptions;
  #waiting: { readonly packet: Packet; readonly answer: (answer: Answer) => void } | undefined;

  constructor(options: DialogueOptions) {
    this.#options = options;
  }

  /** Resolves when each of them is acknowledged, and at no other time. One call at a time. */
  async deliver(packets: readonly Packet[]): Promise<void> {
    for (const packet of packets) await this.#deliverOne(packet);
  }

  /**
   * A 9014. It belongs to the packet with its QN; where it names a number, to the one with that. Others are repeats of
   * what was settled.
   */
  take(packet: Packet): void {
    const waiting = this.#waiting;
    if (waiting === undefined || packet.qn !== waiting.packet.qn) return;
    if (packet.pno !== undefined && packet.pno !== (waiting.packet.pno ?? 1)) return;
    const qnRtn = parameter(packet, 'QnRtn');
    waiting.answer(qnRtn === undefined || Number(qnRtn) === 1 ? 'acknowledged' : { qnRtn });
  }

  /** The connection is gone: nobody answers any more. */
  lose(): void {
    this.#waiting?.answer('silence');
  }

  async #deliverOne(packet: Packet): Promise<void> {
    const { platform, settings, onResent } = this.#options;
    const { overTime, reCount } = settings();
    for (let sending = 0; sending <= reCount; sending++) {
      if (sending > 0) onResent();
      const answer = await this.#ask(packet, overTime);
      if (answer === 'acknowledged') return;
      if (answer !== 'silence')
        throw new GatewayError('hj212.refused', { platform, qn_rtn: answer.qnRtn });
    }
    const details = { cn: packet.cn, seconds: overTime / 1_000, times: reCount + 1 };
    throw new GatewayError('hj212.unanswered', { platform, ...details });
  }

  #ask(packet: Packet, overTime: PlatformSettings['overTime']): Promise<Answer> {
    const { connection, clock } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#waiting = { packet, answer: resolve };
    // Not waited for: who does not read does not answer either.
    connection.write(packet).catch(reject);
    const cancel = clock.at('hj212.answer', later(clock.mono(), overTime), () =>
      resolve('silence'),
    );
    return promise.finally(() => {
      cancel();
      this.#waiting = undefined;
    });
  }
}
