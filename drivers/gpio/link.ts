/** The way to a chip: opens its backend, knows its lines, and lets each of them be taken once. */
import type { Clock } from '../../gateway/host/clock.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import type { TagId } from '../../gateway/model/sample.ts';
import type { Link } from '../driver.ts';
import type { ResourceKey } from '../line/line.ts';
import { type LineRef, offsetOf } from './address.ts';
import type { ChipInfo, GpioBackend, OnChipLost } from './backend.ts';

/** What the site says of the chip. */
export interface GpioBus {
  /** Label or name, or where a simulated board listens; undefined: the first. */
  readonly chip: string | undefined;
  readonly backend: 'auto' | 'sysfs' | 'gpiod' | 'simulated';
}

/** Makes a backend that is not open yet; rejects with `gpio.unavailable`. */
export type MakeBackend = (bus: GpioBus, clock: Clock, onLost: OnChipLost) => Promise<GpioBackend>;

/** A chip that is open. */
export interface OpenChip {
  readonly backend: GpioBackend;
  readonly info: ChipInfo;
  /** Aborted, with why, when the way to it is gone. */
  readonly lost: AbortSignal;
}

/** What went wrong since the start, by name. */
export type Mishap = 'edges_missing' | 'pulses_dropped' | 'lines_lost' | 'outputs_fallen';

export class GpioLink implements Link {
  readonly resource: ResourceKey;
  readonly #bus: GpioBus;
  readonly #clock: Clock;
  readonly #make: MakeBackend;
  readonly #mishaps = new Map<Mishap, number>();
  #owners = new Map<number, TagId>();
  #chip: OpenChip | undefined;

  constructor(bus: GpioBus, clock: Clock, make: MakeBackend) {
    this.resource = `gpio:${bus.chip ?? 'auto'}`;
    this.#bus = bus;
    this.#clock = clock;
    this.#make = make;
  }

  async connect(signal: AbortSignal): Promise<void> {
    if (this.#chip) return;
    const lost = new AbortController();
    const backend = await this.#make(this.#bus, this.#clock, (error) => lost.abort(error));
    try {
      const info = await backend.open(signal);
      signal.throwIfAborted();
      this.#owners = new Map();
      this.#chip = { backend, info, lost: lost.signal };
    } catch (error) {
      await backend.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const chip = this.#chip;
    this.#chip = undefined;
    await chip?.backend.close();
  }

  facts(): Readonly<Record<string, string | number>> {
    const mishaps = Object.fromEntries(this.#mishaps);
    if (!this.#chip) return mishaps;
    const { backend, info } = this.#chip;
    const { name: chip, label, lines } = info;
    return { backend: backend.name, chip, label, lines: lines.length, ...mishaps };
  }

  /** Undefined while the link is down. */
  get chip(): OpenChip | undefined {
    return this.#chip;
  }

  /** The offset of a tag's line. Throws `gpio.line-unknown`, and `gpio.line-twice` when it is another tag's. */
  claim(tag: TagId, line: LineRef, { info }: OpenChip): number {
    const offset = offsetOf(info, line);
    if (offset === undefined)
      throw new GatewayError('gpio.line-unknown', { chip: info.name, line });
    const other = this.#owners.get(offset);
    if (other !== undefined && other !== tag)
      throw new GatewayError('gpio.line-twice', { line, other });
    this.#owners.set(offset, tag);
    return offset;
  }

  note(mishap: Mishap): void {
    this.#mishaps.set(mishap, (this.#mishaps.get(mishap) ?? 0) + 1);
  }
}
