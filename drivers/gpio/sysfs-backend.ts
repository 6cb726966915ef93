/**
 * Pins by sysfs, through the package onoff; the one file that knows it. Switches at once, but has no times of its
 * own, joins edges that follow each other too fast, and cannot set a pull resistor: that is the device tree's.
 *
 * onoff waits for permissions in a loop that blocks, so lines are taken at the start; its native part is built by
 * `npm run addon` and may be missing.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Gpio } from 'onoff';
import type { Clock } from '../../gateway/host/clock.ts';
import { GatewayError, reasonOf } from '../../gateway/model/errors.ts';
import { millis } from '../../gateway/model/units.ts';
import type { Bias, ChipInfo, GpioBackend, InputWatcher } from './backend.ts';
import { readSysfsChips, type SysfsChip } from './sysfs-chips.ts';

/** What is used of onoff's pin. */
export type SysfsPin = Pick<Gpio, 'readSync' | 'writeSync' | 'watch' | 'unexport'>;
/** Makes a pin of its number in sysfs; throws what the system says. */
export type OpenPin = (pin: number, direction: 'in' | 'high' | 'low') => SysfsPin;

export interface SysfsOptions {
  /** Name or label; undefined: the first. */
  readonly chip: string | undefined;
  readonly clock: Clock;
  /** `/sys`, or a test's own. */
  readonly sys?: string;
  /** onoff's, or a test's own. */
  readonly load?: () => Promise<OpenPin>;
}

export const sysfsBackend = (options: SysfsOptions): GpioBackend => new SysfsBackend(options);

class SysfsBackend implements GpioBackend {
  readonly name = 'sysfs';
  readonly switching = millis(0.1);
  readonly #wanted: string | undefined;
  readonly #clock: Clock;
  readonly #sys: string;
  readonly #load: () => Promise<OpenPin>;
  readonly #inputs = new Map<number, SysfsPin>();
  readonly #outputs = new Map<number, SysfsPin>();
  #chip: SysfsChip | undefined;
  #openPin: OpenPin | undefined;

  constructor({ chip, clock, sys = '/sys', load = loadOnoff }: SysfsOptions) {
    this.#wanted = chip;
    this.#clock = clock;
    this.#sys = sys;
    this.#load = load;
  }

  async open(): Promise<ChipInfo> {
    const chips = await readSysfsChips(this.#sys).catch(() => {
      throw unavailable(`there is no ${this.#sys}/class/gpio`);
    });
    if (chips.length === 0) throw unavailable(`${this.#sys}/class/gpio has no chip`);
    const wanted = this.#wanted;
    const chip = chips.find(
      ({ name, label }) => wanted === undefined || name === wanted || label === wanted,
    );
    if (!chip) {
      const known = chips.map(({ name, label }) => `${name} [${label}]`).join(', ');
      throw new GatewayError('gpio.chip-unknown', { chip: wanted ?? '', known });
    }
    this.#openPin = await this.#load().catch((error) => {
      throw new GatewayError(
        'gpio.unavailable',
        { reason: 'the native part of the package onoff is not built' },
        error,
      );
    });
    this.#chip = chip;
    return chip;
  }

  async input(offset: number, bias: Bias, watcher: InputWatcher): Promise<boolean> {
    await this.release(offset);
    if (bias !== 'none')
      throw this.#refused(offset, 'sysfs cannot set a pull resistor; the device tree does');
    const pin = this.#take(offset, 'in');
    this.#inputs.set(offset, pin);
    try {
      const isHigh = pin.readSync() === 1;
      pin.watch((error, value) => {
        if (!error) watcher.edge(value === 1, this.#clock.mono());
        else if (this.#inputs.get(offset) === pin) watcher.lost(error);
      });
      return isHigh;
    } catch (error) {
      throw this.#refused(offset, error);
    }
  }

  async output(offset: number, isHigh: boolean): Promise<void> {
    // An output that was taken before keeps being driven while it is taken again.
    this.#outputs.set(offset, this.#take(offset, isHigh ? 'high' : 'low'));
  }

  set(offset: number, isHigh: boolean): undefined {
    const pin = this.#outputs.get(offset);
    if (!pin) throw this.#refused(offset, 'it is not driven');
    try {
      pin.writeSync(isHigh ? 1 : 0);
    } catch (error) {
      throw this.#refused(offset, error);
    }
    return undefined;
  }

  async peek(offset: number): Promise<boolean | undefined> {
    const folder = join(this.#sys, 'class', 'gpio', `gpio${this.#numberOf(offset)}`);
    const value = await readFile(join(folder, 'value'), 'utf8').catch(() => '');
    return value === '' ? undefined : value.startsWith('1');
  }

  async release(offset: number): Promise<void> {
    const pin = this.#inputs.get(offset);
    this.#inputs.delete(offset);
    // Outputs stay exported: what is given back here is no longer driven on some boards.
    this.#outputs.delete(offset);
    try {
      pin?.unexport();
    } catch {
      // It is gone already.
    }
  }

  async close(): Promise<void> {
    for (const offset of [...this.#inputs.keys(), ...this.#outputs.keys()])
      await this.release(offset);
  }

  #take(offset: number, direction: 'in' | 'high' | 'low'): SysfsPin {
    if (!this.#openPin) throw this.#refused(offset, 'the chip is not open');
    try {
      return this.#openPin(this.#numberOf(offset), direction);
    } catch (error) {
      throw this.#refused(offset, error);
    }
  }

  #numberOf(offset: number): number {
    return (this.#chip?.base ?? 0) + offset;
  }

  #refused(line: number, reason: unknown): GatewayError {
    const chip = this.#chip?.name ?? '';
    return new GatewayError('gpio.line-refused', { chip, line, reason: reasonOf(reason) });
  }
}

/** Rejects when the native part is not there. */
async function loadOnoff(): Promise<OpenPin> {
  const { Gpio } = await import('onoff');
  return (pin, direction) =>
    direction === 'in' ? new Gpio(pin, 'in', 'both') : new Gpio(pin, direction);
}

const unavailable = (reason: string) => new GatewayError('gpio.unavailable', { reason });
