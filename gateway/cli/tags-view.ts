/** The latest value of every tag, as people read it. Pure. */
import type { SeenTag } from '../health/image-answer.ts';
import type { Language } from '../model/errors.ts';
import type { UtcMs } from '../model/units.ts';
import { age } from './age.ts';
import { aligned, harmless } from './columns.ts';

/** A line for each: id, value with its unit, quality, and how long ago it was so. */
export function renderTags(seen: readonly SeenTag[], now: UtcMs, language: Language): string {
  const ago = language === 'zh' ? '前' : ' ago';
  const rows = seen.map(({ tag, value, unit, quality, time }) => [
    tag,
    value === null ? '—' : harmless(`${value}${unit ? ` ${unit}` : ''}`),
    quality,
    quality === 'bad:waiting' ? '' : `${age(Math.max(0, now - time))}${ago}`,
  ]);
  return aligned(rows).join('\n');
}
