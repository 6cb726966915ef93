/**
 * One try to write a value: looks at the tag first where that is wanted, gives the value to the bus, has the last look before
 * the first byte, and reads back. Sends once at most, and ends exactly once unless it is withdrawn.
 */
import type { Written } from '../../drivers/driver.ts';
import type { Cancel, Clock } from '../host/clock.ts';
import { reasonOf } from '../model/errors.ts';
import type { Value } from '../model/sample.ts';
import { later, type Millis, millis, seconds } from '../model/units.ts';
import type { Withheld } from '../poll/bus-facts.ts';
import { textOf } from './limits.ts';
import { Looking } from './looking.ts';
import { type Ending, type Field, type Reason, shownBy, type WritableTag } from './open-command.ts';
import { type Acknowledged, endingOf, isShown, type Seen } from './read-back.ts';

/** How long a bus may take for one write, the time in its queue included. A guess: 32 commands of 2 s. */
export const WIRE_PATIENCE: Millis = seconds(60);
/** How long a tag that shows nothing is waited for, however short it may show something else. */
export const LEAST_PATIENCE: Millis = seconds(3);
/** How long a read-back that others wait behind may show nothing. */
const LEAST_LOOK: Millis = seconds(1);
const NO_TIME = millis(0);

export interface AttemptOptions {
  readonly clock: Clock;
  readonly field: Field;
  readonly tag: WritableTag;
  readonly value: Value;
  /** How long the tag is read before it is written, which it is only where it shows something else; undefined: not. */
  readonly lookFirst: Millis | undefined;
  /** See WriteGate. */
  readonly lookAgain: () => Withheld | undefined;
  readonly onLeft: () => void;
  /** Never called for an attempt that was withdrawn. */
  readonly onEnd: (end: AttemptEnd) => void;
}

/** `held`: the tag showed the value already. `withheld`: at the last look. `unsent`: it did not leave. */
export type AttemptEnd =
  | { readonly kind: 'held'; readonly value: Value }
  | { readonly kind: 'withheld' }
  | { readonly kind: 'unsent'; readonly reason: Reason }
  /** It left. `wasTaken`: as far as anybody knows the device holds the value now. */
  | { readonly kind: 'sent'; readonly ending: Ending; readonly wasTaken: boolean };

export class Attempt {
  readonly #options: AttemptOptions;
  #phase: 'looking' | 'sending' | 'reading' | 'over' = 'looking';
  #looking: Looking | undefined;
  #hasLeft = false;
  #isWithheld = false;
  #cancel: Cancel = () => {};

  constructor(options: AttemptOptions) {
    this.#options = options;
  }

