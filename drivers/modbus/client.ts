/**
 * One exchange at a time with one unit: a request, or several at once where a packet network tells
 * their answers apart. modbus-serial encodes requests and decodes answers; guard ports decide what the
 * answers are, and this file when to stop waiting. Every exchange settles.
 */
import { type Clock, sleep } from '../../gateway/host/clock.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import {
  between,
  later,
  type Millis,
  type MonoMs,
  millis,
  monoMs,
} from '../../gateway/model/units.ts';
import type { DriverIo } from '../driver.ts';
import { AnswerPace } from '../line/answer-pace.ts';
import type { Line } from '../line/line.ts';
import { type Answer, turnaroundOf } from './answer.ts';
import { AsciiPort } from './ascii-port.ts';
import type { Expectation } from './guard-port.ts';
import { type Modbus, ModbusRTU } from './modbus-serial.ts';
import type { ModbusDevice } from './options.ts';
import { PacketPort } from './packet-port.ts';
import { PacketStream } from './packet-stream.ts';
import type { ModbusRequest } from './request.ts';
import { WirePort } from './wire-port.ts';

type Port = PacketPort | WirePort | AsciiPort;

/** What one request at a time needs. */
interface Slot {
  readonly port: Port;
  readonly modbus: Modbus;
}

/** Until when an answer is waited for at most, and the way to stop. */
interface Wait {
  readonly cancel: () => void;
  readonly limit: MonoMs;
}

/** How long the units of a wire take to obey a broadcast: 100 to 200 ms (V1.02 §2.4.1). */
const BROADCAST_TURNAROUND: Millis = millis(200);

/** Longer than any time-out. */
const FOREVER: Millis = millis(Number.POSITIVE_INFINITY);

export class Client {
  readonly #unit: number;
  readonly #line: Line;
  readonly #clock: Clock;
  readonly #slots: readonly Slot[];
  readonly #stream = new PacketStream();
  readonly #pace = new AnswerPace();
  #abandon: ((error: unknown) => void) | undefined;
  /** Ends whatever exchange is under way; one of a bus is that of the next as well. */
  #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.#abandon?.(this.#signal?.reason);

