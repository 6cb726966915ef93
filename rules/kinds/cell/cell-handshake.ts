/**
 * Handshakes between machines: after one signal another has to follow in time. Only a time that was seen from beginning
 * to end is judged.
 */
import type { EngineMs } from '../../effect.ts';
import type { Truth } from '../../expression.ts';

export type Handshake = {
  /** What the first signal was in the evaluation before; null: unknown. */
  readonly after: boolean | null;
  /** When the second one is due; null: nothing is awaited. */
  readonly due: EngineMs | null;
  /** It could not be seen for a while since. */
  readonly isBlind: boolean;
  /** It was missed, and has not been seen since. */
  readonly isMissed: boolean;
};

export const NEW_HANDSHAKE: Handshake = {
  after: null,
  due: null,
  isBlind: false,
  isMissed: false,
};

export type HandshakeOutcome = 'done' | 'missed' | 'unseen';

export interface Shaken {
  readonly handshake: Handshake;
  readonly outcome: HandshakeOutcome | undefined;
  readonly alarm: 'active' | 'cleared' | undefined;
}

export function shaken(
  before: Handshake,
  { after, expect }: { readonly after: Truth; readonly expect: Truth },
  now: EngineMs,
  within: number,
): Shaken {
  const isBegun = before.due === null && after === true && before.after === false;
  const due = isBegun ? now + within : before.due;
  const isBlind = !isBegun && before.isBlind ? true : expect === undefined;
  const known = after ?? null;
  if (expect === true && (due === null || now <= due))
    return {
      handshake: { ...NEW_HANDSHAKE, after: known },
      outcome: due === null ? undefined : 'done',
      alarm: before.isMissed ? 'cleared' : undefined,
    };
  if (due === null)
    return {
      handshake: { ...before, after: known, isBlind: false },
      outcome: undefined,
      alarm: undefined,
    };
  if (now < due)
    return {
      handshake: { ...before, after: known, due, isBlind },
      outcome: undefined,
      alarm: undefined,
    };
  const isMissed = isBlind ? before.isMissed : true;
  return {
    handshake: { ...NEW_HANDSHAKE, after: known, isMissed },
    outcome: isBlind ? 'unseen' : 'missed',
    alarm: isMissed && !before.isMissed ? 'active' : undefined,
  };
}

/** Whoever was awaited while nobody looked was not seen. */
export const handshakeAfterRestart = (handshake: Handshake): Handshake => ({
  ...handshake,
  due: null,
  isBlind: false,
});
