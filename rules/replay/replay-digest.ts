/**
 * One number for everything that rules did, so that two machines, or two versions, can be compared bit for bit: the
 * SHA-256 of the effects as JSON with sorted keys, one a line, their causes included.
 */
import { createHash } from 'node:crypto';
import type { Effect } from '../effect.ts';

export class EffectDigest {
  readonly #hash = createHash('sha256');

  add(effects: readonly Effect[]): void {
    for (const effect of effects) this.#hash.update(`${canonicalJson(effect)}\n`);
  }

  /** Hexadecimal; nothing can be added afterwards. */
  end(): string {
    return this.#hash.digest('hex');
  }
}

/**
 * JSON with the keys of each object in order. Numbers are their shortest decimal form, which names one double exactly;
 * −0 keeps its sign, and what JSON has no word for is refused.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError(`${value} among the effects`);
    return Object.is(value, -0) ? '-0' : `${value}`;
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => `${JSON.stringify(key)}:${canonicalJson(one)}`);
    return `{${fields.join(',')}}`;
  }
  return JSON.stringify(value);
}
