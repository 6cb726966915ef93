import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { WEAR_CAUSES } from '../../gateway/journal/journal.ts';
import { SELF_QUANTITIES, selfTagId } from '../../gateway/model/self-tag.ts';
import { renderSelfTags } from '../../tools/self-tags-reference.ts';

const docs = join(import.meta.dirname, '..', '..', 'docs');

test('the reference of the gateway’s own tags is fresh, and has every tag and every cause', () => {
  const text = renderSelfTags();
  expect(readFileSync(join(docs, 'self-tags.md'), 'utf8')).toBe(text);
  for (const quantity of SELF_QUANTITIES) expect(text).toContain(`\`${selfTagId(quantity)}\``);
  for (const cause of WEAR_CAUSES) expect(text).toContain(`\`${cause}\``);
});
