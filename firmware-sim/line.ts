/**
 * Stations on a serial wire, of one protocol or of several. A station knows a request by the silence
 * behind it or by its own marks, and answers after its turn-around without asking whether the wire is
 * free. Stations hear the masters, not each other.
 */
import type { Cancel, Clock } from '../gateway/host/clock.ts';
import { seededRandom } from '../gateway/host/random.ts';
import type { Random } from '../gateway/model/backoff.ts';
import { type Millis, millis } from '../gateway/model/units.ts';
import { type Adapter, adapter } from './adapter.ts';
import { type Burst, Bursts } from './bursts.ts';
import { type Ear, earsOf } from './ear.ts';
import { isHarmless } from './faults.ts';
import { askOnAndOn, babble, type SecondMaster, type Voice } from './intruders.ts';
import { seedOf } from './seed.ts';
import type { Answer, Station } from './station.ts';
import { misheard, type Transmission, timesOf, understands, Wire, type WireSpeed } from './wire.ts';

/** How the wire and the master's adapter behave, apart from the stations. */
export interface LineManners {
  /** The master hears its own characters, as with adapters that never switch their receiver off. */
  readonly echo: boolean;
  /** Both wires are swapped at the master: nobody understands anybody, and the master hears glitches. */
  readonly isSwapped: boolean;
  /** The adapter hands bytes over at the turns of its latency timer; 0: as they come. */
  readonly adapterLatency: Millis;
  /** Somebody else who asks on the same wire. */
  readonly secondMaster: SecondMaster | undefined;
}

export interface LineOptions extends WireSpeed, Partial<LineManners> {
  readonly stations: readonly Station[];
  readonly seed?: number;
}

export interface LineStats {
  /** What masters sent: frames, for a protocol that ends them with silence. */
  readonly requests: number;
  /** Requests whose undamaged reply was fully delivered, exceptions included. */
  readonly answered: number;
  /** Modbus requests that began before 3.5 characters of silence. */
  readonly tooEarly: number;
  /** Transmissions that met another one on the wire. */
  readonly collisions: number;
  /**
   * Requests that no station took: bad checksum, nobody's address, other settings, or too early for a
   * strict device.
   */
  readonly ignored: number;
  /**
   * What the answered requests cost at the very least: 3.5 characters of silence before each, its characters
   * with what wakes the receiver, the station's turn-around and the reply's characters. A master that wastes
   * nothing needs exactly this.
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
  /**
   * The masters send and hear at this speed from now on. Stations at another one do not understand them, and are
   * heard as garbage.
   */
  tune(speed: WireSpeed): void;
  close(): void;
}

/**
 * What a coarse timer may be late by; where a reply follows sooner, the precise one is worth its
 * price.
 */
const COARSE_TIMER_LATENESS_MS = 3;
/**
 * Whoever writes into an endpoint talks with this voice: several masters share one serial server.
 */
const MASTER = { name: 'master' };
const SECOND_MASTER = { name: 'second master' };

/** A frame as a station heard it. */
interface Asked {
  readonly bytes: Uint8Array;
  readonly preamble: number;
  readonly end: number;
  /** The silence that its protocol wants around it. */
  readonly silence: number;
  readonly isEarly: boolean;
}

