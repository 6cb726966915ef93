/** A problem that has a path in the site and not yet a place in a file. */
import { byLikeness } from '../gateway/host/likeness.ts';
import { quoted } from '../gateway/host/quoted.ts';
import type { ErrorCode, ErrorDetails } from '../gateway/model/errors.ts';
import type { Path } from './tree.ts';

export interface Finding {
  readonly path: Path;
  /** Whether the key or the value at the path is meant. */
  readonly at: 'key' | 'value';
  readonly code: ErrorCode;
  readonly details?: ErrorDetails;
  readonly severity?: 'warning';
  /** Of a text: which character of it, in UTF-16 units. */
  readonly offset?: number;
  /** The rule for which a template was found wrong. */
  readonly instance?: string;
  /** Another place, which the words call `{first}`. */
  readonly first?: Path;
}

const MOST_COMPARED = 100;
const MOST_SUGGESTED = 10;

/** A name that stands for nothing, with the likeliest of those that do. */
export function unknown(
  path: Path,
  code: ErrorCode,
  found: string,
  known: readonly string[],
): Finding {
  const likely = byLikeness(found, known.slice(0, MOST_COMPARED)).slice(0, MOST_SUGGESTED);
  return {
    path,
    at: 'value',
    code,
    details: { found: quoted(found), known: likely.join(', ') || '—' },
  };
}
