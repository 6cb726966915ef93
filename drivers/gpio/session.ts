/**
 * The pins of one device: each is taken, and taken again slowly by itself when that fails or its line is lost; what
 * they say is reported at once where it matters, and in the scan classes.
 */
import { Nap } from '../../gateway/host/nap.ts';
import { type BackoffPolicy, backoff } from '../../gateway/model/backoff.ts';
import { GatewayError, reasonOf } from '../../gateway/model/errors.ts';
import type { Quality } from '../../gateway/model/quality.ts';
import type { Sample, TagId } from '../../gateway/model/sample.ts';
import { later, millis, monoMs, seconds } from '../../gateway/model/units.ts';
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

export class GpioSession implements WatchSession<PinGroup, PinAddress> {
  readonly patience = millis(0);
  readonly silence = millis(0);
  readonly gap = millis(0);
  readonly #io: WatchIo<GpioLink>;
  readonly #pins = new Map<TagId, { readonly pin: Pin; readonly address: PinAddress }>();
  #watcher = NOBODY;

  constructor(io: WatchIo<GpioLink>) {
    this.#io = io;
  }

  async watch(groups: readonly PinGroup[], watcher: Watcher, signal: AbortSignal): Promise<void> {
    const { chip } = this.#io.link;
    if (!chip) throw new GatewayError('gpio.chip-lost', { chip: '?', reason: 'closed' });
    this.#watcher = watcher;
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const work = [
      ...groups.flatMap(({ pins }) =>
        pins.map(({ tag, address }) =>
          this.#keep(this.#pinOf(tag, address), address, chip, either),
        ),
      ),
      ...groups.map((group) => this.#scan(group, either)),
    ];
    const reason = await firstOf(chip.lost, signal);
    over.abort();
    await Promise.all(work);
    this.#watcher = NOBODY;
    if (!reason) return;
    throw new GatewayError('gpio.chip-lost', { chip: chip.info.name, reason: reasonOf(reason) });
  }

  async read(group: PinGroup): Promise<Reading<PinGroup>> {
    return { samples: this.#samplesOf(group), outcome: 'answered', turnaround: undefined };
  }

  async write({ tag, value }: WriteRequest<PinAddress>): Promise<Written> {
    const pin = this.#pins.get(tag.id)?.pin;
    if (pin instanceof OutputPin) return pin.write(value);
    return {
      outcome: 'rejected',
      refusal: { code: 'gpio.not-output', details: { tag: tag.id } },
      turnaround: undefined,
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pins.values()].map(({ pin }) => pin.stop()));
  }

  /** One pin for the life of the session: what it counted and how it was switched outlives the link. */
  #pinOf(tag: PinGroup['tags'][number], address: PinAddress): Pin {
    const known = this.#pins.get(tag.id);
    if (known) return known.pin;
    const { clock, state, link } = this.#io;
    const io: PinIo = {
      clock,
      state,
      report: (sample) => this.#watcher.samples([sample]),
      note: (mishap, times) => link.note(mishap, times),
    };
    const pin = makePin(tag, address, io);
    this.#pins.set(tag.id, { pin, address });
    return pin;
  }

  /** Takes the pin's line, again and again, until the signal ends it. */
  async #keep(pin: Pin, address: PinAddress, chip: OpenChip, signal: AbortSignal): Promise<void> {
    const { clock, link, log } = this.#io;
    const nap = new Nap('gpio.retake', clock);
    let said = '';
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        const offset = link.claim(pin.tag.id, address.line, chip);
        const lost = Promise.withResolvers<Error>();
        await pin.take(chip.backend, offset, lost.resolve);
        this.#report([pin.sample()], signal);
        attempt = 0;
        said = '';
        const reason = await firstOf(lost.promise, signal);
        if (!reason) return;
        link.note('lines_lost');
        throw reason;
      } catch (error) {
        pin.lose(qualityOf(error));
        if (signal.aborted) return;
        this.#report([pin.sample()], signal);
        const reason = reasonOf(error);
        if (reason !== said) log.warn('gpio.line-failed', { tag: pin.tag.id, reason });
        said = reason;
        const wait = backoff(RETAKE, Math.max(1, attempt), () => 0);
        await nap.until(later(clock.mono(), wait), signal);
      }
    }
  }

  async #scan(group: PinGroup, signal: AbortSignal): Promise<void> {
    const { clock } = this.#io;
    const nap = new Nap('gpio.scan', clock);
    let due = later(clock.mono(), group.scan);
    while (await nap.until(due, signal)) {
      this.#report(this.#samplesOf(group), signal);
      due = monoMs(Math.max(due + group.scan, clock.mono()));
    }
  }

  #samplesOf({ tags }: PinGroup): readonly Sample[] {
    return tags.flatMap(({ id }) => this.#pins.get(id)?.pin.sample() ?? []);
  }

  #report(samples: readonly (Sample | undefined)[], signal: AbortSignal): void {
    const known = samples.filter((sample) => sample !== undefined);
    if (!signal.aborted && known.length > 0) this.#watcher.samples(known);
  }
}

function makePin(tag: PinGroup['tags'][number], address: PinAddress, io: PinIo): Pin {
  switch (address.kind) {
    case 'in':
      return new InputPin(tag, address, io);
    case 'count':
      return new CountPin(tag, address, io);
    case 'out':
      return new OutputPin(tag, address, io);
  }
}

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
