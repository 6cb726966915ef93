/**
 * Answers what the platform asks: each request at once by 9011, or 9013, and then by the data and 9012. Every answer has
 * the QN of its request. What wants to change the machine is refused and told to the audit.
 */
import type { Hj212Config } from '../../../config/site.ts';
import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../host/log.ts';
import type { Journal } from '../../journal/journal.ts';
import { type ErrorCode, reasonOf } from '../../model/errors.ts';
import type { RequestFacts } from '../uplink.ts';
import { flagOf, type Item, isAckWanted, type Packet, splitPackets } from './packet.ts';
import type { Read } from './packet-reader.ts';
import type { PeriodOptions } from './period-builder.ts';
import { periodsIn } from './period-history.ts';
import type { PlatformState } from './platform-state.ts';
import { Reassembly } from './reassembly.ts';
import { PERIOD_CN, periodItems } from './records.ts';
import { EXE_RTN, type Judged, judgeRequest, QN_RTN, type Work } from './requests.ts';

export interface HostDeskOptions {
  readonly uplink: string;
  readonly config: Hj212Config;
  readonly periods: PeriodOptions;
  readonly journal: Pick<Journal, 'head' | 'read'>;
  readonly state: PlatformState;
  readonly clock: Clock;
  readonly log: Log;
  /** Told what was refused that has to be in the audit. */
  readonly audit: (code: ErrorCode) => void;
  /** Told when the platform has set something. */
  readonly onSet: (cn: string) => void;
}

/** What one connection is answered by. */
export interface Desk {
  /** A packet that is no 9014, or a damaged one. */
  take(read: Read): void;
}

type Write = (packet: Packet) => Promise<void>;

const AUDIT_CODES: Readonly<Record<string, ErrorCode>> = {
  1012: 'hj212.clock-set-refused',
  1072: 'hj212.password-set-refused',
};
/** Of answers, whatever the system is. */
const SYSTEM_ST = '91';
const OWN_ANSWERS = /^901[1-4]$/;
/**
 * Requests of one connection that are being answered; more are not heard, and the platform asks again. So one that asks
 * and does not read costs no more than their answers.
 */
const MOST_OPEN = 8;

export class HostDesk {
  readonly #options: HostDeskOptions;
  readonly #facts = { accepted: 0, refused: 0, damaged: 0 };
  #isBusy = false;

  constructor(options: HostDeskOptions) {
    this.#options = options;
  }

  facts(): RequestFacts {
    return { ...this.#facts };
  }

  /** For one connection; `write` fails when that is gone, and then there is nobody to answer. */
  connect(write: Write): Desk {
    const reassembly = new Reassembly();
    let open = 0;
    const answering = async (answer: Promise<void>) => {
      open++;
      try {
        await answer;
      } catch (error) {
        const { log, uplink } = this.#options;
        log.debug('hj212.answer-lost', { uplink, reason: reasonOf(error) });
      } finally {
        open--;
      }
    };
    return {
      take: (read) => {
        const whole = read.kind === 'packet' ? reassembly.take(read.packet) : 'damaged';
        if (whole === 'incomplete') return;
        if (whole === 'refused' || open >= MOST_OPEN) this.#facts.refused++;
        else if (read.kind === 'damaged') void answering(this.#damaged(read.packet, write));
        else if (whole !== 'damaged') void answering(this.#answer(whole, write));
      },
    };
  }

  /** A wrong sum is answered where the rest can be read: who computes it wrongly is told so. */
  async #damaged(packet: Packet | undefined, write: Write): Promise<void> {
    this.#facts.damaged++;
    if (packet?.qn === undefined || OWN_ANSWERS.test(packet.cn) || !isAckWanted(packet)) return;
    await write(this.#system('9011', packet, [['QnRtn', `${QN_RTN.crc}`]]));
  }

  async #answer(packet: Packet, write: Write): Promise<void> {
    const { config, state, clock, periods } = this.#options;
    const view = { config, settings: state.settings, zone: periods.zone, now: clock.utc() };
    const judged = judgeRequest(packet, view);
    if (judged.kind === 'ignored') return;
    this.#note(packet, judged);
    if (judged.kind === 'refused')
      return await write(this.#system('9011', packet, [['QnRtn', `${judged.qnRtn}`]]));
    if (judged.kind === 'noted') await write(this.#system('9013', packet, []));
    else if (judged.isAnswered)
      await write(this.#system('9011', packet, [['QnRtn', `${QN_RTN.ready}`]]));
    const exeRtn = await this.#work(packet, judged.work, write);
    if (exeRtn !== undefined) await write(this.#system('9012', packet, [['ExeRtn', `${exeRtn}`]]));
  }

  #note(packet: Packet, judged: Exclude<Judged, { readonly kind: 'ignored' }>): void {
    const { log, uplink, audit } = this.#options;
    const { cn } = packet;
    if (judged.kind !== 'refused') {
      this.#facts.accepted++;
      return;
    }
    this.#facts.refused++;
    log.warn('hj212.request-refused', { uplink, cn, qn_rtn: judged.qnRtn });
    const code = AUDIT_CODES[cn];
    if (judged.isAudited && code) audit(code);
  }

  /** ExeRtn; undefined: nothing more is said. */
  async #work(packet: Packet, work: Work, write: Write): Promise<number | undefined> {
    const { state, onSet } = this.#options;
    switch (work.kind) {
      case 'set':
        state.set(work.change);
        onSet(packet.cn);
        return work.isTold ? EXE_RTN.done : undefined;
      case 'tell':
        await this.#send(packet, packet.cn, [work.items], write);
        return EXE_RTN.done;
      case 'history':
        return await this.#history(packet, work, write);
      default:
        return work satisfies never;
    }
  }

  async #history(
    packet: Packet,
    { period: kind, from, to }: Extract<Work, { readonly kind: 'history' }>,
    write: Write,
  ): Promise<number> {
    const { journal, periods, clock } = this.#options;
    if (this.#isBusy) return EXE_RTN.busy;
    this.#isBusy = true;
    let sent = 0;
    try {
      for await (const record of periodsIn(journal, periods, { kind, from, to }, clock.utc())) {
        await this.#send(packet, PERIOD_CN[kind], periodItems(record, periods.zone), write);
        sent++;
      }
    } finally {
      this.#isBusy = false;
    }
    return sent > 0 ? EXE_RTN.done : EXE_RTN.noData;
  }

  async #send({ qn }: Packet, cn: string, cp: readonly Item[], write: Write): Promise<void> {
    const { st, pw, mn } = this.#options.config;
    for (const part of splitPackets({ qn, st, cn, pw, mn, cp }, false).packets) await write(part);
  }

  #system(cn: string, { qn }: Packet, item: Item): Packet {
    const { pw, mn } = this.#options.config;
    const known = qn !== undefined && LONGEST_QN.test(qn) ? qn : undefined;
    return {
      qn: known,
      st: SYSTEM_ST,
      cn,
      pw,
      mn,
      flag: flagOf(false),
      cp: item.length > 0 ? [item] : [],
    };
  }
}

/** What is no QN is given back only where it cannot be anything else. */
const LONGEST_QN = /^[A-Za-z0-9]{1,20}$/;
