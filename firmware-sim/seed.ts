/**
 * Every part of the simulated field draws from its own seed, so adding a device changes no other
 * one.
 */

/**
 * A 32-bit seed for the part of the field that `path` names (FNV-1a over the path, then the seed).
 */
export function seedOf(seed: number, ...path: readonly string[]): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (const character of path.join('\0'))
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash;
}
