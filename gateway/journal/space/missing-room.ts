/** Whether a journal that may not be open has the room on its disk that its size asks for. */
import { type Bytes, bytes } from '../../model/units.ts';
import { bytesOf } from '../file/journal-file.ts';
import { ballastBytes } from './ballast.ts';
import { spacePlan, spaceVerdict } from './free-space.ts';

/** Bytes that are not there, where `free` are; 0 when all is. */
export function missingRoom(
  { path, maxSize }: { readonly path: string; readonly maxSize: Bytes },
  free: number,
): Bytes {
  const file = bytesOf(path);
  const wal = bytesOf(`${path}-wal`);
  const ballast = bytes(ballastBytes(path));
  const plan = spacePlan(maxSize, bytes(free + file + wal + ballast));
  const facts = { free: bytes(free), file, wal, ballast, pages: file, isRefused: false };
  return spaceVerdict(plan, facts, 'enough').missing;
}
