/** What the profiles call things, in both languages. Pure. */
import type { Profile, Wording } from '../profiles.ts';

export interface Vocabulary {
  /** By the bare name in either language: `a相电压` is `voltage_l1`. */
  readonly quantities: ReadonlyMap<string, string>;
  /** By quantity. */
  readonly wordings: ReadonlyMap<string, Wording>;
}

export function vocabularyOf(profiles: readonly Profile[]): Vocabulary {
  const named = profiles.flatMap(({ tags }) =>
    tags.flatMap(({ name, quantity }) => (name ? [{ name, quantity }] : [])),
  );
  return {
    quantities: new Map(
      named.flatMap(({ name, quantity }) =>
        [name.en, name.zh].map((one) => [bareName(one), quantity] as const),
      ),
    ),
    wordings: new Map(named.map(({ name, quantity }) => [quantity, name] as const)),
  };
}

/** Without blanks and case: how names of a vocabulary are compared. */
export const bareName = (written: string): string =>
  written.normalize('NFKC').toLowerCase().replace(/\s/g, '');
