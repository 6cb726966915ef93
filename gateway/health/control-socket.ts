/**
 * The running gateway's local socket: one question a line, its name and, behind a blank, what it is about as JSON;
 * one JSON answer a line. Only who may open the file may ask; nothing listens on the network.
 */
import { chmod, mkdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { Cancel, Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import { GatewayError, reasonOf } from '../model/errors.ts';
import { later, type Millis, type MonoMs, seconds } from '../model/units.ts';

/**
 * A question by its name, and what it is about: anything that JSON can hold, undefined when nothing was said. The
 * answer must survive JSON.
 */
export type Answers = Readonly<Record<string, (about: unknown) => unknown | Promise<unknown>>>;

const QUESTION_LIMIT_CHARACTERS = 4_096;
const CLIENTS_LIMIT = 16;
const ANSWER_PATIENCE: Millis = seconds(5);
/** A folder that cannot be written is tried again so often. */
const REOPEN_EVERY: Millis = seconds(10);
/** What a gateway of an older version says, too. */
const UNKNOWN = 'unknown question';

/** Beside the journal: whoever may read the one may ask the other. */
export const socketPath = (journalPath: string): string =>
  join(dirname(journalPath), 'headgate.sock');

export class ControlSocket {
  readonly #path: string;
  readonly #answers: Answers;
  readonly #clients = new Set<Socket>();
  #server: Server | undefined;
  #opening: Promise<void> | undefined;
  #cancelReopen: Cancel = () => {};

  constructor(path: string, answers: Answers) {
    this.#path = path;
    this.#answers = answers;
  }

  /** Resolves when it listens, or has said why it does not yet: a disk that cannot be written stops no gateway. */
  async keepOpen(clock: Clock, log: Log): Promise<void> {
    const reopen = async (isFirst: boolean): Promise<void> => {
      await this.open().catch((error: unknown) => {
        if (isFirst) log.warn('control.not-open', { path: this.#path, reason: reasonOf(error) });
        const due = later(clock.mono(), REOPEN_EVERY);
        this.#cancelReopen = clock.at('control.reopen', due, () => {
          this.#opening = reopen(false);
        });
      });
    };
    this.#opening = reopen(true);
    await this.#opening;
  }

  async open(): Promise<void> {
    // The journal makes the folder, too, and may be late.
    await mkdir(dirname(this.#path), { recursive: true });
    await rm(this.#path, { force: true });
    const server = createServer((client) => this.#serve(client));
    server.maxConnections = CLIENTS_LIMIT;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#path, resolve);
    });
    await chmod(this.#path, 0o660);
    this.#server = server;
  }

  async close(): Promise<void> {
    await this.#opening;
    this.#cancelReopen();
    for (const client of this.#clients) client.destroy();
    const server = this.#server;
    this.#server = undefined;
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #serve(client: Socket): void {
    this.#clients.add(client);
    client.on('close', () => this.#clients.delete(client));
    client.on('error', () => client.destroy());
    let text = '';
    client.setEncoding('utf8');
    client.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) {
        client.pause();
        void this.#answer(client, text.slice(0, end));
      } else if (text.length > QUESTION_LIMIT_CHARACTERS) client.destroy();
    });
  }

  async #answer(client: Socket, line: string): Promise<void> {
    let reply: unknown;
    try {
      const [question = '', about] = line.split(/ (.*)/s, 2);
      const answer = Object.hasOwn(this.#answers, question) ? this.#answers[question] : undefined;
      reply = answer
        ? { ok: true, answer: await answer(about === undefined ? undefined : JSON.parse(about)) }
        : { ok: false, error: UNKNOWN };
    } catch (error) {
      reply = { ok: false, error: String(error) };
    }
    client.end(`${JSON.stringify(reply)}\n`);
  }
}

/**
 * Asks the gateway behind `path`, about something when the question needs it; rejects with `cli.not-running` when
 * nobody answers within `patience`, it goes before it has answered, or `signal` is aborted, and with
 * `cli.question-unknown` where it is of another version.
 */
export async function ask(
  path: string,
  question: string,
  clock: Clock,
  about?: unknown,
  patience: Millis = ANSWER_PATIENCE,
  signal?: AbortSignal,
): Promise<unknown> {
  const line = about === undefined ? question : `${question} ${JSON.stringify(about)}`;
  const due: MonoMs = later(clock.mono(), patience);
  const text = await new Promise<string>((resolve, reject) => {
    const socket = connect({ path, ...(signal && { signal }) });
    const cancel = clock.at('control.answer', due, () => socket.destroy(new Error('no answer')));
    let received = '';
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(`${line}\n`));
    socket.on('data', (chunk: string) => {
      received += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => {
      cancel();
      if (received.endsWith('\n')) resolve(received);
      else reject(new Error('it hung up'));
    });
  }).catch((error: unknown) => {
    throw new GatewayError('cli.not-running', { path }, error);
  });
  const reply = JSON.parse(text) as { ok: boolean; answer?: unknown; error?: string };
  if (reply.error === UNKNOWN) throw new GatewayError('cli.question-unknown', { path, question });
  if (!reply.ok) throw new Error(reply.error);
  return reply.answer;
}
