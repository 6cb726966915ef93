/** Names of tags made from names that somebody else chose. Pure. */

/** The most characters of a tag's name in a site. */
const LONGEST = 64;

/** `ActualPosition` becomes actual_position; empty where nothing of the name can be in a tag's. */
export function quantityOf(name: string): string {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z\d]+/g, '_')
    .replace(/^_+|_+$/g, '');
  return (/^\d/.test(words) ? `n${words}` : words).slice(0, LONGEST);
}

/** Something that needs a name: the one it would like, and the names of what it is a part of, outermost first. */
export interface Nameless {
  readonly wish: string;
  readonly within: readonly string[];
}

/**
 * One name for each, in their order, no two the same: as wished where nobody else wishes it, otherwise with the names of
 * what it is in before it, as many as it takes, and a number in the end.
 */
export function uniqueNames(items: readonly Nameless[]): readonly string[] {
  const names = items.map(({ wish }) => wish || 'tag');
  const deepest = Math.max(0, ...items.map(({ within }) => within.length));
  for (let depth = 1; depth <= deepest; depth++) {
    const counts = Map.groupBy(names, (name) => name);
    for (const [i, { wish, within }] of items.entries()) {
      if ((counts.get(names[i] as string)?.length ?? 0) < 2) continue;
      const outer = within.slice(-depth).map(quantityOf).filter(Boolean);
      const name = [...outer, wish || 'tag'].join('_').slice(-LONGEST);
      names[i] = name.replace(/^[^a-z]+/, '') || 'tag';
    }
  }
  const taken = new Set<string>();
  const last = new Map<string, number>();
  return names.map((name) => {
    let unique = name;
    let number = last.get(name) ?? 1;
    while (taken.has(unique)) unique = `${name.slice(0, LONGEST - 6)}_${++number}`;
    last.set(name, number);
    taken.add(unique);
    return unique;
  });
}
