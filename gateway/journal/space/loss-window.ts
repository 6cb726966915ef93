/**
 * How long telemetry waits for company when the site allows only so many bytes a day on the flash: a longer window makes
 * fewer and larger commits. Records and alarms never wait. Pure but for its own state.
 */
import {
  type Bytes,
  between,
  type Millis,
  type MonoMs,
  millis,
  minutes,
} from '../../model/units.ts';

export interface FlashLimits {
  /** The window as the site declares it; it never gets shorter. */
  readonly lossWindow: Millis;
  /** And never longer than this. */
  readonly lossWindowMax: Millis;
  /** Bytes a day that may be written; undefined: as many as it takes. */
  readonly flashBudget: Bytes | undefined;
}

/** The window as it is now, and why. */
export interface LossWindowFacts {
  readonly windowMs: Millis;
  readonly declaredMs: Millis;
  readonly budget: Bytes | undefined;
  /** Bytes a day, as measured with this window; undefined while it is too early to say. */
  readonly presentDay: number | undefined;
  /** The window is as long as it may be, and the budget is exceeded all the same. */
  readonly isExceeded: boolean;
}

/** A window is judged by what was written in this time: some checkpoints of a busy site, none of a quiet one. */
const JUDGED_AFTER = minutes(15);
/** Between the budget and this share of it nothing changes. */
const CALM_SHARE = 0.8;
/** What is aimed at, so that the next judgement finds it within. */
const AIM_SHARE = 0.9;
const STEP_MS = 100;
const DAY_MS = 86_400_000;

/**
 * The window for a rate that was measured with the present one. Commits, and nearly all of what they write, become rarer as
 * the window grows; where that is not so, the next judgement finds it out.
 */
export function nextLossWindow(
  { lossWindow, lossWindowMax, flashBudget }: FlashLimits,
  present: Millis,
  bytesADay: number,
): Millis {
  if (flashBudget === undefined) return lossWindow;
  const isOver = bytesADay > flashBudget;
  if (!isOver && bytesADay > flashBudget * CALM_SHARE) return present;
  const wanted = (present * bytesADay) / (flashBudget * AIM_SHARE);
  const most = Math.max(lossWindow, lossWindowMax);
  const next = Math.ceil(wanted / STEP_MS) * STEP_MS;
  return millis(Math.min(most, Math.max(lossWindow, isOver ? Math.max(next, present) : next)));
}

/** Follows what is written, and says when the window changes. */
export class LossWindow {
  readonly #limits: FlashLimits;
  #window: Millis;
  #since: { readonly at: MonoMs; readonly written: number } | undefined;
  #presentDay: number | undefined;

  constructor(limits: FlashLimits) {
    this.#limits = limits;
    this.#window = limits.lossWindow;
  }

  get window(): Millis {
    return this.#window;
  }

  /**
   * `written`: bytes since whenever; less than before means that somebody else counts now. True when the window has
   * changed.
   */
  observe(now: MonoMs, written: number): boolean {
    const since = this.#since;
    if (since === undefined || written < since.written) {
      this.#since = { at: now, written };
      return false;
    }
    const passed = between(since.at, now);
    if (passed < JUDGED_AFTER) return false;
    this.#since = { at: now, written };
    this.#presentDay = ((written - since.written) / passed) * DAY_MS;
    const next = nextLossWindow(this.#limits, this.#window, this.#presentDay);
    const hasChanged = next !== this.#window;
    this.#window = next;
    return hasChanged;
  }

  facts(): LossWindowFacts {
    const { lossWindow: declaredMs, lossWindowMax, flashBudget: budget } = this.#limits;
    const isWidest = this.#window >= Math.max(declaredMs, lossWindowMax);
    return {
      windowMs: this.#window,
      declaredMs,
      budget,
      presentDay: this.#presentDay,
      isExceeded: isWidest && budget !== undefined && (this.#presentDay ?? 0) > budget,
    };
  }
}
