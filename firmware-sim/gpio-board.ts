/**
 * A board with pins, to be reached over a unix socket or joined in this process: the outside world moves its inputs,
 * seeded meters and doors among them, and it remembers what its outputs were driven to, and when. It speaks lines of
 * text:
 *
 *     hello            chip board0 simulated-board / line 17 DOOR / … / end
 *     1 in 17 up       1 ok 1             (a level; from now on `edge 17 0 <seconds since boot>` whenever it moves)
 *     2 out 22 1       2 ok               (taken, or switched; `2 no <reason>` where another has the line)
 *     3 peek 22        3 ok 1, 3 ok -     (without taking it)
 *     4 free 22        4 ok
 *                      lost 17            (taken away)
 */
import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { createInterface } from 'node:readline';
import { type Duplex, duplexPair } from 'node:stream';
import type { Cancel, Clock } from '../gateway/host/clock.ts';
import { seededRandom } from '../gateway/host/random.ts';
import type { Random } from '../gateway/model/backoff.ts';
import { later, type Millis, type MonoMs, millis } from '../gateway/model/units.ts';
import { seedOf } from './seed.ts';

/** What moves a line from outside. */
export type Mover =
  /** A meter with a contact that closes once a pulse and bounces. */
  | { readonly kind: 'pulses'; readonly perHour: number; readonly bounces?: number }
  /** A door that is opened now and then. */
  | { readonly kind: 'door'; readonly perHour: number };

export interface BoardLine {
  readonly offset: number;
  readonly name?: string;
  readonly mover?: Mover;
}

export interface BoardSetting {
  /** Of the socket; undefined: it is only joined. */
  readonly path?: string;
  readonly name?: string;
  readonly label?: string;
  readonly lines: readonly BoardLine[];
  readonly seed?: number;
  /** Whether an output that nobody drives any more keeps its level; else it is an input again. */
  readonly keepsLevel?: boolean;
  /** How long edges are on their way, as through the pipe of a busy machine; they are stamped before. */
  readonly edgeDelay?: Millis;
}

/** An output was driven to this level, or let go. */
export interface Driven {
  readonly offset: number;
  readonly isHigh: boolean | undefined;
  readonly at: MonoMs;
}

/** silent: takes no notice · mute: obeys and says nothing · away: cuts clients off and lets nobody in. */
export type Manner = 'well' | 'silent' | 'mute' | 'away';

export interface GpioBoard {
  /** Of the socket; empty: there is none. */
  readonly path: string;
  /** The end of a connection for a client in this process, in whatever time the clock has. */
  join(): Duplex;
  /** Moves an input from outside. */
  move(offset: number, isHigh: boolean): void;
  /** The level that a line is driven to by a client; undefined: not driven. */
  driven(offset: number): boolean | undefined;
  /** That, or else the level that it has from outside; undefined: neither. */
  level(offset: number): boolean | undefined;
  /** All that was driven, oldest first. */
  readonly history: readonly Driven[];
  /** Pulses that the seeded meter of a line has given. */
  pulses(offset: number): number;
  /** From now on clients are told that somebody else has the line; undefined: no longer. */
  refuse(offset: number, reason: string | undefined): void;
  /** Every client loses one line, as when the kernel takes it away. */
  lose(offset: number): void;
  /** The requests of all clients so far, `out 22 1`, whatever became of them. */
  readonly heard: readonly string[];
  /** From now on. */
  behave(manner: Manner): void;
  /** Cuts all clients off; they may come back. */
  cut(): void;
  /** Idempotent. */
  stop(): Promise<void>;
}

const PULSE_LENGTH: Millis = millis(40);
const BOUNCE: Millis = millis(0.4);
const DOOR_OPEN: Millis = millis(3_000);
const MS_PER_HOUR = 3_600_000;
/** What is remembered of a long run. */
const MOST_HISTORY = 10_000;

