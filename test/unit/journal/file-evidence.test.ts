/** What a file and its WAL show before SQLite opens them: a cut is no damage, a WAL that does not belong there is. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { damageSeen } from '../../../gateway/journal/file/file-evidence.ts';
import { renewWal } from '../../../gateway/journal/file/wal-renewal.ts';
import { journalAt, temporaryDirectory } from '../../support/journal-fixture.ts';
import { batchOf, numbered } from '../../support/journal-samples.ts';

const FRAME = 24 + 512;
const HEADER = 32;

/** A journal of so many blocks as a cut leaves it: all of them are in the WAL alone. */
async function cut(count: number): Promise<{ path: string; wal: Buffer; epoch: string }> {
  const path = newPath();
  const journal = journalAt(path);
  for (let number = 1; number <= count; number++)
    await journal.append('telemetry', batchOf(numbered(number, 60)), { origin: 'o', number });
  const left = newPath();
  copyFileSync(path, left);
  copyFileSync(`${path}-wal`, `${left}-wal`);
  const { epoch } = journal;
  await journal.close();
  return { path: left, wal: readFileSync(`${left}-wal`), epoch };
}

/** One that was closed in order. */
async function closed(count: number): Promise<string> {
  const { path } = await cut(count);
  await journalAt(path).close();
  return path;
}

const newPath = () => join(temporaryDirectory(), 'journal.db');

/** What is seen with this WAL beside the file. */
function seenWith(path: string, wal: Buffer): string | undefined {
  writeFileSync(`${path}-wal`, wal);
  return damageSeen(path);
}

/** The WAL with one byte of a frame's page changed. */
function broken(wal: Buffer, frame: number): Buffer {
  const copy = Buffer.from(wal);
  const at = HEADER + frame * FRAME + 24 + 300;
  copy[at] = (copy[at] as number) ^ 1;
  return copy;
}

const framesOf = (wal: Buffer) => Math.floor((wal.length - HEADER) / FRAME);
/** The frames that the last transaction begins and ends with. */
function lastTransaction(wal: Buffer): readonly [first: number, last: number] {
  const last = framesOf(wal) - 1;
  let first = last;
  while (first > 0 && wal.readUInt32BE(HEADER + (first - 1) * FRAME + 4) === 0) first--;
  return [first, last];
}

describe('what a power cut leaves is no damage', () => {
  test('all of it, any beginning of the WAL, and any frame of the last transaction missing', async () => {
    const { path, wal } = await cut(6);
    expect(seenWith(path, wal)).toBeUndefined();
    for (let frames = 0; frames < framesOf(wal); frames++)
      expect(seenWith(path, wal.subarray(0, HEADER + frames * FRAME + 100))).toBeUndefined();
    const [first, last] = lastTransaction(wal);
    for (let frame = first; frame <= last; frame++)
      expect(seenWith(path, broken(wal, frame))).toBeUndefined();
  });

  test('a row that is half written may name any journal', async () => {
    const { path, wal, epoch } = await cut(1);
    const mark = epoch.slice(0, 8);
    const other = [...mark].reverse().join('').replaceAll('0', '1');
    const half = Buffer.from(wal.toString('latin1').replaceAll(mark, other), 'latin1');
    expect(half.equals(wal)).toBe(false);
    expect(seenWith(path, half)).toBeUndefined();
  });
});

describe('what no cut leaves is seen', () => {
  test('a frame damaged before others that were finished', async () => {
    const { path, wal } = await cut(6);
    expect(seenWith(path, broken(wal, 0))).toBe('its WAL breaks off at block 0 of 6');
  });

  test('a WAL of another journal, whole or not', async () => {
    const other = await cut(10);
    expect(seenWith(await closed(3), other.wal)).toBe('its WAL is of another journal');
    const short = await cut(3);
    expect(seenWith(await closed(10), broken(short.wal, 0))).toBe('its WAL is of another journal');
  });

  test('a WAL that is older than the file', async () => {
    const { path, wal } = await cut(5);
    const journal = journalAt(path);
    await journal.append('telemetry', batchOf(numbered(6)), { origin: 'o', number: 6 });
    await journal.close();
    expect(seenWith(path, wal)).toBe('its WAL ends at block 5, the file at 6');
  });
});

test('a renewed WAL is what it was', async () => {
  const { path, wal } = await cut(200);
  expect(wal.length).toBeGreaterThan(65_536);
  renewWal(`${path}-wal`);
  expect(readFileSync(`${path}-wal`).equals(wal)).toBe(true);
  renewWal(`${newPath()}-wal`);
});
