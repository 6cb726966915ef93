/**
 * Requests to one unit, safe from answers to earlier ones. On a wire nothing in an answer says which
 * request it belongs to. While an answer that looks like the next one may still be on its way, a read
 * of another length goes first: devices answer in order, so behind its answer no older one can follow.
 */
import { sleep } from '../../gateway/host/clock.ts';
import { between, later, type Millis } from '../../gateway/model/units.ts';
import type { DriverIo } from '../driver.ts';
import { type Answer, isUnanswered } from './answer.ts';
import { Client } from './client.ts';
import { hasEcho, learnEcho } from './echo.ts';
import { LateReplies } from './late-replies.ts';
import type { ModbusDevice } from './options.ts';
import type { ChangeRequest, ModbusRequest, ReadRequest } from './request.ts';

/** What kept a request from going out. */
type Blocked = Extract<Answer, { readonly kind: 'silent' | 'garbled' }>;

export class Exchanger {
  readonly #device: ModbusDevice;
  readonly #io: DriverIo;
  readonly #client: Client;
  readonly #lateReplies: LateReplies;

  constructor(device: ModbusDevice, io: DriverIo) {
    this.#device = device;
    this.#io = io;
    this.#client = new Client(device, io);
    this.#lateReplies = new LateReplies(device);
  }

  /** Rejects when the line is lost, with the signal's reason, and when the exchanger is closed. */
  async ask(request: ModbusRequest, timeout: Millis, signal: AbortSignal): Promise<Answer> {
    const blocked = this.#isAmbiguous(request)
      ? await this.#separate(request, timeout, signal)
      : undefined;
    return blocked ?? this.#exchange(request, timeout, signal);
  }

  /** Like `ask`; tells apart what was never sent. */
  async change(
    request: ChangeRequest,
    signal: AbortSignal,
  ): Promise<Answer | { readonly kind: 'unsent' }> {
    const { timeout } = this.#device;
    if (this.#isAmbiguous(request) && (await this.#separate(request, timeout, signal)))
      return { kind: 'unsent' };
    if (this.#isEchoUnknown(request) && (await this.#learnEcho(request, signal)))
      return { kind: 'unsent' };
    return this.#exchange(request, timeout, signal);
  }

  /** Several requests at once; on a packet network only. Rejects like `ask`. */
  askAll(requests: readonly ModbusRequest[], signal: AbortSignal): Promise<readonly Answer[]> {
    return this.#client.askAll(requests, this.#device.timeout, signal);
  }

  /** Sends what nobody answers and waits until it is obeyed. Rejects like `ask`. */
  tell(request: ChangeRequest, signal: AbortSignal): Promise<void> {
    return this.#client.tell(request, signal);
  }

  /** Settles what is under way; idempotent. */
  close(): void {
    this.#client.close();
  }

  /** Whether the answer to an earlier request could be taken for the answer to this one. */
  #isAmbiguous(request: ModbusRequest): boolean {
    const { framing, clock } = this.#io;
    return framing === 'wire' && this.#lateReplies.mayAnswer(request, clock.mono());
  }

  async #separate(
    request: ModbusRequest,
    timeout: Millis,
    signal: AbortSignal,
  ): Promise<Blocked | undefined> {
    const separator = this.#lateReplies.separatorFor(request);
    if (!separator) return { kind: 'silent' };
    const answer = await this.#exchange(separator, timeout, signal);
    if (answer.kind === 'silent' || answer.kind === 'garbled') return answer;
    await this.#silence(signal);
    return undefined;
  }

  /** Where the answer to a write is its request over again, an echo would look like consent. */
  #isEchoUnknown(request: ChangeRequest): boolean {
    const { line, framing } = this.#io;
    return framing === 'wire' && isCopied(request) && hasEcho(line) === undefined;
  }

  /** A read shows it; what it reads does not matter, nor whether it is refused. */
  async #learnEcho(request: ChangeRequest, signal: AbortSignal): Promise<Blocked | undefined> {
    const { line } = this.#io;
    const table = request.kind === 'write-coil' ? 'coil' : 'holding';
    const read: ReadRequest = { kind: 'read', table, start: request.start, quantity: 1 };
    const answer = await this.#exchange(read, this.#device.timeout, signal);
    if (answer.kind === 'garbled' && hasEcho(line) === undefined) return answer;
    if (hasEcho(line) === undefined) learnEcho(line, false);
    await this.#silence(signal);
    return undefined;
  }

  async #exchange(request: ModbusRequest, timeout: Millis, signal: AbortSignal): Promise<Answer> {
    const answer = await this.#client.ask(request, timeout, signal);
    if (this.#io.framing === 'packets') return answer;
    const now = this.#io.clock.mono();
    this.#lateReplies.learn((earlier) => this.#client.heard(earlier), now);
    const { asked } = this.#client;
    if (!isUnanswered(answer)) this.#lateReplies.clear();
    else if (asked) this.#lateReplies.expect(request, asked, now);
    return answer;
  }

  async #silence(signal: AbortSignal): Promise<void> {
    const { clock, line, timing } = this.#io;
    if (timing === undefined) return;
    const wait = between(clock.mono(), later(line.busyUntil(), timing.silence));
    await sleep(clock, 'modbus.silence', wait, signal, { precise: true });
  }
}

const isCopied = ({ kind }: ChangeRequest): boolean =>
  kind === 'write-coil' || kind === 'write-register' || kind === 'mask-register';
