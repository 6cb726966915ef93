/** Plays one recorded life back: cuts the power at each of its moments, opens what is left, and looks. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type LogFields, silentLog } from '../../gateway/host/log.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import { fileStateStore } from '../../gateway/host/state-store.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { openJournal } from '../../gateway/journal/open-journal.ts';
import type { SqliteJournal } from '../../gateway/journal/sqlite-journal.ts';
import type { Random } from '../../gateway/model/backoff.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import { type Bytes, millis, utcMs } from '../../gateway/model/units.ts';
import { T0 } from '../support/journal-samples.ts';
import type { Entry } from './disk-recorder.ts';
import type { DiskMood, Found } from './power-check.ts';
import { type Mark, TAG_IDS, UPLINKS } from './power-content.ts';
import { Disk, type Doubts, LIES_MAX } from './power-disk.ts';
import { type DiskState, type Draws, type StateFile, statesOf } from './power-states.ts';

const HONEST: Draws = { beginnings: 2, subsets: 3, torn: 3, sectors: 2, reordered: 1 };
const LYING: Draws = { beginnings: 1, subsets: 1, torn: 1, sectors: 1, reordered: 0 };
/** Where a lying disk keeps the order of what it wrote. */
const IN_ORDER = new Set(['nothing', 'everything', 'beginning']);

/** Knows what a recorded process has said, and what has to be on the disk then. */
export interface Judge {
  /** False where a cut is the same as before. `at` in ms. */
  take(mark: Mark, at: number): boolean;
  /** Of a journal that opened; `until` is when the cut was, at the latest. */
  journal(journal: SqliteJournal, mood: DiskMood, until: number): Found;
  /** What is kept under a key; undefined where the store is not looked at. */
  store?(get: (key: string) => unknown, mood: DiskMood): readonly string[];
}

export interface Tally {
  readonly counts: Record<string, number>;
  /** By law: states in which it did not hold. */
  readonly broken: Record<string, number>;
  readonly failures: string[];
  /** The age of the oldest sample that a cut took along, ms. */
  worstAge: number;
}

export const newTally = (): Tally => ({ counts: {}, broken: {}, failures: [], worstAge: 0 });

export interface Life {
  readonly seed: number;
  /** Of its moments, so many are played. */
  readonly share: number;
  readonly entries: readonly Entry[];
  /** Where states are laid out; below /dev/shm. */
  readonly folder: string;
  readonly maxSize: Bytes;
  readonly judge: Judge;
  /** Before the names of its laws and counts. */
  readonly name: string;
  readonly tally: Tally;
  /** Called after each state; true ends it. */
  readonly onState: () => boolean;
}

/** What no disk may make a journal say: that a block is there which nobody handed over like that. */
const IS_FALSE = /^(changed|invented): block/;
/** The law that a whole journal is not set aside. */
export const NEEDLESS = 'needless quarantine';
const QUARANTINED = 'journal.file-quarantined';

const isJournal = ({ path }: StateFile) => basename(path).startsWith('journal.db');
const isStore = ({ path }: StateFile) => basename(path).startsWith('state.json');
const keyOf = (files: readonly StateFile[]) =>
  files.map(({ path, key }) => `${basename(path)}=${key}`).join(' ');

export async function playLife(life: Life): Promise<void> {
  const { entries, seed, share } = life;
  const random = seededRandom(seed);
  const disk = new Disk();
  const player = new Player(life, random);
  for (const [moment, entry] of entries.entries()) {
    disk.take(entry);
    if (!player.take(entry) || random() >= share) continue;
    player.moment = moment;
    player.until = entries[moment + 1]?.at ?? entry.at;
    if (await player.play(disk.doubts(), 'honest', HONEST, 0)) return;
    for (let lies = 1; lies <= LIES_MAX; lies++) {
      const doubts = disk.lyingDoubts(lies);
      if (doubts && (await player.play(doubts, 'lying', LYING, lies))) return;
    }
  }
}

const lawOf = (mood: DiskMood, isOrdered: boolean): string =>
  mood === 'honest' ? 'honest' : isOrdered ? 'lying in order' : 'lying out of order';

class Player {
  moment = 0;
  /** When the next thing happened, ms. */
  until = 0;
  readonly #life: Life;
  readonly #random: Random;
  /** States that were looked at, by what the process had said until then. */
  readonly #seen = new Set<string>();
  #said = 0;

  constructor(life: Life, random: Random) {
    this.#life = life;
    this.#random = random;
  }

