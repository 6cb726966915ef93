/**
 * A relay: switched by commands, with a state that is defined at start, at stop, and when nobody writes it any
 * more. Its sample is what the pin was last driven to.
 */
import type { Cancel } from '../../gateway/host/clock.ts';
import { type ErrorCode, type ErrorDetails, reasonOf } from '../../gateway/model/errors.ts';
import type { Quality } from '../../gateway/model/quality.ts';
import type { Sample, Value } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import type { Written } from '../driver.ts';
import type { OutputAddress } from './address.ts';
import type { GpioBackend } from './backend.ts';
import { keyOf, type Pin, type PinIo, sampleOf } from './pin.ts';
import { fallen, fallsAt, levelOf, type OutputState, restOf, written } from './switching.ts';

export class OutputPin implements Pin {
  readonly tag: Tag;
  readonly #address: OutputAddress;
  readonly #io: PinIo;
  /** Undefined before it was ever driven. */
  #state: OutputState | undefined;
  #line: { readonly backend: GpioBackend; readonly offset: number } | undefined;
  #lost: Quality | undefined;
  #cancel: Cancel = () => {};
  /** One switching after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(tag: Tag, address: OutputAddress, io: PinIo) {
    this.tag = tag;
    this.#address = address;
    this.#io = io;
  }

  async take(backend: GpioBackend, offset: number, onLost: (error: Error) => void): Promise<void> {
    const isOn = this.#state?.isOn ?? (await this.#first(backend, offset));
    await backend.output(offset, this.#levelOf(isOn), onLost);
    const now = this.#io.clock.mono();
    this.#state ??= { isOn, since: now, written: now };
    this.#line = { backend, offset };
    this.#lost = undefined;
    this.#settle(this.#state);
  }

  sample(): Sample | undefined {
    const { clock } = this.#io;
    if (this.#lost) return sampleOf(this.tag, null, this.#lost, clock);
    return this.#state && sampleOf(this.tag, this.#state.isOn, 'good', clock);
  }

  lose(quality: Quality): void {
    this.#line = undefined;
    this.#lost = quality;
  }

  /** Drives it to its state at stop, whatever the shortest times on and off say. */
  async stop(): Promise<void> {
    this.#cancel();
    await this.#inTurn(async () => {
      const isOn = levelOf(this.#address.rules.atStop);
      const line = this.#line;
      this.#line = undefined;
      if (isOn === undefined || line === undefined) return;
      await line.backend.set(line.offset, this.#levelOf(isOn));
      this.#io.state.set(keyOf(this.tag), { isOn });
    }).catch(() => {}); // Nothing more can be done about a line that is lost now.
  }

  /** Switches it, unless it has to rest; settles in the order of the calls. */
  write(value: Value): Promise<Written> {
    return this.#inTurn(() => this.#write(value));
  }

  async #write(value: Value): Promise<Written> {
    const { clock } = this.#io;
    const tag = this.tag.id;
    const isOn = switchOf(value);
    if (isOn === undefined)
      return refused('rejected', 'gpio.not-switch', { tag, found: `${value}` });
    const state = this.#state;
    if (!state || !this.#line)
      return refused('failed', 'gpio.output-down', { tag, reason: this.#lost ?? 'bad:waiting' });
    const rest = restOf(state, this.#address.rules, clock.mono());
    if (isOn !== state.isOn && rest > 0) {
      const wait = Math.ceil(rest / 1000);
      const is = state.isOn ? 'on' : 'off';
      return refused('rejected', 'gpio.switched-too-soon', { tag, state: is, wait });
    }
    try {
      if (isOn !== state.isOn) await this.#drive(isOn);
    } catch (error) {
      // It was told, and nobody knows whether it followed.
      return refused('unknown', 'gpio.output-down', { tag, reason: reasonOf(error) });
    }
    this.#settle(written(state, isOn, clock.mono()));
    return { outcome: 'written', turnaround: undefined };
  }

  async #drive(isOn: boolean): Promise<void> {
    if (!this.#line) throw new Error('the line is lost');
    await this.#line.backend.set(this.#line.offset, this.#levelOf(isOn));
  }

  /** Nobody has written it for too long. */
  async #fall(): Promise<void> {
    const { clock, note } = this.#io;
    const state = this.#state;
    const { rules } = this.#address;
    const due = state && fallsAt(state, rules);
    const isOn = levelOf(rules.atLoss);
    if (!state || due === undefined || isOn === undefined || due > clock.mono()) return;
    note('outputs_fallen');
    // A line that is lost is taken again at the state that it should have.
    await this.#drive(isOn).catch(() => {});
    this.#settle(fallen(isOn, clock.mono()));
  }

  #settle(state: OutputState): void {
    const { clock, report } = this.#io;
    const isNews = state.isOn !== this.#state?.isOn;
    this.#state = state;
    this.#io.state.set(keyOf(this.tag), { isOn: state.isOn });
    this.#cancel();
    const due = fallsAt(state, this.#address.rules);
    if (due !== undefined)
      this.#cancel = clock.at('gpio.hold', due, () => void this.#inTurn(() => this.#fall()));
    const sample = this.sample();
    if (isNews && sample) report(sample);
  }

  /** What it begins with: as the site says, as the pin is, as it last was, off. */
  async #first(backend: GpioBackend, offset: number): Promise<boolean> {
    const wanted = levelOf(this.#address.rules.atStart);
    if (wanted !== undefined) return wanted;
    const isHigh = await backend.peek(offset);
    if (isHigh !== undefined) return isHigh !== this.#address.isActiveLow;
    const kept = this.#io.state.get(keyOf(this.tag));
    return typeof kept === 'object' && kept !== null && 'isOn' in kept && kept.isOn === true;
  }

  #levelOf(isOn: boolean): boolean {
    return isOn !== this.#address.isActiveLow;
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(act);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}

/** What a written value means for a switch; undefined: nothing. */
function switchOf(value: Value): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  return isNumber && (Number(value) === 0 || Number(value) === 1) ? Number(value) === 1 : undefined;
}

const refused = (
  outcome: 'rejected' | 'failed' | 'unknown',
  code: ErrorCode,
  details: ErrorDetails,
): Written => ({ outcome, refusal: { code, details }, turnaround: undefined });
