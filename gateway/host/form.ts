/** What YAML makes of a value. */
export type Form = 'text' | 'number' | 'flag' | 'list' | 'map';

/** `none`: null, or nothing at all. */
export function formOf(value: unknown): Form | 'none' {
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'flag';
  if (Array.isArray(value)) return 'list';
  return typeof value === 'object' && value !== null ? 'map' : 'none';
}
