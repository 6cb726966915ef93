/**
 * Devices on a serial wire. A device knows that a request is over only by the silence behind it, and
 * that it is whole only by its checksum (Modbus over Serial Line V1.02 §2.5.1.1); it answers after
 * its turn-around without asking whether the wire is free. Devices hear the masters, not each other.
 */
import type { Cancel, Clock } from '../gateway/host/clock.ts';
import { seededRandom } from '../gateway/host/random.ts';
import { type Millis, millis } from '../gateway/model/units.ts';
import { hasValidCrc, rtuFrame } from './crc.ts';
import type { SimulatedDevice } from './device.ts';
import { damagedFrame } from './faults.ts';
import { seedOf } from './seed.ts';
import { SAME_MOMENT_MS, type Transmission, Wire, type WireSpeed } from './wire.ts';

export interface LineOptions extends WireSpeed {
  readonly devices: readonly SimulatedDevice[];
  /** The master hears its own characters, as with adapters that never switch their receiver off. */
  readonly echo?: boolean;
  readonly seed?: number;
}

export interface LineStats {
  /** Frames that masters sent. */
  readonly requests: number;
  /** Requests whose undamaged reply was fully delivered, exceptions included. */
  readonly answered: number;
  /** Requests that began before 3.5 characters of silence. */
  readonly tooEarly: number;
  /** Transmissions that met another one on the wire. */
  readonly collisions: number;
  /**
   * Requests that no device took: bad checksum, nobody's unit, or too early for a strict device.
   */
  readonly ignored: number;
  /**
   * What the answered requests cost at the very least: the silence before each, its characters, the
   * device's turn-around and the reply's characters. A master that wastes nothing needs exactly this.
   */
  readonly usefulMs: Millis;
  /** Characters on the wire, whoever sent them. */
  readonly busyMs: Millis;
}

/** A master's end of the line. */
export interface LineEndpoint {
  /** Puts bytes behind whatever the masters still have to send. */
  write(bytes: Uint8Array): void;
  /**
   * Bytes at the moment they were on the wire, in the pieces a UART driver hands over. One listener
   * at a time.
   */
  onData(listener: (bytes: Uint8Array) => void): void;
  close(): void;
}

/**
 * What a coarse timer may be late by; where a reply follows sooner, the precise one is worth its
 * price.
 */
const COARSE_TIMER_LATENESS_MS = 3;
/** V1.02 §2.2: all devices obey a request to unit 0, none answers. */
const BROADCAST = 0;
/**
 * Whoever writes into an endpoint talks with this voice: several masters share one serial server.
 */
const MASTER = { name: 'master' };

/** A request on its way: one or more writes without a gap between them. */
interface Request {
  readonly parts: Transmission[];
  readonly isEarly: boolean;
  end: number;
  cancel: Cancel;
}

export class SimulatedLine {
  readonly #options: LineOptions;
  readonly #clock: Clock;
  readonly #wire: Wire;
  readonly #listeners = new Map<LineEndpoint, (bytes: Uint8Array) => void>();
  readonly #isHurried: boolean;
  readonly #stats = { requests: 0, answered: 0, tooEarly: 0, ignored: 0, usefulMs: 0 };
  #request: Request | undefined;

  constructor(options: LineOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#wire = new Wire(options, clock, seededRandom(seedOf(options.seed ?? 1, 'wire')));
    const quickest = Math.min(...options.devices.map((device) => device.turnaround));
    this.#isHurried = quickest - this.#wire.silence < COARSE_TIMER_LATENESS_MS;
  }

  endpoint(): LineEndpoint {
    const endpoint: LineEndpoint = {
      write: (bytes) => this.#send(bytes),
      onData: (listener) => this.#listeners.set(endpoint, listener),
      close: () => this.#listeners.delete(endpoint),
    };
    return endpoint;
  }

  stats(): LineStats {
    return {
      ...this.#stats,
      collisions: this.#wire.collisions,
      usefulMs: millis(this.#stats.usefulMs),
      busyMs: millis(this.#wire.busyMs),
    };
  }

  /** Ends every transmission; nothing is delivered afterwards. */
  stop(): void {
    this.#wire.stop();
    this.#listeners.clear();
  }

  #send(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const wire = this.#wire;
    const start = Math.max(this.#clock.mono(), wire.endOf(MASTER));
    const quiet = wire.quietSince(start);
    const part = wire.transmit(MASTER, bytes, start);
    const request = this.#requestFor(start, quiet);
    request.parts.push(part);
    request.end = part.end;
    request.cancel();
    request.cancel = wire.at(
      'sim.line-request',
      part.end + wire.silence,
      () => this.#complete(request),
      this.#isHurried,
    );
    this.#request = request;
    if (this.#options.echo) wire.deliver(part, (heard) => this.#hear(heard), nothing);
  }

  /**
   * Characters within 1.5 characters of the last ones continue their frame; others begin a new one.
   */
  #requestFor(start: number, quiet: number): Request {
    const open = this.#request;
    if (open && start - open.end <= this.#wire.longestGap + SAME_MOMENT_MS) return open;
    if (open) {
      open.cancel();
      this.#stats.ignored++;
    }
    const isEarly = start - quiet < this.#wire.silence - SAME_MOMENT_MS;
    this.#stats.requests++;
    if (isEarly) this.#stats.tooEarly++;
    return { parts: [], isEarly, end: start, cancel: nothing };
  }

  #complete(request: Request): void {
    this.#request = undefined;
    const frame = Buffer.concat(request.parts.map((part) => part.bytes));
    const takers = this.#options.devices.filter(
      (device) =>
        (frame[0] === device.unit || frame[0] === BROADCAST) && !(device.strict && request.isEarly),
    );
    if (takers.length === 0 || !hasValidCrc(frame)) {
      this.#stats.ignored++;
      return;
    }
    for (const device of takers) this.#ask(device, request, frame);
  }

  #ask(device: SimulatedDevice, request: Request, frame: Uint8Array): void {
    const { reply, fault } = device.answer(frame.subarray(1, -2), this.#clock.mono());
    if (!reply || frame[0] === BROADCAST) return;
    const bytes = fault
      ? damagedFrame(fault.kind, device.unit, reply, device.faults.random)
      : rtuFrame(device.unit, reply);
    const wire = this.#wire;
    const turnaround = Math.max(wire.silence, device.turnaround);
    const due = request.end + turnaround + (fault?.kind === 'late' ? fault.delay : 0);
    const sent = wire.transmit(device, bytes, Math.max(due, wire.endOf(device) + wire.silence));
    wire.deliver(
      sent,
      (heard) => this.#hear(heard),
      () => {
        if (sent.isGarbled || (fault && fault.kind !== 'exception')) return;
        const characters = frame.length + bytes.length;
        this.#stats.answered++;
        this.#stats.usefulMs += wire.silence + turnaround + characters * wire.character;
      },
    );
  }

  #hear(bytes: Uint8Array): void {
    for (const listener of this.#listeners.values()) listener(bytes);
  }
}

const nothing = () => {};
