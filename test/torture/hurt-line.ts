/**
 * A TCP line between an uplink and its broker that breaks in all the ways that lines and brokers do. It knows of MQTT 5
 * what it needs to lose and to double acknowledgements, and to refuse as a broker would.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { reset } from '../../firmware-sim/listener.ts';

export const HURTS = [
  'reset',
  'end',
  'black hole',
  'half-open',
  'slow',
  'refused',
  'sent away',
  'acknowledgements lost',
  'acknowledgements twice',
] as const;
export type Hurt = (typeof HURTS)[number];

/** Hurts that the connection outlives. */
const HARMLESS: readonly Hurt[] = ['slow', 'acknowledgements twice'];
export const isCut = (hurt: Hurt): boolean => !HARMLESS.includes(hurt);

const PUBACK = 4;
/** MQTT 5.0 §3.2.2.2 and §3.14.2.1: server unavailable, server shutting down. */
const CONNACK_UNAVAILABLE = Buffer.from([0x20, 3, 0, 0x88, 0]);
const DISCONNECT_SHUTTING_DOWN = Buffer.from([0xe0, 2, 0x8b, 0]);
const SLOW_EVERY_MS = 50;
const SLOW_BYTES = 2_048;
const LOOK_MS = 5;

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/** It came between these, ms of `performance.now`: on a busy machine this process looks late. */
export interface Attempt {
  readonly from: number;
  readonly to: number;
}

export class HurtLine {
  readonly #server: Server;
  readonly #target: number;
  readonly #pairs = new Set<Pair>();
  /** When connections were asked for. */
  readonly attempts: Attempt[] = [];
  readonly #watch: NodeJS.Timeout;
  /** When this process last looked for connections, and the time before. */
  #looked: readonly [before: number, last: number] = [0, 0];
  #hurt: Hurt | undefined;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((near) => this.#accept(near));
    this.#watch = setInterval(() => {
      this.#looked = [this.#looked[1], performance.now()];
    }, LOOK_MS);
  }

  /** To a port of this machine. */
  static async to(target: number): Promise<HurtLine> {
    const line = new HurtLine(target);
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  hurt(hurt: Hurt): void {
    this.#hurt = hurt;
    for (const { near, far } of this.#pairs) {
      if (hurt === 'reset') for (const socket of [near, far]) reset(socket);
      else if (hurt === 'end' || hurt === 'refused') for (const socket of [near, far]) socket.end();
      else if (hurt === 'half-open') far.destroy();
      else if (hurt === 'sent away') near.end(DISCONNECT_SHUTTING_DOWN);
    }
  }

  /** What is lost stays lost: whoever was silent or short of acknowledgements is cut off. */
  heal(): void {
    const before = this.#hurt;
    this.#hurt = undefined;
    if (before === undefined || !isCut(before)) return;
    for (const { near, far } of this.#pairs) for (const socket of [near, far]) reset(socket);
  }

  async close(): Promise<void> {
    clearInterval(this.#watch);
    for (const { near, far } of this.#pairs) for (const socket of [near, far]) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(near: Socket): void {
    this.attempts.push({ from: this.#looked[0], to: performance.now() });
    near.on('error', () => {});
    if (this.#hurt === 'refused') {
      near.once('data', () => near.end(CONNACK_UNAVAILABLE));
      return;
    }
    if (this.#hurt === 'reset' || this.#hurt === 'end' || this.#hurt === 'sent away') {
      near.destroy();
      return;
    }
    const far = connect(this.#target, '127.0.0.1');
    const pair = { near, far };
    this.#pairs.add(pair);
    const end = () => {
      // A line that hangs does not tell one end of the other.
      if (this.#hurt === 'black hole' || this.#hurt === 'half-open') return;
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    far.on('error', () => {});
    for (const socket of [near, far]) socket.on('close', end);
    near.on('data', (bytes: Buffer) => this.#pass(near, far, bytes));
    const packets = new Packets();
    far.on('data', (bytes: Buffer) => {
      for (const packet of packets.add(bytes)) this.#answer(far, near, packet);
    });
  }

  #pass(from: Socket, to: Socket, bytes: Buffer): void {
    if (this.#hurt === 'black hole' || this.#hurt === 'half-open') return;
    to.write(bytes);
    if (this.#hurt !== 'slow') return;
    from.pause();
    const wait = SLOW_EVERY_MS * Math.ceil(bytes.length / SLOW_BYTES);
    setTimeout(() => from.resume(), wait);
  }

  #answer(from: Socket, to: Socket, packet: Buffer): void {
    const isAcknowledgement = (packet[0] as number) >> 4 === PUBACK;
    if (isAcknowledgement && this.#hurt === 'acknowledgements lost') return;
    this.#pass(from, to, packet);
    if (isAcknowledgement && this.#hurt === 'acknowledgements twice') to.write(packet);
  }
}

/** Whole packets of a stream (MQTT 5.0 §2.1). */
class Packets {
  #rest = Buffer.alloc(0);

  *add(bytes: Buffer): Generator<Buffer> {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (let size = this.#size(); size !== undefined; size = this.#size()) {
      yield this.#rest.subarray(0, size);
      this.#rest = this.#rest.subarray(size);
    }
  }

  /** Of the first packet; undefined while it is not whole. */
  #size(): number | undefined {
    let length = 0;
    for (let at = 1; at < 5 && at < this.#rest.length; at++) {
      const byte = this.#rest[at] as number;
      length += (byte & 0x7f) * 128 ** (at - 1);
      if (byte < 0x80) return at + 1 + length <= this.#rest.length ? at + 1 + length : undefined;
    }
    return undefined;
  }
}
