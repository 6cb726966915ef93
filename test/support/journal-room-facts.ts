/** A journal that has all the room it may take. */
import type { JournalRoomFacts } from '../../gateway/journal/journal.ts';
import { bytes } from '../../gateway/model/units.ts';

export const ENOUGH_ROOM: JournalRoomFacts = {
  level: 'enough',
  free: bytes(20e9),
  inodes: 1_000_000,
  cap: bytes(1e9),
  capacity: bytes(1e9),
  missing: bytes(0),
  wal: bytes(1e6),
  ballast: bytes(2 ** 21),
};
