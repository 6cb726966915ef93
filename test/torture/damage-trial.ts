/** One damaged journal: opened, salvaged, read to its end, and held against what it had been. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { silentLog } from '../../gateway/host/log.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { type Block, seqOf } from '../../gateway/journal/journal.ts';
import { openJournal } from '../../gateway/journal/open-journal.ts';
import { UNKNOWN_EPOCH } from '../../gateway/journal/salvage/salvage.ts';
import { SalvageRun } from '../../gateway/journal/salvage/salvage-run.ts';
import type { SqliteJournal } from '../../gateway/journal/sqlite-journal.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import { bytes, millis, utcMs } from '../../gateway/model/units.ts';
import { batchOf, sampleOf, T0, TAGS } from '../support/journal-samples.ts';
import type { Damaged } from './damage-acts.ts';
import { contentOf, type Files, samplesIn, type Template, UPLINK } from './damage-content.ts';
import { isIntact } from './damage-map.ts';

export interface TrialResult {
  /** Blocks none of whose bytes were touched, and those of them that are in the journal in the end. */
  readonly undamaged: number;
  readonly saved: number;
  /** Blocks that are there beyond: parts of them were damaged. */
  readonly more: number;
  readonly isQuarantined: boolean;
  readonly wasRestarted: boolean;
  readonly openMs: number;
  readonly totalMs: number;
  /** Laws that did not hold, in words. */
  readonly mistakes: readonly string[];
}

/** Steps of a salvage of so small a file; more is a circle. */
const STEPS_MAX = 20_000;
const OPENINGS_MAX = 4;

export function put(path: string, { file, wal, others, mode }: Damaged): void {
  if (file === 'folder') mkdirSync(path);
  else if (file === 'loop') symlinkSync(path, path);
  else if (file !== 'nothing') writeFileSync(path, file);
  if (wal === 'folder') mkdirSync(`${path}-wal`);
  else if (wal) writeFileSync(`${path}-wal`, wal);
  for (const [end, bytes] of others) writeFileSync(path + end, bytes);
  if (file instanceof Buffer) chmodSync(path, mode);
}

export async function trial(
  folder: string,
  template: Template,
  others: readonly Template[],
  damaged: Damaged,
): Promise<TrialResult> {
  const place = mkdtempSync(join(folder, 'damaged-'));
  try {
    return await judged(join(place, 'journal.db'), template, others, damaged);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function judged(
  path: string,
  template: Template,
  others: readonly Template[],
  damaged: Damaged,
): Promise<TrialResult> {
  put(path, damaged);
  const mistakes: string[] = [];
  const begun = performance.now();
  let openMs = 0;
  let blocks: readonly Block[] = [];
  let damage: string | undefined;
  let openings = 0;
  let own = '';
  for (; openings < OPENINGS_MAX; openings++) {
    const from = performance.now();
    const journal = open(path, damage, openings === 0 ? template : undefined);
    if (openings === 0) openMs = performance.now() - from;
    const before = openings === 0 ? template.epoch : own;
    own = journal.epoch;
    try {
      salvageAll(journal, path, before);
      blocks = journal.read(seqOf(1), 1_000_000);
      await journal.append('alarm', batchOf([sampleOf('new')]), {
        origin: 'trial',
        number: openings + 1,
      });
      await journal.close();
      break;
    } catch (error) {
      await journal.close();
      if (!(error instanceof GatewayError) || error.code !== 'journal.corrupt') throw error;
      damage = String(error.details.reason);
    }
  }
  if (openings === OPENINGS_MAX) mistakes.push('it is damaged again and again');
  const aside = readdirSync(join(path, '..')).filter(
    (name) => /\.corrupt\.[^-]*Z(\.salvaged)?$/.test(name) || /\.corrupt\..*salvaged$/.test(name),
  );
  if (aside.length > 2) mistakes.push(`${aside.length} files in quarantine`);
  const found = foundIn(blocks, own, template, others, mistakes);
  const now: Files = {
    file: damaged.file instanceof Buffer ? damaged.file : Buffer.alloc(0),
    wal: damaged.wal instanceof Buffer ? damaged.wal : undefined,
  };
  let [undamaged, saved] = [0, 0];
  for (const [seq, pieces] of template.places) {
    if (!isIntact(pieces, template, now)) continue;
    undamaged++;
    if (found.has(seq)) saved++;
  }
  const isLost = found.size < template.head;
  if (isLost && !blocks.some(({ gap }) => gap?.reason === 'journal-lost'))
    mistakes.push(`${template.head - found.size} blocks are gone without a word`);
  return {
    ...{ undamaged, saved, more: found.size - saved, openMs, mistakes },
    isQuarantined: aside.length > 0,
    wasRestarted: openings > 0,
    totalMs: performance.now() - begun,
  };
}

const open = (
  path: string,
  damage: string | undefined,
  expects: Template | undefined,
): SqliteJournal =>
  openJournal({
    ...{ path, tags: TAGS, uplinks: [UPLINK], damage, expects, log: silentLog },
    ...{ maxSize: bytes(2 ** 24), keep: millis(1e12), clock: virtualClock(utcMs(T0 + 1e9)) },
  });

function salvageAll(journal: SqliteJournal, path: string, remembered: string): void {
  const clock = virtualClock(utcMs(T0 + 1e9));
  const run = new SalvageRun({
    ...{ path, target: journal.salvage, tags: TAGS, remembered, clock, log: silentLog },
  });
  let steps = 0;
  while (run.step()) if (++steps > STEPS_MAX) throw new Error('the salvage never ends');
  run.close();
}

/** The blocks of the journal as it was that are there, under whatever key; what contradicts them is a mistake. */
function foundIn(
  blocks: readonly Block[],
  own: string,
  template: Template,
  others: readonly Template[],
  mistakes: string[],
): ReadonlySet<number> {
  const found = new Set<number>();
  for (const block of blocks) {
    const name = block.salvaged ?? { epoch: own, seq: block.seq };
    const said = samplesIn(block);
    if (block.gap || said.length === 0) continue;
    const source = [template, ...others].find(({ epoch }) => epoch === name.epoch);
    if (source === undefined) {
      if (name.epoch !== UNKNOWN_EPOCH) continue;
      if (isContent(said, name.seq, template.shift)) found.add(name.seq);
      else mistakes.push(`${name.seq} of an unknown journal says something else`);
    } else if (!isContent(said, name.seq, source.shift)) {
      const seq = [...template.places.keys()].find((one) => isContent(said, one, template.shift));
      mistakes.push(
        `block ${name.seq} says what ${seq === undefined ? 'no block' : `block ${seq}`} said`,
      );
    } else if (source === template) {
      if (found.has(name.seq)) mistakes.push(`block ${name.seq} is there twice`);
      found.add(name.seq);
    }
  }
  return found;
}

const isContent = (said: ReturnType<typeof samplesIn>, seq: number, shift: number): boolean => {
  const wanted = contentOf(seq, shift);
  if (said.length === wanted.length) return JSON.stringify(said) === JSON.stringify(wanted);
  // Samples of a tag whose name is damaged are left out.
  const texts = new Set(wanted.map((sample) => JSON.stringify(sample)));
  return said.every((sample) => texts.has(JSON.stringify(sample)));
};