/** Resolves when clients can come. */
export async function startGpioBoard(setting: BoardSetting, clock: Clock): Promise<GpioBoard> {
  const board = new Board(setting, clock);
  if (setting.path !== undefined) await board.listen(setting.path);
  board.play();
  return board;
}

interface Client {
  readonly socket: Duplex;
  readonly inputs: Set<number>;
  readonly outputs: Set<number>;
}

class Board implements GpioBoard {
  readonly history: Driven[] = [];
  readonly heard: string[] = [];
  readonly #setting: BoardSetting;
  readonly #clock: Clock;
  readonly #server: Server;
  readonly #clients = new Set<Client>();
  readonly #levels = new Map<number, boolean>();
  readonly #driven = new Map<number, boolean>();
  readonly #refused = new Map<number, string>();
  readonly #pulses = new Map<number, number>();
  readonly #timers = new Set<Cancel>();
  #manner: Manner = 'well';
  #isStopped = false;

  constructor(setting: BoardSetting, clock: Clock) {
    this.#setting = setting;
    this.#clock = clock;
    this.#server = createServer((socket) => this.#admit(socket));
  }

  get path(): string {
    return this.#setting.path ?? '';
  }

  async listen(path: string): Promise<void> {
    await rm(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, resolve);
    });
  }

  join(): Duplex {
    const [near, far] = duplexPair();
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
    this.#admit(far);
    return near;
  }

  /** From now on its lines move by themselves. */
  play(): void {
    for (const { offset, mover } of this.#setting.lines)
      if (mover)
        this.#play(offset, mover, seededRandom(seedOf(this.#setting.seed ?? 1, `${offset}`)));
  }

  move(offset: number, isHigh: boolean): void {
    if (this.#levels.get(offset) === isHigh) return;
    this.#levels.set(offset, isHigh);
    const stamp = (this.#clock.sinceBoot() / 1000).toFixed(9);
    const { edgeDelay } = this.#setting;
    for (const { socket, inputs } of this.#clients) {
      if (!inputs.has(offset)) continue;
      const tell = () => socket.write(`edge ${offset} ${digit(isHigh)} ${stamp}\n`);
      if (edgeDelay === undefined) tell();
      else this.#after(edgeDelay, tell);
    }
  }

  driven(offset: number): boolean | undefined {
    return this.#driven.get(offset);
  }

  level(offset: number): boolean | undefined {
    return this.#driven.get(offset) ?? this.#levels.get(offset);
  }

  pulses(offset: number): number {
    return this.#pulses.get(offset) ?? 0;
  }

  refuse(offset: number, reason: string | undefined): void {
    if (reason === undefined) this.#refused.delete(offset);
    else this.#refused.set(offset, reason);
  }

  lose(offset: number): void {
    for (const client of this.#clients) {
      this.#free(client, offset);
      client.socket.write(`lost ${offset}\n`);
    }
  }

  behave(manner: Manner): void {
    this.#manner = manner;
    if (manner === 'away') this.cut();
  }

  cut(): void {
    for (const { socket } of this.#clients) socket.destroy();
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    for (const cancel of this.#timers) cancel();
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #admit(socket: Duplex): void {
    if (this.#manner === 'away') {
      socket.destroy();
      return;
    }
    const client: Client = { socket, inputs: new Set(), outputs: new Set() };
    this.#clients.add(client);
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#clients.delete(client);
      for (const offset of [...client.inputs, ...client.outputs]) this.#free(client, offset);
    });
    const lines = createInterface(socket);
    // It says the socket's errors over again.
    lines.on('error', () => {});
    lines.on('line', (line) => this.#hear(client, line));
  }

  #hear(client: Client, line: string): void {
    const { socket } = client;
    if (line === 'hello') {
      socket.write(this.#greeting());
      return;
    }
    const [number, ...request] = line.split(' ');
    if (this.heard.length < MOST_HISTORY) this.heard.push(request.join(' '));
    if (this.#manner === 'silent') return;
    const answer = this.#answer(client, request);
    if (this.#manner === 'well') socket.write(`${number} ${answer}\n`);
  }

  #answer(client: Client, [verb, line, argument = '']: readonly string[]): string {
    const offset = Number(line);
    if (!this.#setting.lines.some((one) => one.offset === offset))
      return 'no there is no such line';
    switch (verb) {
      case 'in':
        return this.#takeInput(client, offset, argument);
      case 'out':
        return this.#drive(client, offset, argument === '1');
      case 'peek':
        return `ok ${this.#levelText(offset)}`;
      case 'free':
        this.#free(client, offset);
        return 'ok';
      default:
        return `no ${verb} is unknown`;
    }
  }

  #greeting(): string {
    const { name = 'board0', label = 'simulated-board', lines } = this.#setting;
    const shown = lines.map(({ offset, name: own = '' }) => `line ${offset} ${own}`);
    return `${[`chip ${name} ${label}`, ...shown, 'end'].join('\n')}\n`;
  }

  #takeInput(client: Client, offset: number, bias: string): string {
    const holder = this.#holder(client, offset);
    if (holder) return `no ${holder}`;
    client.inputs.add(offset);
    // A contact that is open follows the pull resistor.
    const isHigh = this.#levels.get(offset) ?? bias === 'up';
    this.#levels.set(offset, isHigh);
    return `ok ${digit(isHigh)}`;
  }

  #drive(client: Client, offset: number, isHigh: boolean): string {
    const holder = this.#holder(client, offset);
    if (holder) return `no ${holder}`;
    client.outputs.add(offset);
    this.#driven.set(offset, isHigh);
    this.#remember(offset, isHigh);
    return 'ok';
  }

  #holder(client: Client, offset: number): string | undefined {
    const others = [...this.#clients].filter((one) => one !== client);
    const isTaken = others.some((one) => one.inputs.has(offset) || one.outputs.has(offset));
    return this.#refused.get(offset) ?? (isTaken ? 'Device or resource busy' : undefined);
  }

  #free(client: Client, offset: number): void {
    client.inputs.delete(offset);
    if (!client.outputs.delete(offset) || this.#setting.keepsLevel) return;
    this.#driven.delete(offset);
    this.#remember(offset, undefined);
  }

  #remember(offset: number, isHigh: boolean | undefined): void {
    if (this.history.length < MOST_HISTORY)
      this.history.push({ offset, isHigh, at: this.#clock.mono() });
  }

  #levelText(offset: number): string {
    const level = this.level(offset);
    return level === undefined ? '-' : digit(level);
  }

  #play(offset: number, mover: Mover, random: Random): void {
    this.move(offset, false);
    const next = () => {
      const usual = MS_PER_HOUR / mover.perHour;
      this.#after(millis(usual * (0.5 + random())), () => {
        this.#act(offset, mover, random);
        next();
      });
    };
    next();
  }

  #act(offset: number, mover: Mover, random: Random): void {
    if (mover.kind === 'door') {
      this.move(offset, true);
      this.#after(DOOR_OPEN, () => this.move(offset, false));
      return;
    }
    this.#pulses.set(offset, this.pulses(offset) + 1);
    const bounces = Math.floor(random() * ((mover.bounces ?? 3) + 1));
    this.#bounce(offset, true, bounces);
    this.#after(PULSE_LENGTH, () => this.#bounce(offset, false, bounces));
  }

  /** The contact comes to rest at the level after so many bounces. */
  #bounce(offset: number, isHigh: boolean, left: number): void {
    this.move(offset, isHigh);
    if (left === 0) return;
    this.#after(BOUNCE, () => {
      this.move(offset, !isHigh);
      this.#after(BOUNCE, () => this.#bounce(offset, isHigh, left - 1));
    });
  }

  #after(delay: Millis, run: () => void): void {
    const cancel = this.#clock.at('sim.board', later(this.#clock.mono(), delay), () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
  }
}

const digit = (isHigh: boolean): string => (isHigh ? '1' : '0');
