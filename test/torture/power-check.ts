/** Whether a journal that was opened after a cut keeps its promises. Through its public side alone. */
import { isDeepStrictEqual } from 'node:util';
import type { LedgerHistory } from '../../gateway/command/ledger.ts';
import type { Block } from '../../gateway/journal/journal.ts';
import { seqOf } from '../../gateway/journal/journal.ts';
import type { SqliteJournal } from '../../gateway/journal/sqlite-journal.ts';
import {
  type NumberedBatch,
  numberAt,
  TAG_IDS,
  tagIndexOf,
  timeAt,
  UPLINKS,
  type UplinkName,
} from './power-content.ts';
import { type Handed, type PowerLedger, samplesIn } from './power-ledger.ts';

/** `honest`: what was answered for is there. `lying`: what is there is what was there at some moment before. */
export type DiskMood = 'honest' | 'lying';

export interface Found {
  /** Laws that do not hold, in words; empty when all is well. */
  readonly problems: readonly string[];
  /** Blocks that were answered for and are not there, where the disk lied. */
  readonly lostBlocks: number;
}

/** `history` as the journal told it at its opening. */
export function checkJournal(
  journal: SqliteJournal,
  history: LedgerHistory,
  ledger: PowerLedger,
  mood: DiskMood,
): Found {
  const problems: string[] = [];
  const say = (problem: string) => {
    if (problems.length < 5) problems.push(problem);
  };
  const { head } = journal;
  const stats = journal.stats();
  const blocks = journal.read(seqOf(1), 1_000_000);
  const present = new Map(blocks.map((block) => [block.seq as number, block]));
  const storedHead = ledger.head;
  if (mood === 'honest' && head < storedHead)
    say(`lost: head ${head}, block ${storedHead} was answered for`);
  if (present.size !== blocks.length) say('a block is there twice');
  if ((blocks.at(-1)?.seq ?? 0) > head) say('a block is above the head');

  // What is under way may be there, behind all that was answered for.
  const isUnderWay = ({ seq, gap }: Block) =>
    seq > storedHead && (gap === undefined || gap.reason === 'write-failed');
  const extra = blocks.filter(isUnderWay);
  const handed = new Map([...ledger.stored].filter(([seq]) => seq <= head));
  if (extra.length > 1 || (extra.length === 1 && ledger.underWay === undefined))
    say(`invented: block ${extra.map(({ seq }) => seq)}`);
  else if (extra[0] && ledger.underWay) handed.set(extra[0].seq, ledger.underWay);

  let [samples, lost, gaps] = [0, 0, head];
  const isAcknowledgedByAll = (seq: number) =>
    UPLINKS.every((uplink) => ledger.acknowledged[uplink].has(seq));
  const removed: number[] = [];
  for (const [seq, each] of handed) {
    const block = present.get(seq);
    if (each.kind === 'gap') lost += each.gap.count ?? 0;
    else gaps--;
    if (block === undefined) {
      removed.push(seq);
      if (!isAcknowledgedByAll(seq)) lost += samplesIn(each);
    } else if (block.gap?.reason === 'journal-lost') say(`damaged: block ${seq}`);
    else if (!isSame(block, each)) say(`changed: block ${seq}`);
  }
  for (const block of blocks) {
    samples += block.samples.length;
    const { reason } = block.gap ?? {};
    if (!handed.has(block.seq) && reason !== 'retention' && reason !== 'journal-lost')
      say(`invented: block ${block.seq}, ${block.gap?.reason ?? 'samples'}`);
  }
  const expected = { blocks: blocks.length, samples, gaps, lostSamples: lost };
  for (const [name, value] of Object.entries(expected)) {
    const told = stats[name as keyof typeof expected];
    if (told !== value) say(`${name}: the journal says ${told}, the ledger ${value}`);
  }
  checkCover({ removed, handed, blocks, ledger, head, present, isAcknowledgedByAll }, say);
  for (const uplink of UPLINKS) checkCursor(journal, uplink, ledger, present, mood, say);
  checkCommands(history, handed, say);
  return { problems, lostBlocks: [...ledger.stored.keys()].filter((seq) => seq > head).length };
}

interface Cover {
  readonly removed: readonly number[];
  readonly handed: ReadonlyMap<number, Handed>;
  readonly blocks: readonly Block[];
  readonly ledger: PowerLedger;
  readonly head: number;
  readonly present: ReadonlyMap<number, Block>;
  readonly isAcknowledgedByAll: (seq: number) => boolean;
}

