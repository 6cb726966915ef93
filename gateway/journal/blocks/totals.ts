/** Running sums of the journal, so that nothing ever has to be counted. Pure. */
import type { Gap } from '../journal.ts';

/** Blocks and samples are those in the file; `gaps` and `lost` count up for ever. */
export interface Totals {
  readonly head: number;
  readonly blocks: number;
  readonly samples: number;
  readonly gaps: number;
  readonly lost: number;
}

export const NO_TOTALS: Totals = { head: 0, blocks: 0, samples: 0, gaps: 0, lost: 0 };

interface Counted {
  readonly samples: number;
  readonly gap: Gap | undefined;
}

export const withBlock = (totals: Totals, { samples, gap }: Counted): Totals => ({
  head: totals.head + 1,
  blocks: totals.blocks + 1,
  samples: totals.samples + samples,
  gaps: totals.gaps + (gap ? 1 : 0),
  lost: totals.lost + (gap?.count ?? 0),
});

export const withoutBlocks = (totals: Totals, rows: readonly Counted[]): Totals => ({
  ...totals,
  blocks: totals.blocks - rows.length,
  samples: rows.reduce((left, { samples }) => left - samples, totals.samples),
});

/**
 * A gap that gives way to a wider one was counted as lost before, and the wider one counts it
 * again.
 */
export const withoutLosses = (totals: Totals, rows: readonly Counted[]): Totals => ({
  ...totals,
  lost: rows.reduce((left, { gap }) => left - (gap?.count ?? 0), totals.lost),
});

/** A damaged block that turned into a gap in its own place. */
export const withLoss = (totals: Totals, samples: number): Totals => ({
  ...totals,
  samples: totals.samples - samples,
  gaps: totals.gaps + 1,
  lost: totals.lost + samples,
});