  /** The write is on the wire, or was. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** May end at once. */
  start(): void {
    const { lookFirst } = this.#options;
    if (lookFirst === undefined) this.#send();
    else
      this.#look(NO_TIME, lookFirst, (seen) => {
        if (seen.kind === 'equal') this.#end({ kind: 'held', value: seen.value });
        else this.#send();
      });
  }

  /** What the tag that shows the outcome was read as; null: without success. */
  take(value: Value | null): void {
    this.#looking?.take(value);
  }

  /** Somebody waits: a read-back that has been looked at for a while, or is urgently in the way, is over. */
  hurry(isUrgent: boolean): void {
    if (this.#phase !== 'reading') return;
    if (isUrgent) this.#looking?.cut();
    else this.#looking?.hurry(LEAST_LOOK);
  }

  /** Takes the attempt back; nothing of it is sent. Only before it has left. */
  withdraw(): void {
    if (this.#hasLeft) throw new Error('a write that has left cannot be withdrawn');
    this.#close();
  }

  /** Ends now, whatever is known. */
  abandon(reason: Reason): void {
    if (this.#phase === 'reading') this.#looking?.cut();
    else if (this.#hasLeft) this.#end(sent({ outcome: 'unknown', reason }));
    else this.#end({ kind: 'unsent', reason });
  }

  #send(): void {
    const { field, tag: writable, value, clock } = this.#options;
    const { tag, address } = writable;
    const bus = field.busOf(tag.device);
    this.#phase = 'sending';
    if (bus === undefined) {
      const details = { device: tag.device, tag: tag.id };
      this.#end({ kind: 'unsent', reason: { code: 'poll.not-writable', details } });
      return;
    }
    this.#cancel = clock.at('command.wire', later(clock.mono(), WIRE_PATIENCE), () =>
      this.abandon({
        code: 'command.wire-busy',
        details: { tag: tag.id, limit: WIRE_PATIENCE / 1000 },
      }),
    );
    bus.write(tag.device, { tag, address, value }, this.#gate).then(
      (written) => this.#hear(written),
      (error) => this.#fail(error),
    );
  }

  readonly #gate = (): Withheld | undefined => {
    if (this.#phase !== 'sending') return WITHDRAWN;
    const withheld = this.#options.lookAgain();
    if (withheld === undefined) this.#leave();
    else this.#isWithheld = true;
    return withheld;
  };

  #leave(): void {
    this.#hasLeft = true;
    this.#options.onLeft();
  }

  #hear(written: Written | Withheld): void {
    if (this.#phase === 'sending') this.#settle(written);
  }

  #settle(written: Written | Withheld): void {
    const { outcome, refusal } = written;
    const { tag, value } = this.#options;
    const details = { tag: tag.tag.id, value: textOf(value) };
    if (this.#isWithheld) this.#end({ kind: 'withheld' });
    else if (outcome === 'failed')
      this.#end({ kind: 'unsent', reason: refusal ?? { code: 'command.not-sent', details } });
    else {
      // A bus that did not ask has sent it all the same.
      if (!this.#hasLeft) this.#leave();
      const reason = refusal ?? { code: 'command.device-refused', details };
      const isRefused = outcome === 'rejected' || outcome === 'expired';
      if (!isRefused) this.#readBack({ ...written, outcome });
      else this.#end({ kind: 'sent', ending: { outcome: 'rejected', reason }, wasTaken: false });
    }
  }

  /** A bus breaks its word. What has left has left. */
  #fail(error: unknown): void {
    if (this.#phase !== 'sending') return;
    const details = { tag: this.#options.tag.tag.id, reason: reasonOf(error) };
    this.abandon({ code: 'command.bus-failed', details });
  }

  #readBack(written: Acknowledged): void {
    this.#phase = 'reading';
    this.#cancel();
    const { tag, value } = this.#options;
    const conclude = (seen: Seen) => this.#end(sent(endingOf(tag, value, written, seen)));
    if (tag.policy.readBack === undefined) conclude({ kind: 'unreadable' });
    else this.#look(tag.policy.settle, LEAST_PATIENCE, conclude);
  }

  #look(settle: Millis, patience: Millis, onEnd: (seen: Seen) => void): void {
    const { clock, field, tag, value } = this.#options;
    const shows = shownBy(tag);
    if (shows === undefined) {
      onEnd({ kind: 'unreadable' });
      return;
    }
    this.#looking = new Looking({
      clock,
      name: 'command.read-back',
      reread: () => field.reread(shows),
      isAwaited: (one) => isShown(tag, value, one),
      settle,
      patience,
      onEnd,
    });
    this.#looking.start();
  }

  #end(end: AttemptEnd): void {
    if (this.#phase === 'over') return;
    this.#close();
    this.#options.onEnd(end);
  }

  #close(): void {
    this.#phase = 'over';
    this.#cancel();
    this.#looking?.close();
  }
}

const sent = (ending: Ending): AttemptEnd => ({ kind: 'sent', ending, wasTaken: true });

/** To a bus that comes to an attempt nobody waits for any more. */
const WITHDRAWN: Withheld = {
  outcome: 'rejected',
  refusal: { code: 'command.superseded', details: {} },
  turnaround: undefined,
};
