/** A line that was taken as an input, from then until it is lost: its edges in order, and the changes that count. */
import type { Clock } from '../../gateway/host/clock.ts';
import { type Millis, type MonoMs, millis } from '../../gateway/model/units.ts';
import type { ContactOptions } from './address.ts';
import type { GpioBackend } from './backend.ts';
import {
  type Change,
  type Contact,
  countsAt,
  moved,
  rested,
  restingAt,
  type Step,
} from './debounce.ts';

/** How long an edge may be on its way here. A guess: a pipe takes a millisecond, a busy box more. */
export const EDGE_DELAY: Millis = millis(100);

export interface ContactEvents {
  /** A level counts. */
  changed(change: Change): void;
  /** The edges that came cannot be all. */
  edgeMissing(): void;
  /** Behind every edge. */
  moved(): void;
  lost(error: Error): void;
}

export class WatchedContact {
  readonly #options: ContactOptions;
  readonly #events: ContactEvents;
  /** Edges that came before the level was known that they begin from. */
  #early: [isHigh: boolean, at: MonoMs][] = [];
  #contact: Contact | undefined;
  #isOver = false;

  constructor(options: ContactOptions, events: ContactEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** Rejects like `GpioBackend.input`. */
  async take(backend: GpioBackend, offset: number, clock: Clock): Promise<void> {
    const begun = clock.mono();
    const isHigh = await backend.input(offset, this.#options.bias, {
      edge: (level, at) => this.#edge(level, at),
      lost: (error) => {
        if (!this.#isOver) this.#events.lost(error);
      },
    });
    this.#contact = restingAt(isHigh, begun);
    for (const [level, at] of this.#early.splice(0)) this.#edge(level, at);
  }

  /** The level that counts; undefined before the line was taken. */
  get isHigh(): boolean | undefined {
    return this.#contact?.settled;
  }

  /** Since when it has been at another level than the one that counts; undefined: it is not. */
  get awaySince(): MonoMs | undefined {
    const contact = this.#contact;
    return contact && contact.seen !== contact.settled ? contact.since : undefined;
  }

  /** When another level will count unless the contact moves again. */
  get countsAt(): MonoMs | undefined {
    return this.#contact && countsAt(this.#contact, this.#options.debounce);
  }

  /** Lets everything count that has come to rest before `now`. */
  rest(now: MonoMs): void {
    if (this.#contact) this.#apply(rested(this.#contact, now, this.#options.debounce));
  }

  /** Takes no more notice of the line. */
  end(): void {
    this.#isOver = true;
  }

  #edge(isHigh: boolean, at: MonoMs): void {
    if (this.#isOver) return;
    if (this.#contact === undefined) {
      this.#early.push([isHigh, at]);
      return;
    }
    this.#apply(moved(this.#contact, isHigh, at, this.#options.debounce));
    this.#events.moved();
  }

  #apply({ contact, change, isEdgeMissing }: Step): void {
    this.#contact = contact;
    if (isEdgeMissing) this.#events.edgeMissing();
    if (change) this.#events.changed(change);
  }
}
