/**
 * The pins of one device: each is taken once, by whoever needs it first, and while it is watched taken again slowly
 * by itself when its line is refused or lost. What the pins say is reported at once where it matters, and in the scan
 * classes.
 */
import { Nap } from '../../gateway/host/nap.ts';
import { badSamples } from '../../gateway/host/stamp.ts';
import { type BackoffPolicy, backoff } from '../../gateway/model/backoff.ts';
import { GatewayError, reasonOf } from '../../gateway/model/errors.ts';
import type { Quality } from '../../gateway/model/quality.ts';
import type { Sample, TagId } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { later, type Millis, millis, monoMs, seconds } from '../../gateway/model/units.ts';
import type { Reading, Watcher, WatchIo, WatchSession, WriteRequest, Written } from '../driver.ts';
import type { PinAddress } from './address.ts';
import { CountPin } from './count-pin.ts';
import { InputPin } from './input-pin.ts';
import type { GpioLink, OpenChip } from './link.ts';
import { OutputPin } from './output-pin.ts';
import type { Pin, PinIo } from './pin.ts';
import type { PinGroup } from './plan.ts';

/** Between the attempts to take a line; nobody else competes for it, so nothing is left to chance. */
const RETAKE: BackoffPolicy = { first: seconds(1), longest: seconds(60), jitter: 0 };

const NOBODY: Watcher = { samples() {}, alarm() {}, standing() {} };

/** A pin for the life of the session: what it counted and how it was switched outlives the link. */
interface Entry {
  readonly pin: Pin;
  readonly address: PinAddress;
  /** While its line is taken, or about to be. */
  hold: Hold | undefined;
}

interface Hold {
  readonly chip: OpenChip;
  /** Rejects when the line cannot be taken. */
  readonly taken: Promise<void>;
  isTaken: boolean;
  /** Resolves when it is gone again. */
  readonly lost: Promise<Error>;
}

export class GpioSession implements WatchSession<PinGroup, PinAddress> {
  readonly patience: Millis = seconds(1);
  readonly silence = millis(0);
  readonly gap = millis(0);
  readonly #io: WatchIo<GpioLink>;
  readonly #entries = new Map<TagId, Entry>();
  readonly #closed = new AbortController();
  #watcher = NOBODY;

  constructor(io: WatchIo<GpioLink>) {
    this.#io = io;
  }

