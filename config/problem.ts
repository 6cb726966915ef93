/** Something a person must put right in a site's files, with its place and its words. */
import type { SchemaIssue } from '../gateway/host/schema.ts';
import {
  CATALOGUE,
  type ErrorCode,
  type ErrorDetails,
  fill,
  isErrorCode,
  type Language,
} from '../gateway/model/errors.ts';
import { type Place, written } from './tree.ts';

export interface Problem extends Place {
  readonly code: string;
  /** A site with an error does not load; one with warnings does. */
  readonly severity: 'error' | 'warning';
  readonly message: Readonly<Record<Language, string>>;
  readonly hint: Readonly<Record<Language, string>>;
}

export function problem(
  place: Place,
  code: ErrorCode,
  details: ErrorDetails = {},
  severity: Problem['severity'] = 'error',
): Problem {
  const { message, hint } = CATALOGUE[code];
  return {
    file: place.file,
    line: place.line,
    col: place.col,
    code,
    severity,
    message: { en: fill(message.en, details), zh: fill(message.zh, details, 'zh') },
    hint: { en: fill(hint.en, details), zh: fill(hint.zh, details, 'zh') },
  };
}

/** The problem of a schema's issue. An issue without catalogue words brings its own message. */
export function issueProblem(place: Place, issue: SchemaIssue, known: ErrorDetails): Problem {
  const { code, details, message } = issue;
  if (isErrorCode(code) && details) return problem(place, code, { ...details, ...known });
  return { ...problem(place, 'config.device-option', { ...known, reason: message }), code };
}

/** Down the files, each from top to bottom; what two checks say of one place is said once, as the first did. */
export function sorted(problems: readonly Problem[]): Problem[] {
  const unique = new Map(
    problems.toReversed().map((one) => [`${written(one)} ${one.code} ${one.message.en}`, one]),
  );
  return [...unique.values()].sort(
    (a, b) =>
      Number(a.file > b.file) - Number(a.file < b.file) ||
      a.line - b.line ||
      a.col - b.col ||
      Number(a.code > b.code) - Number(a.code < b.code),
  );
}
