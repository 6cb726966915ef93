/**
 * Pins by the character device, through the tools of the package gpiod: no native code, and the kernel's own times.
 * Each line has a process of its own, so that one that dies takes no other with it: gpiomon for an input, gpioset
 * for an output, which is driven for as long as its process lives.
 *
 * Version 1 of gpioset cannot be told another level: its process ends and another one begins, and for some
 * milliseconds in between the line is what the board makes of it. Version 2 is told on its standard input; with that
 * closed it would turn in circles, so it is ended by a signal, always.
 */
import { type Clock, sleep } from '../../gateway/host/clock.ts';
import { momentOf } from '../../gateway/host/kernel-time.ts';
import { GatewayError, reasonOf } from '../../gateway/model/errors.ts';
import { later, millis, seconds } from '../../gateway/model/units.ts';
import type { Bias, ChipInfo, GpioBackend, InputWatcher } from './backend.ts';
import {
  chipsOf,
  driveArgs,
  driveWords,
  edgeOf,
  getArgs,
  infoArgs,
  isBanner,
  levelOf,
  linesShown,
  monitorArgs,
  PROMPT,
  peekArgs,
  type ToolsVersion,
  versionOf,
} from './gpiod-words.ts';
import {
  type Environment,
  linesOf,
  type OnText,
  outputOf,
  programPath,
  type RunningTool,
  runTool,
} from './tools.ts';

export interface GpiodOptions {
  /** Name or label; undefined: the first. */
  readonly chip: string | undefined;
  readonly clock: Clock;
  readonly environment?: Environment;
}

/** How long a program may take until it has its line. */
const PATIENCE = seconds(5);
/** Between two looks whether it has. */
const LOOK_AGAIN = millis(10);

export const gpiodBackend = (options: GpiodOptions): GpioBackend => new GpiodBackend(options);

class GpiodBackend implements GpioBackend {
  readonly #clock: Clock;
  readonly #environment: Environment;
  readonly #wanted: string | undefined;
  #version: ToolsVersion = 1;
  #chip = '';
  /** By offset: the program that has the line. */
  readonly #held = new Map<number, Held>();
  #isClosed = false;

  constructor({ chip, clock, environment = process.env }: GpiodOptions) {
    this.#wanted = chip;
    this.#clock = clock;
    this.#environment = environment;
  }

  get name(): string {
    return `gpiod ${this.#version}`;
  }

