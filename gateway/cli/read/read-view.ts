/** What was read, as people and programs read it. Pure. */
import { plainValue, type Sample } from '../../model/sample.ts';
import type { Tag } from '../../model/tag.ts';
import type { Call } from '../verb.ts';

/** One line for a sample; with --json an object. */
export function sampleLine(
  { value: read, quality, time }: Sample,
  { quantity, unit }: Pick<Tag, 'quantity' | 'unit'>,
  { values }: Pick<Call, 'values'>,
): string {
  const value = plainValue(read);
  if (values.json)
    return JSON.stringify({ address: quantity, value, ...(unit && { unit }), quality, time });
  return `${quantity}  ${value ?? '—'}${unit && value !== null ? ` ${unit}` : ''}  ${quality}`;
}
