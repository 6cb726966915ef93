/**
 * Tests of statements of the Sparkplug specification bear the names of its test compatibility kit. docs/sparkplug.md is made from
 * the calls: an array of names, then the sentence.
 */
export const tck = (statements: readonly string[], sentence: string): string =>
  `${sentence} [${statements.join(' ')}]`;
