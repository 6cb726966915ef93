import { join } from 'node:path';
import { expect, test } from 'vitest';
import { unfitFileSystem, unfitFileSystemOf } from '../../../gateway/host/file-system.ts';
import { temporaryDirectory } from '../../support/journal-fixture.ts';

test.each([
  [0x4d44, 'FAT'],
  [0x2011bab0, 'exFAT'],
  [0x6969, 'NFS'],
  [0xef53, undefined],
  [0x58465342, undefined],
])('statfs type %i is %s', (type, name) => {
  expect(unfitFileSystem(type)).toBe(name);
});

test('a path that is not there yet is on the file system of the nearest folder that is', () => {
  expect(unfitFileSystemOf(join(temporaryDirectory(), 'data', 'deeper', 'journal.db'))).toBe(
    undefined,
  );
});
