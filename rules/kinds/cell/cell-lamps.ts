/**
 * The lamps of a signal tower. Nobody polls fast enough to see a lamp blink, so one that was lit counts as lit for a
 * while after it went dark: a blinking lamp is lit all the time, a steady one is late by that while.
 */
import type { EngineMs } from '../../effect.ts';
import type { Truth } from '../../expression.ts';
import type { CellSignals } from './cell-state.ts';

const LAMPS = ['red', 'yellow', 'green'] as const;

/** By lamp: 'lit', or until when it counts as lit; null: dark. */
export type Lamps = {
  readonly red: 'lit' | EngineMs | null;
  readonly yellow: 'lit' | EngineMs | null;
  readonly green: 'lit' | EngineMs | null;
};
export const DARK_LAMPS: Lamps = { red: null, yellow: null, green: null };

/** The signals with the lamps as they count, and when one of them will count as dark. */
export function lampsSeen(
  lamps: Lamps,
  signals: CellSignals,
  now: EngineMs,
  blink: number,
): { readonly lamps: Lamps; readonly signals: CellSignals; readonly wake: EngineMs | undefined } {
  if (!LAMPS.some((lamp) => lamp in signals)) return { lamps, signals, wake: undefined };
  const next: { -readonly [Lamp in keyof Lamps]: Lamps[Lamp] } = { ...lamps };
  const counted: { -readonly [Lamp in keyof Lamps]?: Truth } = {};
  let wake = Number.POSITIVE_INFINITY;
  for (const lamp of LAMPS) {
    if (!(lamp in signals)) continue;
    const before = lamps[lamp];
    const until = before === 'lit' ? now + blink : before;
    const isGlowing = until !== null && now < until;
    next[lamp] = signals[lamp] === true ? 'lit' : isGlowing ? until : null;
    counted[lamp] = next[lamp] === null ? signals[lamp] : true;
    if (typeof next[lamp] === 'number') wake = Math.min(wake, next[lamp]);
  }
  return {
    lamps: next,
    signals: { ...signals, ...counted },
    wake: Number.isFinite(wake) ? wake : undefined,
  };
}