  async watch(groups: readonly PinGroup[], watcher: Watcher, signal: AbortSignal): Promise<void> {
    const chip = this.#chip();
    this.#watcher = watcher;
    const over = AbortSignal.any([signal, this.#closed.signal]);
    const either = AbortSignal.any([over, chip.lost]);
    await Promise.all([
      abortOf(either),
      ...groups.flatMap((group) => [
        ...group.pins.map(({ tag, address }) =>
          this.#keep(this.#entryOf(tag, address), chip, either),
        ),
        this.#scan(group, either),
      ]),
    ]);
    this.#watcher = NOBODY;
    if (!over.aborted) throw lostChip(chip);
  }

  async read(
    { pins, tags }: PinGroup,
    signal: AbortSignal,
    timeout: Millis = this.patience,
  ): Promise<Reading<PinGroup>> {
    const { clock } = this.#io;
    const chip = this.#chip(signal);
    const asked = pins.map(({ tag, address }) => this.#look(this.#entryOf(tag, address), chip));
    const samples = await this.#within(Promise.all(asked), chip, signal, timeout);
    if (samples) return { samples, outcome: 'answered', turnaround: undefined };
    for (const { id } of tags) this.#giveUp(id);
    return {
      samples: badSamples(tags, 'bad:comm', clock),
      outcome: 'silent',
      turnaround: undefined,
    };
  }

  async write(
    { tag, address, value }: WriteRequest<PinAddress>,
    signal: AbortSignal,
  ): Promise<Written> {
    const chip = this.#chip(signal);
    const entry = this.#entryOf(tag, address);
    const { pin } = entry;
    if (!(pin instanceof OutputPin)) return notOutput(tag);
    const writing = this.#take(entry, chip).then(() => pin.write(value));
    const outcome = await this.#within(writing, chip, signal, this.patience);
    return outcome ?? { outcome: 'unknown', turnaround: undefined };
  }

  async close(): Promise<void> {
    this.#closed.abort(new Error('closed'));
    await Promise.all([...this.#entries.values()].map(({ pin }) => pin.stop()));
  }

  /** Throws when there is none, or nothing is wanted any more. */
  #chip(signal = this.#closed.signal): OpenChip {
    signal.throwIfAborted();
    this.#closed.signal.throwIfAborted();
    const { chip } = this.#io.link;
    if (chip?.lost.aborted) throw lostChip(chip);
    if (chip) return chip;
    throw new GatewayError('gpio.chip-lost', { chip: this.#io.link.resource, reason: 'closed' });
  }

  #entryOf(tag: Tag, address: PinAddress): Entry {
    const known = this.#entries.get(tag.id);
    if (known) return known;
    const { clock, state, link } = this.#io;
    const io: PinIo = {
      clock,
      state,
      report: (sample) => this.#watcher.samples([sample]),
      note: (mishap) => link.note(mishap),
    };
    const entry: Entry = { pin: makePin(tag, address, io), address, hold: undefined };
    this.#entries.set(tag.id, entry);
    return entry;
  }

  /** Its line, taken now unless it is already. */
  #hold(entry: Entry, chip: OpenChip): Hold {
    if (entry.hold?.chip === chip) return entry.hold;
    const { pin, address } = entry;
    const lost = Promise.withResolvers<Error>();
    const take = async () => {
      const offset = this.#io.link.claim(pin.tag.id, address.line, chip);
      await pin.take(chip.backend, offset, lost.resolve);
    };
    const hold: Hold = { chip, taken: take(), lost: lost.promise, isTaken: false };
    entry.hold = hold;
    const forget = (error: unknown) => {
      if (entry.hold !== hold) return;
      entry.hold = undefined;
      pin.lose(qualityOf(error));
    };
    hold.taken.then(() => {
      hold.isTaken = true;
    }, forget);
    void hold.lost.then(forget);
    return hold;
  }

  /** Its line was not taken in time: the next who needs it begins anew. */
  #giveUp(tag: TagId): void {
    const entry = this.#entries.get(tag);
    if (entry?.hold && !entry.hold.isTaken) entry.hold = undefined;
  }

  /** Settles when its line is taken or cannot be; the pin knows. */
  async #take(entry: Entry, chip: OpenChip): Promise<void> {
    await this.#hold(entry, chip).taken.catch(() => {});
  }

  async #look(entry: Entry, chip: OpenChip): Promise<Sample> {
    await this.#take(entry, chip);
    const [unknown] = badSamples([entry.pin.tag], 'bad:waiting', this.#io.clock);
    return entry.pin.sample() ?? (unknown as Sample);
  }

  /** Undefined when it takes too long; rejects when the chip is lost, the signal aborted or the session closed. */
  #within<T>(
    work: Promise<T>,
    chip: OpenChip,
    signal: AbortSignal,
    timeout: Millis,
  ): Promise<T | undefined> {
    const { clock } = this.#io;
    const ends = [signal, this.#closed.signal, chip.lost];
    return new Promise((resolve, reject) => {
      const stop = () => {
        cancel();
        for (const end of ends) end.removeEventListener('abort', onAbort);
      };
      const onAbort = () => {
        stop();
        reject(chip.lost.aborted ? lostChip(chip) : new Error('called off'));
      };
      const cancel = clock.at('gpio.patience', later(clock.mono(), timeout), () => {
        stop();
        resolve(undefined);
      });
      for (const end of ends) end.addEventListener('abort', onAbort);
      work.finally(stop).then(resolve, reject);
    });
  }

  /** Keeps the pin's line taken until the signal ends it. */
  async #keep(entry: Entry, chip: OpenChip, signal: AbortSignal): Promise<void> {
    const { clock, link, log } = this.#io;
    const { pin } = entry;
    const nap = new Nap('gpio.retake', clock);
    let said = '';
    for (let attempt = 1; !signal.aborted; attempt++) {
      const { taken, lost } = this.#hold(entry, chip);
      let reason: unknown;
      try {
        await taken;
        this.#report([pin.sample()], signal);
        attempt = 0;
        said = '';
        reason = await firstOf(lost, signal);
        if (reason) link.note('lines_lost');
      } catch (error) {
        reason = error;
      }
      if (signal.aborted) return;
      this.#report([pin.sample()], signal);
      if (reasonOf(reason) !== said)
        log.warn('gpio.line-failed', { tag: pin.tag.id, reason: reasonOf(reason) });
      said = reasonOf(reason);
      const wait = backoff(RETAKE, Math.max(1, attempt), () => 0);
      await nap.until(later(clock.mono(), wait), signal);
    }
  }

  async #scan({ tags, scan }: PinGroup, signal: AbortSignal): Promise<void> {
    const { clock } = this.#io;
    const nap = new Nap('gpio.scan', clock);
    let due = later(clock.mono(), scan);
    while (await nap.until(due, signal)) {
      this.#report(
        tags.map(({ id }) => this.#entries.get(id)?.pin.sample()),
        signal,
      );
      due = monoMs(Math.max(due + scan, clock.mono()));
    }
  }

  #report(samples: readonly (Sample | undefined)[], signal: AbortSignal): void {
    const known = samples.filter((sample) => sample !== undefined);
    if (!signal.aborted && known.length > 0) this.#watcher.samples(known);
  }
}

function makePin(tag: Tag, address: PinAddress, io: PinIo): Pin {
  switch (address.kind) {
    case 'in':
      return new InputPin(tag, address, io);
    case 'count':
      return new CountPin(tag, address, io);
    case 'out':
      return new OutputPin(tag, address, io);
  }
}

const notOutput = ({ id: tag }: Tag): Written => ({
  outcome: 'rejected',
  refusal: { code: 'gpio.not-output', details: { tag } },
  turnaround: undefined,
});

const lostChip = ({ info, lost }: OpenChip) =>
  new GatewayError('gpio.chip-lost', { chip: info.name, reason: reasonOf(lost.reason) });

/** What the site says wrongly will not mend by itself. */
const qualityOf = (error: unknown): Quality =>
  error instanceof GatewayError && WRONG_SITE.has(error.code) ? 'bad:config' : 'bad:device';

const WRONG_SITE: ReadonlySet<string> = new Set(['gpio.line-unknown', 'gpio.line-twice']);

/** The error that comes, or undefined when the signal is aborted before. */
function firstOf(error: Promise<Error>, signal: AbortSignal): Promise<Error | undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const end = () => resolve(undefined);
    signal.addEventListener('abort', end, { once: true });
    void error.then((reason) => {
      signal.removeEventListener('abort', end);
      resolve(reason);
    });
  });
}

const abortOf = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
