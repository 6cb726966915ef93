/** A contact or a signal: reported at once when it changes, with the time of the edge, and in its scan class. */
import type { Cancel } from '../../gateway/host/clock.ts';
import { utcOf } from '../../gateway/host/stamp.ts';
import type { Quality } from '../../gateway/model/quality.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { between, type MonoMs, seconds, utcMs } from '../../gateway/model/units.ts';
import type { InputAddress } from './address.ts';
import type { GpioBackend } from './backend.ts';
import { WatchedContact } from './contact.ts';
import type { Change } from './debounce.ts';
import { type Pin, type PinIo, sampleOf } from './pin.ts';

/** More changes than this in a second are no news any more: the scan class reports the rest. */
const MOST_REPORTS = 20;
const FLOOD_WINDOW = seconds(1);

export class InputPin implements Pin {
  readonly tag: Tag;
  readonly #address: InputAddress;
  readonly #io: PinIo;
  #contact: WatchedContact | undefined;
  #lost: Quality | undefined;
  #cancel: Cancel = () => {};
  /** When the last changes were reported, oldest first. */
  readonly #reports: MonoMs[] = [];

  constructor(tag: Tag, address: InputAddress, io: PinIo) {
    this.tag = tag;
    this.#address = address;
    this.#io = io;
  }

  async take(backend: GpioBackend, offset: number, onLost: (error: Error) => void): Promise<void> {
    this.#end();
    const contact = new WatchedContact(this.#address, {
      changed: (change) => this.#changed(change),
      edgeMissing: () => this.#io.note('edges_missing'),
      moved: () => this.#await(contact),
      lost: onLost,
    });
    this.#contact = contact;
    await contact.take(backend, offset, this.#io.clock);
    if (this.#contact !== contact) throw new Error('taken anew meanwhile');
    this.#lost = undefined;
    this.#await(contact);
  }

  sample(): Sample | undefined {
    const { clock } = this.#io;
    if (this.#lost) return sampleOf(this.tag, null, this.#lost, clock);
    const isHigh = this.#contact?.isHigh;
    if (isHigh === undefined) return undefined;
    // Before its last edge: should the other level come to count, it will have the time of that edge.
    const away = this.#contact?.awaySince;
    const time = away === undefined ? clock.utc() : utcMs(utcOf(clock, away) - 1);
    return sampleOf(this.tag, this.#valueOf(isHigh), 'good', clock, time);
  }

  lose(quality: Quality): void {
    this.#end();
    this.#lost = quality;
  }

  async stop(): Promise<void> {
    this.#end();
  }

  #end(): void {
    this.#cancel();
    this.#contact?.end();
    this.#contact = undefined;
  }

  #valueOf = (isHigh: boolean): boolean => isHigh !== this.#address.isActiveLow;

  #changed({ isHigh, at }: Change): void {
    const { clock, report } = this.#io;
    if (this.#isFlood(clock.mono())) return;
    report(sampleOf(this.tag, this.#valueOf(isHigh), 'good', clock, utcOf(clock, at)));
  }

  #isFlood(now: MonoMs): boolean {
    const [oldest] = this.#reports;
    const isFull = this.#reports.length >= MOST_REPORTS;
    if (isFull && oldest !== undefined && between(oldest, now) < FLOOD_WINDOW) return true;
    if (isFull) this.#reports.shift();
    this.#reports.push(now);
    return false;
  }

  /** Looks again when the level that was last seen has stayed for long enough. */
  #await(contact: WatchedContact): void {
    const { clock } = this.#io;
    this.#cancel();
    const due = contact.countsAt;
    if (due === undefined) return;
    this.#cancel = clock.at('gpio.debounce', due, () => {
      // After a stall of the process timers come before the edges that wait in a pipe: those are let in first.
      this.#cancel = clock.at('gpio.debounce', clock.mono(), () => contact.rest(clock.mono()));
    });
  }
}
