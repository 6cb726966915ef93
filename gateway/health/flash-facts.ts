/** What is known of the flash that the journal is on, and what is done to it. Pure. */
import type { Flash } from '../host/flash.ts';
import type { JournalStats, WearCause, WearFacts, Written } from '../journal/journal.ts';
import { type FlashLife, flashLife } from './flash-life.ts';

/** As status, metrics and self-tags tell it. */
export interface FlashFacts extends Flash {
  /** Bytes that it may take in its life, as the site declares. */
  readonly endurance: number | undefined;
  /** Undefined where something is not known. */
  readonly yearsLeft: number | undefined;
  readonly basis: FlashLife['basis'];
  /** Since midnight UTC. */
  readonly today: Written;
  /** The causes of today's bytes, the largest first, as shares of 1. */
  readonly shares: readonly { readonly cause: WearCause; readonly share: number }[];
  readonly usualDay: number | undefined;
  readonly presentDay: number | undefined;
  readonly lossWindowMs: number;
  readonly declaredWindowMs: number;
  /** Bytes a day that may be written. */
  readonly budget: number | undefined;
  /** The window is as wide as it may be, and the budget is exceeded all the same. */
  readonly isBudgetExceeded: boolean;
}

/** What the field side knows of the loss window. */
export interface MeasuredWindow {
  readonly windowMs: number;
  readonly declaredMs: number;
  readonly budget: number | undefined;
  readonly isExceeded: boolean;
}

export function flashFacts(
  { wear }: Pick<JournalStats, 'wear'>,
  window: MeasuredWindow,
  flash: Flash,
  endurance: number | undefined,
): FlashFacts {
  const { years, basis } = flashLife(wear, endurance, flash);
  const today = sumOf(wear.today.causes);
  return {
    ...flash,
    endurance,
    yearsLeft: years,
    basis,
    today,
    shares: sharesOf(wear.today.causes, today.bytes),
    usualDay: wear.usualDay,
    presentDay: wear.presentDay,
    lossWindowMs: window.windowMs,
    declaredWindowMs: window.declaredMs,
    budget: window.budget,
    isBudgetExceeded: window.isExceeded,
  };
}

type Causes = WearFacts['today']['causes'];

const sumOf = (causes: Causes): Written =>
  Object.values(causes).reduce(
    (sum, { bytes, syncs }) => ({ bytes: sum.bytes + bytes, syncs: sum.syncs + syncs }),
    { bytes: 0, syncs: 0 },
  );

const sharesOf = (causes: Causes, total: number): FlashFacts['shares'] =>
  (Object.keys(causes) as WearCause[])
    .map((cause) => ({ cause, share: total === 0 ? 0 : (causes[cause]?.bytes ?? 0) / total }))
    .sort((a, b) => b.share - a.share);
