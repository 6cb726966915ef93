import { CATALOGUE, fill, isErrorCode, type Language } from '../model/errors.ts';
import type { SchemaIssue } from './schema.ts';

/** What an issue says, in the reader's language where the catalogue has its words. */
export const issueText = ({ code, message, details }: SchemaIssue, language: Language): string =>
  details && isErrorCode(code)
    ? fill(CATALOGUE[code].message[language], details, language)
    : message;
