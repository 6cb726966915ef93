/**
 * How the pins of a chip are reached: sysfs, the gpiod tools, or a simulated board. All levels here are those of
 * the pin, high or low; what a level means is the driver's business.
 */
import type { Millis, MonoMs } from '../../gateway/model/units.ts';

/** A pull resistor inside the chip; `none`: left as the system set it up. */
export type Bias = 'up' | 'down' | 'none';

/** A line of the chip. */
export interface ChipLine {
  readonly offset: number;
  /** As the board's maker calls it, `GPIO17`; undefined where nobody named it, or the backend cannot know. */
  readonly name: string | undefined;
}

export interface ChipInfo {
  /** `gpiochip0` */
  readonly name: string;
  /** `pinctrl-bcm2711` */
  readonly label: string;
  readonly lines: readonly ChipLine[];
}

/** Takes what happens at an input. */
export interface InputWatcher {
  /** The pin has had this level since `at`, by the kernel's time where it gives one. */
  edge(isHigh: boolean, at: MonoMs): void;
  /** The input is no longer watched, and is to be taken again; said once. */
  lost(error: Error): void;
}

export interface GpioBackend {
  /** `sysfs`, `gpiod 1`, `gpiod 2`, `simulated` */
  readonly name: string;
  /** What switching an output takes, roughly. */
  readonly switching: Millis;
  /**
   * Finds the chip; called once, before all else; the signal only calls off the opening. Rejects with `gpio.unavailable` when this machine has no pins
   * or no way to them, and with `gpio.chip-unknown`.
   */
  open(signal: AbortSignal): Promise<ChipInfo>;
  /**
   * Takes a line as an input and resolves with its level; edges after that go to the watcher. Rejects with
   * `gpio.line-refused` when the line belongs to somebody else or cannot do it.
   */
  input(offset: number, bias: Bias, watcher: InputWatcher): Promise<boolean>;
  /**
   * Takes a line as an output at this level, without another level in between. Rejects with `gpio.line-refused`.
   * `onLost`: said once when it is no longer driven; it is to be taken again.
   */
  output(offset: number, isHigh: boolean, onLost: (error: Error) => void): Promise<void>;
  /**
   * Switches an output that was taken. Where the system does it at once nothing is returned and nothing is to be
   * waited for. Rejects or throws `gpio.line-refused`; `onLost` is called as well when the line is no longer driven.
   */
  set(offset: number, isHigh: boolean): Promise<void> | undefined;
  /** The level of a line that was not taken, without changing anything; undefined: it cannot be known. */
  peek(offset: number): Promise<boolean | undefined>;
  /** Gives one line back; an output may keep its level or not, as the board has it. Idempotent, never rejects. */
  release(offset: number): Promise<void>;
  /** Gives everything back and ends every process of its own; idempotent, never rejects. */
  close(): Promise<void>;
}

/** A backend that was told when the way to the chip as a whole is gone. */
export type OnChipLost = (error: Error) => void;
