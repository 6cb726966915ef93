/** Patterns of tag ids: `*` stands for any characters, dots among them. Pure. */

/** What a pattern may be made of. */
export const TAG_PATTERN = /^[a-z0-9_.*]+$/;

/** In one pass, whatever the pattern. */
export function matchesTag(pattern: string, id: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return id === pattern;
  if (!id.startsWith(first)) return false;
  let from = first.length;
  for (const piece of rest) {
    const at = id.indexOf(piece, from);
    if (at < 0) return false;
    from = at + piece.length;
  }
  return id.length - last.length >= from && id.endsWith(last);
}