export class SimulatedLine {
  readonly #options: LineOptions;
  readonly #clock: Clock;
  readonly #wire: Wire;
  readonly #random: Random;
  readonly #ears: readonly Ear[];
  readonly #silenced: readonly Station[];
  readonly #listeners = new Map<LineEndpoint, (bytes: Uint8Array) => void>();
  readonly #isHurried: boolean;
  readonly #bursts: Bursts;
  #answered = 0;
  #usefulMs = 0;
  #manners: LineManners = {
    echo: false,
    isSwapped: false,
    adapterLatency: millis(0),
    secondMaster: undefined,
  };
  #adapter: Adapter | undefined;
  #dismissSecond: Cancel = nothing;
  #speed: WireSpeed;

  constructor(options: LineOptions, clock: Clock) {
    const seed = options.seed ?? 1;
    this.#options = options;
    this.#speed = { baud: options.baud, format: options.format };
    this.#clock = clock;
    this.#wire = new Wire(clock, seededRandom(seedOf(seed, 'wire')));
    this.#random = seededRandom(seedOf(seed, 'misheard'));
    this.#ears = earsOf(options.stations);
    this.#silenced = options.stations.filter((station) => station.framing === 'silence');
    this.#bursts = new Bursts(this.#silenced.length > 0);
    const quickest = Math.min(...options.stations.map((station) => station.turnaround));
    this.#isHurried = quickest - timesOf(options).silence < COARSE_TIMER_LATENESS_MS;
    for (const station of options.stations)
      babble(
        station.faults,
        this.#voice((bytes) => this.#say(station, bytes, station.settings ?? options)),
      );
    this.adjust(options);
  }

  /** Changes how the line behaves, from now on; what is left out stays as it is. */
  adjust(manners: Partial<LineManners>): void {
    const before = this.#manners;
    const { echo, isSwapped, adapterLatency, secondMaster } = { ...before, ...manners };
    this.#manners = { echo, isSwapped, adapterLatency, secondMaster };
    if (adapterLatency !== before.adapterLatency) this.#plug(adapterLatency);
    if (secondMaster !== before.secondMaster) this.#invite(secondMaster);
  }

  #plug(latency: Millis): void {
    const { at, now } = this.#voice(() => 0);
    this.#adapter =
      latency > 0 ? adapter(latency, now, at, (bytes) => this.#hand(bytes)) : undefined;
  }

  #invite(second: SecondMaster | undefined): void {
    this.#dismissSecond();
    const voice = this.#voice((bytes) => this.#send(SECOND_MASTER, bytes));
    this.#dismissSecond = second ? askOnAndOn(second, voice) : nothing;
  }

  endpoint(): LineEndpoint {
    const endpoint: LineEndpoint = {
      write: (bytes) => void this.#send(MASTER, bytes),
      onData: (listener) => this.#listeners.set(endpoint, listener),
      tune: ({ baud, format }) => {
        this.#speed = { baud, format };
      },
      close: () => this.#listeners.delete(endpoint),
    };
    return endpoint;
  }

  stats(): LineStats {
    const { requests, tooEarly, ignored } = this.#bursts;
    return {
      requests,
      answered: this.#answered,
      tooEarly,
      collisions: this.#wire.collisions,
      ignored,
      usefulMs: millis(this.#usefulMs),
      busyMs: millis(this.#wire.busyMs),
    };
  }

  /** Ends every transmission; nothing is delivered afterwards. */
  stop(): void {
    this.#wire.stop();
    this.#listeners.clear();
  }

  #voice(say: Voice['say']): Voice {
    return {
      say,
      now: () => this.#clock.mono(),
      at: (due, run) => this.#wire.at('sim.line-voice', due, run, false),
    };
  }

  /** Characters that are no answer; returns when they end. */
  #say(from: object, bytes: Uint8Array, speed: WireSpeed): number {
    const start = Math.max(this.#clock.mono(), this.#wire.endOf(from));
    const sent = this.#wire.transmit(from, bytes, start, speed);
    this.#wire.deliver(sent, (heard) => this.#hear(sent, heard), nothing);
    return sent.end;
  }

  /** Returns when the bytes have been sent. */
  #send(master: object, bytes: Uint8Array): number {
    const wire = this.#wire;
    const start = Math.max(this.#clock.mono(), wire.endOf(master));
    if (bytes.length === 0) return start;
    const quiet = wire.quietSince(start);
    const part = wire.transmit(master, bytes, start, this.#speed);
    if (this.#manners.echo || master !== MASTER)
      wire.deliver(part, (heard) => this.#hear(part, heard), nothing);
    if (this.#manners.isSwapped && master === MASTER) this.#glitch(part);
    else this.#ask(part, quiet);
    return part.end;
  }

  /** Driver on, driver off: with swapped wires both look like a character of all or no bits. */
  #glitch(part: Transmission): void {
    this.#bursts.requests++;
    this.#bursts.ignored++;
    for (const due of [part.start + part.character, part.end + part.character])
      this.#wire.at(
        'sim.line-glitch',
        due,
        () => this.#receive(Uint8Array.of(this.#random() < 0.5 ? 0 : 0xff)),
        false,
      );
  }

  #ask(part: Transmission, quiet: number): void {
    const wire = this.#wire;
    const burst = this.#bursts.add(part, quiet);
    const { silence } = timesOf(part.speed);
    burst.cancel();
    burst.cancel = wire.at(
      'sim.line-request',
      part.end + silence,
      () => this.#complete(burst, silence),
      this.#isHurried,
    );
    if (this.#ears.length > 0)
      wire.at('sim.line-part', part.end, () => this.#listen(burst, part), this.#isHurried);
  }

  #listen(burst: Burst, part: Transmission): void {
    for (const ear of this.#ears)
      for (const { bytes, preamble, end } of ear.hear(part)) {
        burst.isMarked = true;
        const asked = { bytes, preamble, end, silence: 0, isEarly: false };
        this.#offer(ear.stations, burst, part.speed, asked);
      }
  }

  #complete(burst: Burst, silence: Millis): void {
    const [first] = burst.parts;
    if (first) {
      const bytes = Buffer.concat(burst.parts.map((part) => part.bytes));
      const { end, isEarly } = burst;
      const asked = { bytes, preamble: 0, end, silence, isEarly };
      this.#offer(this.#silenced, burst, first.speed, asked);
    }
    this.#bursts.close(burst);
  }

  #offer(stations: readonly Station[], burst: Burst, speed: WireSpeed, asked: Asked): void {
    const hearing = { now: this.#clock.mono(), isEarly: asked.isEarly };
    for (const station of stations) {
      const own = station.settings ?? this.#options;
      const answer = understands(own, speed) ? station.hear(asked.bytes, hearing) : undefined;
      if (!answer) continue;
      burst.isTaken = true;
      if (answer.reply) this.#answer(station, own, { ...answer, reply: answer.reply }, asked);
    }
  }

  #answer(
    station: Station,
    speed: WireSpeed,
    { reply, fault, turnaround: own = station.turnaround }: Answer & { readonly reply: Uint8Array },
    { bytes, preamble, end, silence }: Asked,
  ): void {
    const wire = this.#wire;
    const delay = fault?.kind === 'late' ? fault.delay : 0;
    const turnaround = Math.max(silence, own);
    const start = Math.max(end + turnaround + delay, wire.endOf(station) + silence);
    const sent = wire.transmit(station, reply, start, speed);
    // Its twin begins within the first character, and is heard only by what it spoils.
    if (fault?.kind === 'collision')
      wire.transmit({}, reply, start + this.#random() * sent.character, speed);
    wire.deliver(
      sent,
      (heard) => this.#hear(sent, heard),
      () => {
        if (sent.isGarbled || !isHarmless(fault)) return;
        const characters = preamble + bytes.length + reply.length;
        this.#answered++;
        this.#usefulMs += timesOf(speed).silence + turnaround + characters * sent.character;
      },
    );
  }

  #hear(sent: Transmission, bytes: Uint8Array): void {
    const isClear =
      sent.from === MASTER || (!this.#manners.isSwapped && understands(sent.speed, this.#speed));
    this.#receive(isClear ? bytes : misheard(sent, bytes, this.#speed, this.#random));
  }

  #receive(bytes: Uint8Array): void {
    if (this.#adapter) this.#adapter.hear(bytes);
    else this.#hand(bytes);
  }

  #hand(bytes: Uint8Array): void {
    if (bytes.length > 0) for (const listener of this.#listeners.values()) listener(bytes);
  }
}

const nothing = () => {};