  constructor(device: ModbusDevice, { line, clock, framing }: DriverIo) {
    this.#unit = device.unit;
    this.#line = line;
    this.#clock = clock;
    const ports =
      framing === 'packets'
        ? Array.from({ length: device.maxInFlight }, () => new PacketPort(line))
        : [device.mode === 'ascii' ? new AsciiPort(line) : new WirePort(line)];
    this.#slots = ports.map((port) => {
      const modbus = new ModbusRTU(port);
      modbus.open();
      return { port, modbus };
    });
  }

  /** Rejects when the line is lost, with the signal's reason, and when the client is closed. */
  async ask(request: ModbusRequest, timeout: Millis, signal: AbortSignal): Promise<Answer> {
    const [answer] = await this.askAll([request], timeout, signal);
    return answer as Answer;
  }

  /**
   * Several requests at once, at most as many as the device takes; each answer is waited for on its
   * own. Rejects like `ask`.
   */
  askAll(
    requests: readonly ModbusRequest[],
    timeout: Millis,
    signal: AbortSignal,
  ): Promise<readonly Answer[]> {
    return new Promise((resolve, reject) => {
      const slots = this.#slots.slice(0, requests.length);
      const answers = new Map<Slot, Answer>();
      const waits = new Map<Slot, Wait>();
      const settle = () => {
        for (const { cancel } of waits.values()) cancel();
        stopListening();
        this.#abandon = undefined;
        for (const { port } of slots) port.shut();
        this.#endStream(slots);
      };
      const fail = (error: unknown) => {
        settle();
        reject(error);
      };
      const finish = (slot: Slot, answer: Answer) => {
        if (answers.has(slot)) return;
        answers.set(slot, answer);
        if (answer.kind === 'silent' || answer.kind === 'garbled') this.#pace.missed();
        else this.#pace.answered(turnaroundOf(answer));
        waits.get(slot)?.cancel();
        if (answers.size < slots.length) return;
        settle();
        resolve(slots.map((each) => answers.get(each) as Answer));
      };
      const wait = (slot: Slot, due: MonoMs, limit: MonoMs) => {
        waits.get(slot)?.cancel();
        const cancel = this.#clock.at('modbus.answer', due, () => {
          slot.port.expire();
          if (!slot.port.answer) finish(slot, { kind: this.#unanswered(slot.port) });
        });
        waits.set(slot, { cancel, limit });
      };
      const stopListening = this.#line.listen({
        data: (bytes, at) => {
          this.#receive(slots, bytes, at);
          const [slot] = slots;
          const limit = slot && waits.get(slot)?.limit;
          if (!limit || answers.has(slot) || !isHurried(requests[0], slot.port)) return;
          wait(slot, monoMs(Math.min(limit, later(at, this.#pace.pause(FOREVER)))), limit);
        },
        closed: fail,
      });
      this.#abandon = fail;
      this.#heed(signal);
      try {
        signal.throwIfAborted();
        for (const [i, slot] of slots.entries()) {
          let sent = this.#clock.mono();
          this.#send(slot, requests[i] as ModbusRequest, (error, result) =>
            finish(slot, answerOf(slot.port, error, result?.buffer, sent)),
          );
          sent = monoMs(Math.max(this.#clock.mono(), this.#line.busyUntil()));
          const limit = this.#limit(slot.port, sent, timeout);
          if (!answers.has(slot)) wait(slot, limit, limit);
        }
      } catch (error) {
        fail(error);
      }
    });
  }

  /** Sends what nobody answers and waits until it is obeyed. Rejects like `ask`. */
  async tell(request: ModbusRequest, signal: AbortSignal): Promise<void> {
    const [slot] = this.#slots;
    if (!slot) return;
    this.#send(slot, request, () => {});
    slot.port.shut();
    const over = later(this.#line.busyUntil(), BROADCAST_TURNAROUND);
    await sleep(this.#clock, 'modbus.broadcast', between(this.#clock.mono(), over), signal);
  }

  /** What the answer to the last request has to look like. */
  get asked(): Expectation | undefined {
    return this.#slots[0]?.port.asked;
  }

  /** Whether an answer to an earlier request has come since the last one went out; on a wire only. */
  heard(earlier: Expectation): boolean {
    const port = this.#slots[0]?.port;
    return port !== undefined && !(port instanceof PacketPort) && port.heard(earlier);
  }

  /** Settles an exchange under way; idempotent. */
  close(): void {
    const { resource } = this.#line;
    this.#abandon?.(
      new GatewayError('line.closed', { resource, reason: 'the session was closed' }),
    );
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#signal = undefined;
  }

  /** From now on, and until another is heeded. */
  #heed(signal: AbortSignal): void {
    if (signal === this.#signal) return;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  #receive(slots: readonly Slot[], bytes: Uint8Array, at: MonoMs): void {
    const first = slots[0]?.port;
    if (first && !(first instanceof PacketPort)) {
      first.receive(bytes, at);
      return;
    }
    const packets = this.#stream.push(bytes);
    if (!packets) this.#abandonStream(slots);
    for (const packet of packets ?? [])
      for (const { port } of slots) if (port instanceof PacketPort) port.accept(packet, at);
  }

  /** Whole packets are dropped; a piece of one would be taken for a header later. */
  #endStream(slots: readonly Slot[]): void {
    if (this.#stream.isInside) this.#abandonStream(slots);
  }

  #abandonStream(slots: readonly Slot[]): void {
    for (const { port } of slots) port.garbled = true;
    this.#stream.reset();
    void this.#line.close();
  }

  #limit(port: Port, sent: MonoMs, timeout: Millis): MonoMs {
    const character = this.#line.timing?.character ?? 0;
    return monoMs(sent + timeout + character * port.answerCharacters);
  }

  /** A stream that stopped inside a packet is given up with the last request that waits for it. */
  #unanswered(port: Port): 'silent' | 'garbled' {
    const isInside = port instanceof PacketPort && this.#stream.isInside;
    return port.garbled || isInside ? 'garbled' : 'silent';
  }

  #send({ modbus }: Slot, request: ModbusRequest, done: Done): void {
    const unit = this.#unit;
    const told = (error: Failed | null) => done(error, undefined);
    switch (request.kind) {
      case 'read':
        modbus[READS[request.table]](unit, request.start, request.quantity, done);
        break;
      case 'write-coil':
        modbus.writeFC5(unit, request.start, request.on, told);
        break;
      case 'write-register':
        modbus.writeFC6(unit, request.start, request.word, told);
        break;
      case 'write-coils':
        modbus.writeFC15(unit, request.start, [...request.coils], told);
        break;
      case 'write-registers':
        modbus.writeFC16(unit, request.start, wordsOf(request.bytes), told);
        break;
      case 'mask-register':
        modbus.writeFC22(unit, request.start, request.and, request.or, told);
        break;
      case 'write-and-read': {
        const { start, bytes } = request;
        const words = wordsOf(bytes);
        modbus.writeFC23(unit, start, words.length, start, words.length, words, told);
        break;
      }
      case 'identify':
        identifiable(modbus).writeFC43(unit, request.access, request.object, told);
    }
  }
}

/**
 * Behind bytes that were no answer only so much is waited for as the unit's pace allows: on a wire, and
 * for a read. A write may take a device much longer, and what became of it has to be known.
 */
const isHurried = (request: ModbusRequest | undefined, port: Port): boolean =>
  request?.kind === 'read' && !(port instanceof PacketPort) && port.hasNoise;

const READS = {
  coil: 'writeFC1',
  discrete: 'writeFC2',
  holding: 'writeFC3',
  input: 'writeFC4',
} as const;

interface Failed extends Partial<Error> {
  readonly modbusCode?: number;
}
/** Only reads come back with their bytes; of the others the guard port has them. */
type Done = (error: Failed | null, result: { readonly buffer: Buffer } | undefined) => void;

interface Identifiable {
  writeFC43(
    unit: number,
    access: number,
    object: number,
    done: (error: Failed | null) => void,
  ): void;
}

/** The package declares only its promise of this call, which sets a timer of its own. */
function identifiable(modbus: Modbus & Partial<Identifiable>): Identifiable {
  return modbus as Modbus & Identifiable;
}

const wordsOf = (bytes: Uint8Array): number[] =>
  Array.from({ length: bytes.length >> 1 }, (_, i) => {
    return ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0);
  });

function answerOf(
  port: Port,
  error: Failed | null,
  data: Buffer | undefined,
  sent: MonoMs,
): Answer {
  const firstByte = monoMs(Math.max(sent, port.firstByteAt ?? sent));
  const exception = error?.modbusCode;
  if (exception !== undefined) return { kind: 'exception', exception, sent, firstByte };
  if (error || !port.answer) return { kind: 'garbled' };
  return { kind: 'data', data: data ?? port.answer.subarray(2), sent, firstByte };
}
