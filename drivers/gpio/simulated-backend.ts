/**
 * Pins of a simulated board, over its unix socket or joined in this process: one line of text for each request and
 * answer, under the request's number; edges and losses come whenever they happen.
 */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../gateway/host/clock.ts';
import { momentOf } from '../../gateway/host/kernel-time.ts';
import { GatewayError, reasonOf } from '../../gateway/model/errors.ts';
import { later, millis } from '../../gateway/model/units.ts';
import type { Bias, ChipInfo, ChipLine, GpioBackend, InputWatcher, OnChipLost } from './backend.ts';

/** A board in another process answers within a millisecond; this one has stopped to. */
const PATIENCE = millis(1_200);

/** Opens a connection to a board; what goes wrong is an event of it. */
export type ReachBoard = (path: string) => Duplex;

/** The board at `path`, which is that of a socket unless boards are reached in another way. */
export const simulatedBackend = (
  path: string,
  clock: Clock,
  onChipLost: OnChipLost = () => {},
  reach: ReachBoard = connect,
): GpioBackend => new SimulatedBackend(path, clock, onChipLost, reach);

class SimulatedBackend implements GpioBackend {
  readonly name = 'simulated';
  readonly switching = millis(1);
  readonly #path: string;
  readonly #clock: Clock;
  readonly #onChipLost: OnChipLost;
  readonly #reach: ReachBoard;
  readonly #inputs = new Map<number, InputWatcher>();
  readonly #outputs = new Map<number, (error: Error) => void>();
  /** By number. */
  readonly #waiting = new Map<number, (answer: string) => void>();
  #requests = 0;
  #socket: Duplex | undefined;
  #chip = '';

  constructor(path: string, clock: Clock, onChipLost: OnChipLost, reach: ReachBoard) {
    this.#path = path;
    this.#clock = clock;
    this.#onChipLost = onChipLost;
    this.#reach = reach;
  }

  async open(signal: AbortSignal): Promise<ChipInfo> {
    const socket = this.#reach(this.#path);
    this.#socket = socket;
    const greeting = Promise.withResolvers<readonly string[]>();
    const heard: string[] = [];
    const lines = createInterface(socket);
    // It says the socket's errors over again.
    lines.on('error', () => {});
    lines.on('line', (line) => {
      if (this.#chip !== '') this.#take(line);
      else if (line === 'end') greeting.resolve(heard);
      else heard.push(line);
    });
    const abort = () => socket.destroy();
    signal.addEventListener('abort', abort, { once: true });
    socket.on('error', (error) => greeting.reject(unavailable(this.#path, error)));
    socket.on('close', () => {
      greeting.reject(unavailable(this.#path, 'closed'));
      this.#lose(new Error('the board closed the connection'));
    });
    socket.write('hello\n');
    const opened = greeting.promise.finally(() => signal.removeEventListener('abort', abort));
    const info = chipOf(await opened);
    this.#chip = info.name;
    return info;
  }

  async input(offset: number, bias: Bias, watcher: InputWatcher): Promise<boolean> {
    // Edges may follow the answer in one piece.
    this.#inputs.set(offset, watcher);
    try {
      return (await this.#ask(offset, `in ${offset} ${bias}`)) === '1';
    } catch (error) {
      this.#inputs.delete(offset);
      throw error;
    }
  }

  async output(offset: number, isHigh: boolean, onLost: (error: Error) => void): Promise<void> {
    await this.#ask(offset, `out ${offset} ${isHigh ? 1 : 0}`);
    this.#outputs.set(offset, onLost);
  }

  async set(offset: number, isHigh: boolean): Promise<void> {
    if (!this.#outputs.has(offset)) throw this.#refused(offset, 'it is not driven');
    await this.#ask(offset, `out ${offset} ${isHigh ? 1 : 0}`);
  }

  async peek(offset: number): Promise<boolean | undefined> {
    const level = await this.#ask(offset, `peek ${offset}`).catch(() => '-');
    return level === '-' ? undefined : level === '1';
  }

  async release(offset: number): Promise<void> {
    this.#inputs.delete(offset);
    this.#outputs.delete(offset);
    await this.#ask(offset, `free ${offset}`).catch(() => '');
  }

  async close(): Promise<void> {
    const taken = [...this.#inputs.keys(), ...this.#outputs.keys()];
    await Promise.all(taken.map((offset) => this.release(offset)));
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket || socket.destroyed) return;
    const gone = new Promise((resolve) => socket.once('close', resolve));
    socket.destroy();
    await gone;
  }

  async #ask(offset: number, request: string): Promise<string> {
    if (!this.#socket || this.#socket.destroyed) throw this.#refused(offset, 'not connected');
    const number = ++this.#requests;
    const answer = Promise.withResolvers<string>();
    this.#waiting.set(number, answer.resolve);
    const due = later(this.#clock.mono(), PATIENCE);
    const cancel = this.#clock.at('gpio.board', due, () => answer.resolve('no answer'));
    this.#socket.write(`${number} ${request}\n`);
    const [word, ...rest] = (await answer.promise).split(' ');
    cancel();
    this.#waiting.delete(number);
    if (word !== 'ok') throw this.#refused(offset, rest.join(' '));
    return rest[0] ?? '';
  }

  #take(line: string): void {
    const [word, offset, level, seconds] = line.split(' ');
    if (word === 'edge')
      this.#inputs.get(Number(offset))?.edge(level === '1', momentOf(Number(seconds), this.#clock));
    else if (word === 'lost') this.#loseLine(Number(offset));
    else this.#waiting.get(Number(word))?.(line.slice(line.indexOf(' ') + 1));
  }

  #loseLine(offset: number): void {
    const chip = this.#chip;
    const error = new GatewayError('gpio.line-lost', { chip, line: offset, reason: 'taken away' });
    this.#inputs.get(offset)?.lost(error);
    this.#inputs.delete(offset);
    this.#outputs.get(offset)?.(error);
    this.#outputs.delete(offset);
  }

  #lose(error: Error): void {
    for (const answer of this.#waiting.values()) answer(`no ${error.message}`);
    if (this.#socket === undefined || this.#chip === '') return;
    this.#socket = undefined;
    this.#onChipLost(error);
  }

  #refused(line: number, reason: string): GatewayError {
    return new GatewayError('gpio.line-refused', { chip: this.#chip, line, reason });
  }
}

function chipOf([first = '', ...rest]: readonly string[]): ChipInfo {
  const [, name = '', label = ''] = first.split(' ');
  const lines = rest.map((line): ChipLine => {
    const [, offset, own] = line.split(' ');
    return { offset: Number(offset), name: own || undefined };
  });
  return { name, label, lines };
}

const unavailable = (path: string, reason: unknown) =>
  new GatewayError('gpio.unavailable', {
    reason: `no simulated board at ${path}, ${reasonOf(reason)}`,
  });
