/**
 * A meter with a pulse output: counted as it comes, kept over a restart, reported in its scan class, so that fifty
 * pulses a second are one sample. What is lost: pulses while the gateway does not run, and after a power cut those
 * of the last ten seconds.
 */
import type { Quality } from '../../gateway/model/quality.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { monoMs } from '../../gateway/model/units.ts';
import type { CountAddress } from './address.ts';
import type { GpioBackend } from './backend.ts';
import { EDGE_DELAY, WatchedContact } from './contact.ts';
import type { Change } from './debounce.ts';
import { keyOf, type Pin, type PinIo, sampleOf } from './pin.ts';
import { type Counting, counted, countOf, keptCount, readingOf } from './pulses.ts';

export class CountPin implements Pin {
  readonly tag: Tag;
  readonly #address: CountAddress;
  readonly #io: PinIo;
  #counting: Counting;
  #contact: WatchedContact | undefined;
  #lost: Quality | undefined;
  /** What was dropped before the last sample. */
  #droppedBefore: number;

  constructor(tag: Tag, address: CountAddress, io: PinIo) {
    this.tag = tag;
    this.#address = address;
    this.#io = io;
    const count = countOf(address.meter, io.state.get(keyOf(tag)));
    this.#counting = { count, last: undefined };
    this.#droppedBefore = count.dropped;
  }

  async take(backend: GpioBackend, offset: number, onLost: (error: Error) => void): Promise<void> {
    this.#contact?.end();
    const contact = new WatchedContact(this.#address, {
      changed: (change) => this.#changed(change),
      edgeMissing: () => this.#io.note('edges_missing'),
      moved() {},
      lost: onLost,
    });
    this.#contact = contact;
    await contact.take(backend, offset, this.#io.clock);
    if (this.#contact !== contact) throw new Error('taken anew meanwhile');
    this.#lost = undefined;
    this.#keep();
  }

  sample(): Sample | undefined {
    const { clock } = this.#io;
    if (this.#lost) return sampleOf(this.tag, null, this.#lost, clock);
    if (this.#contact?.isHigh === undefined) return undefined;
    this.#contact.rest(monoMs(clock.mono() - EDGE_DELAY));
    const { count } = this.#counting;
    const isChattering = count.dropped > this.#droppedBefore;
    this.#droppedBefore = count.dropped;
    const quality = isChattering ? 'uncertain:suspect' : 'good';
    return sampleOf(this.tag, readingOf(count), quality, clock);
  }

  lose(quality: Quality): void {
    this.#end();
    this.#lost = quality;
  }

  async stop(): Promise<void> {
    this.#end();
  }

  /** What came to rest until now still counts. */
  #end(): void {
    this.#contact?.rest(this.#io.clock.mono());
    this.#contact?.end();
    this.#contact = undefined;
  }

  #changed(change: Change): void {
    const before = this.#counting;
    this.#counting = counted(before, this.#address.meter, change);
    if (this.#counting === before) return;
    if (this.#counting.count.dropped > before.count.dropped) this.#io.note('pulses_dropped');
    this.#keep();
  }

  #keep(): void {
    this.#io.state.set(keyOf(this.tag), keptCount(this.#counting.count));
  }
}
