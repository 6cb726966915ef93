/**
 * What flows through a meter. Every quantity can be asked for at any moment, so a register of last
 * month is the same signal at another time. Counters move only while something flows.
 */
import { type MonoMs, millis, monoMs } from '../gateway/model/units.ts';
import { type Signal, signalValue } from './process.ts';
import { seedOf } from './seed.ts';

export interface MeterProcess {
  /**
   * The value of the first quantity that the site gave a signal, else of the last one with its fallback. Before
   * the meter was there it is what it was at the beginning.
   */
  value(quantities: readonly string[], fallback: Signal, at: MonoMs): number;
  /** Whether the site gave the quantity a signal. */
  has(quantity: string): boolean;
  /** A switch or a valve stops what flows, or lets it flow again; repeated calls change nothing. */
  setFlowing(isFlowing: boolean, now: MonoMs): void;
  readonly isFlowing: boolean;
  /** Another meter takes the place of this one: its counters begin at 0. */
  replace(now: MonoMs): void;
}

export function meterProcess(
  signals: ReadonlyMap<string, Signal>,
  seed: number,
  startedAt: MonoMs,
): MeterProcess {
  let bornAt = startedAt;
  let isReplaced = false;
  /** When the flow stopped, and when it went on. */
  const stops: { readonly from: number; to: number }[] = [];
  const stopped = (): boolean => stops.at(-1)?.to === Number.POSITIVE_INFINITY;
  const flowedUntil = (at: number): number => {
    const still = stops.map(({ from, to }) =>
      Math.max(0, Math.min(at, to) - Math.max(bornAt, from)),
    );
    return Math.max(0, at - bornAt - still.reduce((sum, time) => sum + time, 0));
  };
  return {
    has: (quantity) => signals.has(quantity),
    get isFlowing() {
      return !stopped();
    },
    value(quantities, fallback, at) {
      const own = quantities.find((quantity) => signals.has(quantity));
      const quantity = own ?? quantities.at(-1) ?? '';
      const signal = signals.get(quantity) ?? fallback;
      const value = signalValue(signal, seedOf(seed, quantity), {
        elapsed: millis(Math.max(0, at - startedAt)),
        uptime: millis(flowedUntil(at)),
      });
      return isReplaced && signal.shape === 'counter' ? value - signal.min : value;
    },
    setFlowing(isFlowing, now) {
      const last = stops.at(-1);
      if (!isFlowing && !stopped()) stops.push({ from: now, to: Number.POSITIVE_INFINITY });
      else if (isFlowing && last && stopped()) last.to = now;
    },
    replace(now) {
      bornAt = monoMs(now);
      isReplaced = true;
    },
  };
}