/** What went without an acknowledgement is named by a gap of its class, unless that was acknowledged and went too. */
function checkCover(
  { removed, handed, blocks, ledger, head, present, isAcknowledgedByAll }: Cover,
  say: (problem: string) => void,
): void {
  for (const seq of ledger.acknowledged.cloud.keys())
    if (seq <= head && isAcknowledgedByAll(seq) && !present.has(seq) && !handed.has(seq)) return;
  for (const seq of removed) {
    if (isAcknowledgedByAll(seq)) continue;
    const blockClass = handed.get(seq)?.class;
    const covers = ({ gap }: Block) =>
      gap?.seqs !== undefined &&
      gap.class === blockClass &&
      gap.seqs.from <= seq &&
      seq <= gap.seqs.to;
    if (!blocks.some(covers)) say(`hidden: block ${seq} is in no gap`);
  }
}

function checkCursor(
  journal: SqliteJournal,
  uplink: UplinkName,
  ledger: PowerLedger,
  present: ReadonlyMap<number, Block>,
  mood: DiskMood,
  say: (problem: string) => void,
): void {
  const cursor = journal.cursor(uplink);
  const acknowledged = ledger.acknowledged[uplink];
  if (cursor.nextAfter(journal.head) !== journal.head + 1)
    say(`${uplink}: the cursor is ahead of the blocks`);
  for (let seq = 1; seq <= journal.head; seq++) {
    const isAcknowledged = cursor.isAcknowledged(seqOf(seq));
    if (isAcknowledged && present.has(seq) && !acknowledged.has(seq))
      say(`${uplink}: block ${seq} counts as acknowledged`);
    if (!isAcknowledged && !present.has(seq)) say(`${uplink}: waits for ${seq}, which is gone`);
  }
  if (mood === 'lying') return;
  for (const [seq, then] of acknowledged) {
    if (then <= ledger.certain && !cursor.isAcknowledged(seqOf(seq)))
      say(`${uplink}: forgot the acknowledgement of ${seq}`);
  }
}

/** An intent and an end are there exactly where the block of their audit is, or was. */
function checkCommands(
  { open, recent, counters }: LedgerHistory,
  handed: ReadonlyMap<number, Handed>,
  say: (problem: string) => void,
): void {
  const expected = new Map<string, string | undefined>();
  for (const each of handed.values())
    if (each.kind === 'audit') {
      for (const key of each.intents) expected.set(key, undefined);
      for (const key of each.ends) expected.set(key, 'verified');
    }
  const found = new Map([...recent, ...open].map(({ key, outcome }) => [key, outcome]));
  for (const [key, outcome] of expected)
    if (!found.has(key) || found.get(key) !== outcome)
      say(`command ${key}: ${outcome ?? 'open'} expected, ${found.get(key) ?? 'open or absent'}`);
  for (const key of found.keys()) if (!expected.has(key)) say(`invented: command ${key}`);
  const highest = Math.max(0, ...[...expected.keys()].map((key) => Number(key.split('/c')[1])));
  if ((counters.ann ?? 0) !== highest) say(`counter ${counters.ann}, expected ${highest}`);
}

function isSame(block: Block, handed: Handed): boolean {
  if (block.class !== handed.class) return false;
  switch (handed.kind) {
    case 'gap':
      return isDeepStrictEqual(block.gap, handed.gap);
    case 'audit':
      return isSameAudit(block, handed);
    case 'batch':
      return block.gap === undefined && isSameBatch(block, handed.batch);
    default:
      return handed satisfies never;
  }
}

function isSameAudit(
  { samples, gap }: Block,
  { intents, ends }: Extract<Handed, { kind: 'audit' }>,
): boolean {
  const texts = [...intents.map((key) => `intent ${key}`), ...ends.map((key) => `ended ${key}`)];
  return gap === undefined && JSON.stringify(samples.others) === JSON.stringify(texts);
}

function isSameBatch({ samples, tagOf }: Block, { number, count, tags }: NumberedBatch): boolean {
  if (samples.length !== count) return false;
  for (let row = 0; row < count; row++)
    if (
      samples.numbers[row] !== numberAt(number, row) ||
      samples.times[row] !== timeAt(number, row) ||
      tagOf(samples.tags[row] as number) !== TAG_IDS[tagIndexOf(number, row, tags)]
    )
      return false;
  return true;
}
