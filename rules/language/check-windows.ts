/** What the windows of an expression cost: how many samples each keeps, and all of them look at. */

import { amountsOf, DURATION } from '../../gateway/host/quantity.ts';
import { LONGEST_HISTORY } from '../engine/sample-history.ts';
import type { Expr, Span } from '../expression.ts';
import type { Checking } from './check-context.ts';

/** The longest time of a window and of what is counted within a time. */
export const LONGEST_WINDOW_TEXT = '31d';
export const LONGEST_WINDOW_MS = amountsOf(DURATION).amountOf(LONGEST_WINDOW_TEXT);

/** What SEMANTICS.md lets one window keep. */
export const MOST_WINDOW_SAMPLES = LONGEST_HISTORY;
/** So many are looked at within 5 ms on a gateway. */
export const MOST_EXPRESSION_SAMPLES = 200_000;
/** Sorting costs so much more than a sum; a guess. */
export const PERCENTILE_FACTOR = 20;
/** Of a tag of which nobody knows how often it comes. */
export const ASSUMED_SCAN_MS = 1_000;

/** Counts a window whose arguments fit: a tag first, a duration last. */
export function checkWindow(
  name: string,
  args: readonly Expr[],
  span: Span,
  checking: Checking,
): void {
  const [of] = args;
  const length = args.at(-1);
  if (of?.kind !== 'tag' || length?.kind !== 'literal') return;
  const scan = checking.scope.tagOf(of.tag)?.scan ?? ASSUMED_SCAN_MS;
  const samples = Math.ceil(Number(length.value) / Math.max(scan, 1));
  if (samples > MOST_WINDOW_SAMPLES) {
    checking.find(
      'rule.window-too-long',
      {
        text: checking.written(span),
        samples,
        tag: of.tag,
        most: MOST_WINDOW_SAMPLES,
        scan_ms: scan,
      },
      span,
    );
    return;
  }
  checking.samples.total += samples * (name === 'percentile' ? PERCENTILE_FACTOR : 1);
}