  /** False where a cut is the same as one before. */
  take(entry: Entry): boolean {
    if (entry.kind === 'close') return false;
    if (entry.kind !== 'mark') return true;
    if (!this.#life.judge.take(JSON.parse(entry.text), entry.at)) return false;
    this.#said++;
    return true;
  }

  /** All states of one moment; true when there were enough. */
  async play(doubts: Doubts, mood: DiskMood, draws: Draws, lies: number): Promise<boolean> {
    for (const state of statesOf(doubts, this.#random, draws)) {
      for (const [part, look] of [
        [state.files.filter(isJournal), this.#lookAtJournal],
        [state.files.filter(isStore), this.#lookAtStore],
      ] as const) {
        if (look === this.#lookAtStore && this.#life.judge.store === undefined) continue;
        const key = `${mood} ${this.#said} ${look === this.#lookAtStore ? 's' : 'j'} ${keyOf(part)}`;
        if (this.#seen.has(key)) continue;
        if (!key.includes('#')) this.#seen.add(key);
        await look.call(this, state, part, mood, lies);
        if (this.#life.onState()) return true;
      }
    }
    return false;
  }

  async #lookAtJournal(
    state: DiskState,
    files: readonly StateFile[],
    mood: DiskMood,
    lies: number,
  ): Promise<void> {
    const { maxSize } = this.#life;
    const path = join(this.#layOut(files), 'journal.db');
    const errors: string[] = [];
    const reasons: string[] = [];
    const log = {
      ...silentLog,
      error: (event: string, fields?: LogFields) => {
        errors.push(event);
        reasons.push(`${event}: ${String(fields?.reason)}`);
      },
    };
    this.#count(`${this.#life.name}${mood}: ${state.kind}`);
    const isOrdered = IN_ORDER.has(state.kind);
    const { name } = this.#life;
    const law = `${name}${lawOf(mood, isOrdered)}`;
    const open = (damage?: string) =>
      openJournal({
        ...{ path, damage },
        tags: TAG_IDS.slice(0, 4),
        uplinks: UPLINKS,
        maxSize,
        keep: millis(1e12),
        clock: virtualClock(utcMs(T0)),
        log,
      });
    const problems: string[] = [];
    try {
      let journal = open();
      if (!errors.includes(QUARANTINED)) {
        try {
          const found = this.#life.judge.journal(journal, mood, this.until);
          const isMixed = mood === 'lying' && !isOrdered;
          problems.push(...found.problems.filter((each) => !isMixed || IS_FALSE.test(each)));
          if (isMixed && found.problems.length > 0) this.#count('mixed by lies');
          if (mood === 'lying') this.#count('blocks lost by lies', found.lostBlocks);
        } catch (error) {
          if (!(error instanceof GatewayError)) throw error;
          // Damage that a read meets ends the journal, and the next opening sets the file aside.
          await journal.close();
          journal = open(error.code === 'journal.corrupt' ? error.message : undefined);
          if (!errors.includes(QUARANTINED)) problems.push(`damaged, and not set aside: ${error}`);
        }
      }
      await journal.close();
    } catch (error) {
      this.#fail(`${law}: opens`, state, lies, [String(error)]);
      return;
    }
    if (errors.includes(QUARANTINED)) {
      this.#count(`${name}${mood} quarantined`);
      if (mood === 'honest') this.#fail(NEEDLESS, state, lies, reasons);
    }
    problems.push(...errors.filter((event) => mood === 'honest' && event !== QUARANTINED));
    if (problems.length > 0) this.#fail(law, state, lies, problems);
  }

  async #lookAtStore(
    state: DiskState,
    files: readonly StateFile[],
    mood: DiskMood,
    lies: number,
  ): Promise<void> {
    this.#count(`store ${mood}`);
    const path = join(this.#layOut(files), 'state.json');
    const store = await fileStateStore(path, virtualClock(), silentLog);
    const problems = [...(this.#life.judge.store?.((key) => store.get(key), mood) ?? [])];
    if (mood === 'honest' && store.facts().damaged > 1) problems.push('both copies are damaged');
    if (problems.length > 0) this.#fail(`store ${mood}`, state, lies, problems);
  }

  #layOut(files: readonly StateFile[]): string {
    const { folder } = this.#life;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const { path, content } of files) writeFileSync(join(folder, basename(path)), content());
    return folder;
  }

  #count(name: string, by = 1): void {
    const { counts } = this.#life.tally;
    counts[name] = (counts[name] ?? 0) + by;
  }

  #fail(law: string, { kind }: DiskState, lies: number, problems: readonly string[]): void {
    const { tally, seed } = this.#life;
    tally.broken[law] = (tally.broken[law] ?? 0) + 1;
    const lied = lies > 0 ? `, ${lies} syncs not done` : '';
    if (tally.failures.filter((line) => line.startsWith(`${law}:`)).length < 3)
      tally.failures.push(
        `${law}: seed ${seed}, cut at entry ${this.moment}, ${kind}${lied}: ${problems.join('; ')}`,
      );
  }
}
