/**
 * One read at a time from one unit. modbus-serial encodes the request and decodes the answer; the
 * guard port decides what the answer is, and this file when to stop waiting. Every read settles.
 */
import modbusSerial from 'modbus-serial';
import type { Clock } from '../../gateway/host/clock.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import { between, type Millis, type MonoMs, millis, monoMs } from '../../gateway/model/units.ts';
import type { DriverIo } from '../driver.ts';
import type { Line } from '../line/line.ts';
import type { Table } from './address.ts';
import { PacketPort } from './packet-port.ts';
import { dataBytes } from './plan.ts';
import { WirePort } from './wire-port.ts';

/** `quantity` registers or bits of a table from `start`. */
export interface ReadRequest {
  readonly table: Table;
  readonly start: number;
  readonly quantity: number;
}

/**
 * Two moments between which the device has read its registers: end of the request, begin of the
 * answer.
 */
export interface Answered {
  readonly sent: MonoMs;
  readonly firstByte: MonoMs;
}

export type Answer =
  | (Answered & { readonly kind: 'data'; readonly data: Buffer })
  | (Answered & { readonly kind: 'exception'; readonly exception: number })
  | { readonly kind: 'silent' }
  | { readonly kind: 'garbled' };

const FUNCTIONS = {
  coil: 'writeFC1',
  discrete: 'writeFC2',
  holding: 'writeFC3',
  input: 'writeFC4',
} as const;
const REPLY_OVERHEAD_BYTES = 5;

export class ReadClient {
  readonly #unit: number;
  readonly #line: Line;
  readonly #clock: Clock;
  readonly #port: PacketPort | WirePort;
  readonly #modbus: InstanceType<typeof modbusSerial.default>;
  #abandon: ((error: unknown) => void) | undefined;

  constructor(unit: number, { line, clock, framing }: DriverIo) {
    this.#unit = unit;
    this.#line = line;
    this.#clock = clock;
    this.#port = framing === 'wire' ? new WirePort(line) : new PacketPort(line);
    this.#modbus = new modbusSerial.default(this.#port);
    this.#modbus.open();
  }

  /** Rejects when the line is lost, with the signal's reason, and when the client is closed. */
  read(request: ReadRequest, timeout: Millis, signal: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const port = this.#port;
      const settle = () => {
        cancelTimer?.();
        stopListening();
        signal.removeEventListener('abort', onAbort);
        this.#abandon = undefined;
        port.shut();
      };
      const fail = (error: unknown) => {
        settle();
        reject(error);
      };
      const finish = (answer: Answer) => {
        settle();
        resolve(answer);
      };
      const onAbort = () => fail(signal.reason);
      let cancelTimer: (() => void) | undefined;
      let sent = this.#clock.mono();

      const stopListening = this.#line.listen({
        data: (bytes, at) => port.receive(bytes, at),
        closed: fail,
      });
      this.#abandon = fail;
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        signal.throwIfAborted();
        this.#send(request, (error, result) => finish(this.#answer(error, result?.buffer, sent)));
      } catch (error) {
        return fail(error);
      }
      sent = monoMs(Math.max(this.#clock.mono(), this.#line.busyUntil()));
      cancelTimer = this.#clock.at('modbus.answer', this.#deadline(sent, timeout, request), () => {
        port.expire();
        if (this.#abandon === fail) finish({ kind: port.garbled ? 'garbled' : 'silent' });
      });
    });
  }

  /** Settles a read under way; idempotent. */
  close(): void {
    const { resource } = this.#line;
    this.#abandon?.(
      new GatewayError('line.closed', { resource, reason: 'the session was closed' }),
    );
  }

  #send({ table, start, quantity }: ReadRequest, done: Done): void {
    this.#modbus[FUNCTIONS[table]](this.#unit, start, quantity, done);
  }

  #deadline(sent: MonoMs, timeout: Millis, { table, quantity }: ReadRequest): MonoMs {
    const character = this.#line.timing?.character ?? 0;
    return monoMs(sent + timeout + character * (REPLY_OVERHEAD_BYTES + dataBytes(table, quantity)));
  }

  #answer(error: Failed | null, data: Buffer | undefined, sent: MonoMs): Answer {
    const firstByte = monoMs(Math.max(sent, this.#port.firstByteAt ?? sent));
    if (data) return { kind: 'data', data, sent, firstByte };
    const exception = error?.modbusCode;
    if (exception === undefined) return { kind: 'garbled' };
    return { kind: 'exception', exception, sent, firstByte };
  }
}

interface Failed {
  readonly modbusCode?: number;
}
type Done = (error: Failed | null, result: { readonly buffer: Buffer } | undefined) => void;

/** From the last byte of the request to the first of the answer. */
export const turnaroundOf = ({ sent, firstByte }: Answered): Millis =>
  millis(between(sent, firstByte));
