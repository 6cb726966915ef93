/** docs/sparkplug.md is what the tests say, and no statement of the specification is left without an answer. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { provingTests, renderSparkplug } from '../../tools/sparkplug-reference.ts';
import { STATEMENTS } from '../../tools/sparkplug-statements.ts';

test('every statement has a test, or a reason why it has none', () => {
  const proven = new Set(provingTests().flatMap(({ statements }) => statements));
  const unknown = [...proven].filter((name) => !(name in STATEMENTS));
  expect(unknown).toEqual([]);
  const entries = Object.entries(STATEMENTS);
  const unanswered = entries.filter(
    ([name, reason]) => (reason === undefined) !== proven.has(name),
  );
  expect(unanswered.map(([name]) => name)).toEqual([]);
  expect(entries).toHaveLength(226);
});

test('docs/sparkplug.md is current', async () => {
  const file = join(import.meta.dirname, '../../docs/sparkplug.md');
  await expect(renderSparkplug()).toMatchFileSnapshot(file);
});
