/** What the gateway sees now, as the control socket tells it: the latest sample of each tag. Pure. */
import { plainValue, type Sample } from '../model/sample.ts';
import type { Tag } from '../model/tag.ts';

export interface SeenTag extends Omit<Sample, 'value'> {
  readonly value: ReturnType<typeof plainValue>;
  readonly unit?: string | undefined;
}

export function seenTags(
  samples: readonly Sample[],
  tags: readonly Pick<Tag, 'id' | 'unit'>[],
): readonly SeenTag[] {
  const units = new Map(tags.map(({ id, unit }) => [id, unit]));
  return samples.map((sample) => ({
    ...sample,
    ...{ value: plainValue(sample.value), unit: units.get(sample.tag) },
  }));
}
