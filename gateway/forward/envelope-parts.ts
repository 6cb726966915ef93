/**
 * Which parts of a block are sent where an uplink wants only some of it. The split is that of the whole block: a part has the
 * same number and the same samples at most, whatever the uplink wants today, so that a repeat is one. Pure.
 */
import type { Block } from '../journal/journal.ts';
import type { DeviceName, Part, SentRows } from './envelope-rows.ts';
import type { Selection } from './selection.ts';

/** What stands in one message behind its head. */
export type Body = Part | (DeviceName & { readonly text: string });

interface SentPart {
  readonly body: Body;
  readonly part: number;
}

export interface SentParts {
  readonly bodies: readonly SentPart[];
  readonly rows: SentRows;
  /** Samples that are left out. */
  readonly omitted: number;
}

export const wholeOf = (all: readonly Body[], rows: SentRows): SentParts => ({
  ...{ bodies: all.map((body, part) => ({ body, part })), rows, omitted: 0 },
});

/** In the order of `rows`, what is not wanted left out. */
export function selectedOf(
  all: readonly Body[],
  { class: of, samples, tagOf }: Block,
  rows: SentRows,
  selection: Selection,
): SentParts {
  const order = rows.order.slice(0, samples.length);
  let omitted = 0;
  const bodies = wholeOf(all, rows).bodies.flatMap(({ body, part }): SentPart[] => {
    if ('text' in body) return [{ body, part }];
    let to = body.from;
    for (const row of rows.order.subarray(body.from, body.to))
      if (selection.has(of, tagOf(samples.tags[row] as number))) order[to++] = row;
    omitted += body.to - to;
    return to === body.from ? [] : [{ body: { ...body, to }, part }];
  });
  return { bodies, rows: { ...rows, order, isOwnOrder: false }, omitted };
}

/** How a receiver knows of a block that is not whole how many parts come, and how many samples do not. */
export const omissionText = ({ bodies, omitted }: SentParts): string =>
  omitted === 0 ? '' : `"sent":${bodies.length},"omitted":${omitted},`;