  get switching() {
    return millis(this.#version === 1 ? 20 : 1);
  }

  async open(): Promise<ChipInfo> {
    const said = await this.#run('gpiodetect', ['--version']).catch((error) => {
      throw unavailable(reasonOf(error));
    });
    const version = versionOf(said);
    if (version === undefined) throw unavailable(`unknown gpiod tools: ${said.split('\n')[0]}`);
    this.#version = version;
    const chips = chipsOf(await this.#run('gpiodetect', []));
    if (chips.length === 0) throw unavailable('gpiodetect finds no chip');
    const wanted = this.#wanted;
    const chip = chips.find(
      ({ name, label }) => wanted === undefined || name === wanted || label === wanted,
    );
    if (!chip) {
      const known = chips.map(({ name, label }) => `${name} [${label}]`).join(', ');
      throw new GatewayError('gpio.chip-unknown', { chip: wanted ?? '', known });
    }
    this.#chip = chip.name;
    return { ...chip, lines: await this.#lines() };
  }

  async input(offset: number, bias: Bias, watcher: InputWatcher): Promise<boolean> {
    await this.release(offset);
    const got = await this.#run('gpioget', getArgs(this.#version, this.#chip, offset, bias)).catch(
      (error) => {
        throw this.#refused(offset, error);
      },
    );
    const isHigh = levelOf(got);
    if (isHigh === undefined) throw this.#refused(offset, `gpioget says ${got.trim()}`);
    const banner = Promise.withResolvers<void>();
    const onText = linesOf((line) => {
      if (isBanner(line)) banner.resolve();
      const edge = edgeOf(line, this.#version);
      if (edge) watcher.edge(edge.isHigh, momentOf(edge.seconds, this.#clock));
    });
    const args = monitorArgs(this.#version, this.#chip, offset, bias);
    const onLost = (error: Error) => watcher.lost(error);
    const taken = this.#version === 1 ? undefined : banner.promise;
    await this.#hold(offset, 'gpiomon', args, { onText, onLost, taken });
    return isHigh;
  }

  async output(offset: number, isHigh: boolean, onLost: (error: Error) => void): Promise<void> {
    await this.release(offset);
    await this.#drive(offset, isHigh, onLost);
  }

  async set(offset: number, isHigh: boolean): Promise<void> {
    const held = this.#held.get(offset);
    if (!held?.tool.isRunning) throw this.#refused(offset, 'it is not driven');
    if (held.told) return held.told(isHigh);
    const { onLost } = held;
    await this.release(offset);
    await this.#drive(offset, isHigh, onLost).catch((error) => {
      onLost(error);
      throw error;
    });
  }

  async peek(offset: number): Promise<boolean | undefined> {
    if (this.#version === 1) return undefined;
    return levelOf(await this.#run('gpioget', peekArgs(this.#chip, offset)).catch(() => ''));
  }

  async release(offset: number): Promise<void> {
    const held = this.#held.get(offset);
    this.#held.delete(offset);
    await held?.tool.end();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#held.keys()].map((offset) => this.release(offset)));
  }

  async #drive(offset: number, isHigh: boolean, onLost: (error: Error) => void): Promise<void> {
    const args = driveArgs(this.#version, this.#chip, offset, isHigh);
    if (this.#version === 1) {
      await this.#hold(offset, 'gpioset', args, { onText() {}, onLost });
      return;
    }
    let prompted = Promise.withResolvers<void>();
    let rest = '';
    const onText = (text: string) => {
      rest = (rest + text).slice(-PROMPT.length);
      if (rest === PROMPT) prompted.resolve();
    };
    const taken = prompted.promise;
    const held = await this.#hold(offset, 'gpioset', args, { onText, onLost, taken });
    held.told = async (level) => {
      prompted = Promise.withResolvers();
      held.tool.say(driveWords(offset, level));
      await this.#within(held.tool, prompted.promise, offset).catch(async (error) => {
        await held.tool.end();
        throw error;
      });
    };
  }

  /** Resolves when the program has the line. */
  async #hold(
    offset: number,
    name: string,
    args: readonly string[],
    { onText, onLost, taken }: HoldOptions,
  ): Promise<Held> {
    const tool = runTool(this.#tool(name), args, onText);
    const held: Held = { tool, onLost };
    this.#held.set(offset, held);
    try {
      await this.#within(tool, taken ?? this.#seen(tool, offset, name), offset);
      if (this.#isClosed) throw this.#refused(offset, 'closed');
    } catch (error) {
      await tool.end();
      if (this.#held.get(offset) === held) this.#held.delete(offset);
      throw error;
    }
    void tool.ended.then((reason) => {
      if (this.#held.get(offset) !== held) return;
      this.#held.delete(offset);
      onLost(new GatewayError('gpio.line-lost', { chip: this.#chip, line: offset, reason }));
    });
    return held;
  }

  /** Resolves with `done`; rejects when the program ends before, or takes too long. */
  async #within(tool: RunningTool, done: Promise<void>, offset: number): Promise<void> {
    const late = Promise.withResolvers<string>();
    const due = later(this.#clock.mono(), PATIENCE);
    const cancel = this.#clock.at('gpio.take', due, () => late.resolve('it takes too long'));
    const failure = await Promise.race([done.then(() => undefined), tool.ended, late.promise]);
    cancel();
    if (failure !== undefined) throw this.#refused(offset, failure);
  }

  /** Version 1 does not say when it has the line; gpioinfo does. */
  async #seen(tool: RunningTool, offset: number, consumer: string): Promise<void> {
    while (tool.isRunning) {
      const shown = (await this.#lines()).find((line) => line.offset === offset);
      if (shown?.consumer === consumer) return;
      await sleep(this.#clock, 'gpio.look', LOOK_AGAIN);
    }
  }

  async #lines() {
    const info = await this.#run('gpioinfo', infoArgs(this.#version, this.#chip));
    return linesShown(info, this.#version);
  }

  #run(name: string, args: readonly string[]): Promise<string> {
    return outputOf(this.#tool(name), args);
  }

  #tool(name: string) {
    const path = programPath(name, this.#environment);
    if (path === undefined) throw unavailable(`${name} of the package gpiod is not installed`);
    return { path, environment: this.#environment, clock: this.#clock };
  }

  #refused(line: number, reason: unknown): GatewayError {
    return new GatewayError('gpio.line-refused', {
      chip: this.#chip,
      line,
      reason: reasonOf(reason),
    });
  }
}

interface Held {
  readonly tool: RunningTool;
  readonly onLost: (error: Error) => void;
  /** Version 2: tells the program another level, and waits until it has it. */
  told?: (isHigh: boolean) => Promise<void>;
}

interface HoldOptions {
  readonly onText: OnText;
  readonly onLost: (error: Error) => void;
  /** Where the program says that it has the line. */
  readonly taken?: Promise<void> | undefined;
}

const unavailable = (reason: string) => new GatewayError('gpio.unavailable', { reason });
