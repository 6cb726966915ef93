const LONGEST_QUOTE = 60;

/**
 * A value that somebody wrote, fit to be printed: short, on one line, in quotes when it is text, and
 * without characters that move a terminal's cursor or turn the direction of writing.
 */
export function quoted(value: unknown): string {
  if (Array.isArray(value)) return '[…]';
  if (typeof value === 'object' && value !== null) return '{…}';
  return typeof value === 'string' ? `"${printable(value)}"` : String(value);
}

/** A value as one word to compare with others, whatever it is. */
export const unquoted = (value: unknown): string =>
  typeof value === 'string' ? value : quoted(value);

/** The same for text that needs no quotes. */
export function printable(text: string, longest = LONGEST_QUOTE): string {
  const short = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return short.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** What people call the value at a path: an entry of a list by the name of the list. */
export const keyOf = (path: readonly (string | number)[]): string =>
  String(path.findLast((part) => typeof part === 'string') ?? '');
