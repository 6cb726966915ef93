import { expect, test } from 'vitest';
import { tagId } from '../../../gateway/model/sample.ts';
import { TagFinder } from '../../../gateway/model/tag-finder.ts';

const tagOf = (name: string, index: number, unit = '') => ({ id: tagId('d', name), index, unit });
const [A, B, C] = [tagOf('a', 0), tagOf('b', 1), tagOf('c', 2)];

test('tags are found in any order, each as often as it is asked for', () => {
  const finder = new TagFinder([A, B, C]);
  for (const tag of [A, B, C, C, A, C, B, B, A]) expect(finder.find(tag.id)).toBe(tag);
});

test('a tag that is not there is not found, and does not hide the next', () => {
  const finder = new TagFinder([A, B]);
  expect(finder.find(A.id)).toBe(A);
  expect(finder.find(C.id)).toBeUndefined();
  expect(finder.find(B.id)).toBe(B);
  expect(finder.find(C.id)).toBeUndefined();
});

test('a tag that was put again is found as it is now', () => {
  const finder = new TagFinder([A, B, C]);
  const changed = tagOf('b', 1, 'kWh');
  finder.put(changed);
  expect([A, B, C].map(({ id }) => finder.find(id))).toEqual([A, changed, C]);
  expect([...finder.all()]).toEqual([A, changed, C]);
});
