/** One life of the real north side, link, worker and journal, at speed on a small volume that fills up. */
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { systemClock } from '../../gateway/host/clock.ts';
import { type Log, silentLog } from '../../gateway/host/log.ts';
import { systemRandom } from '../../gateway/host/random.ts';
import { BLOCK_CLASSES } from '../../gateway/journal/journal.ts';
import { NorthLink } from '../../gateway/journal/north/north-link.ts';
import { bytes, millis } from '../../gateway/model/units.ts';
import { type Account, accountOf, unaccounted } from './full-disk-account.ts';
import { classOf, FULL_DISK_TAGS, sampleOf } from './full-disk-samples.ts';
import { type FileSystem, SmallVolume } from './full-disk-volume.ts';
import { victimUplink } from './victim-uplink.ts';

/** Who fills the disk: the backlog itself, or somebody else, in one go or bit by bit, or files without content. */
export const FILLERS = ['us', 'others at once', 'others slowly', 'inodes'] as const;

export interface TrialOrder {
  readonly filler: (typeof FILLERS)[number];
  readonly fileSystem: FileSystem;
  readonly mebibytes: number;
  /** How long others keep what they took. */
  readonly holdMs: number;
}

export interface TrialOutcome {
  readonly order: TrialOrder;
  readonly account: Account;
  readonly unaccounted: number;
  /** From the moment the room was back to the first sample of then that is durable. */
  readonly recoveryMs: number;
  /** Commits while others had all of it. */
  readonly commitsWhileFull: number;
  /** Of the page limit, in use when the journal itself had filled it; undefined when others did. */
  readonly keptShare: number | undefined;
  readonly walMax: number;
  readonly levels: readonly string[];
  readonly restarts: number;
}

const SAMPLES_EACH = 500;
const EVERY_MS = 15;
const QUEUE_LIMIT = 60_000;
const TOP_UP_MS = 40;
const FILLED_WITHIN_MS = 600_000;
const RECOVERED_WITHIN_MS = 60_000;
/** Of an own fill: how often its room has to be used again. */
const LOST_SHARE = 0.5;
const NOWHERE = 'mqtt://127.0.0.1:9';

export class FullDiskTrial {
  readonly #order: TrialOrder;
  readonly #volume: SmallVolume;
  readonly #path: string;
  readonly #maxSize: number;
  readonly #levels = new Set<string>();
  #link: NorthLink;
  #next = 0;
  #commits = 0;
  #walMax = 0;
  #restarts = 0;
  #feeding: NodeJS.Timeout | undefined;

  constructor(order: TrialOrder) {
    this.#order = order;
    this.#volume = new SmallVolume(order.fileSystem, order.mebibytes);
    this.#path = `${this.#volume.path}/journal.db`;
    this.#maxSize = order.mebibytes * 2 ** 20;
    this.#link = this.#makeLink();
  }

  async run(): Promise<TrialOutcome> {
    try {
      await this.#link.start();
      this.#feed();
      await this.#until(() => this.#commits > 20, 30_000, 'nothing is stored');
      const keptShare = this.#order.filler === 'us' ? await this.#fillUp() : undefined;
      const before = this.#commits;
      await this.#beFilled();
      const commitsWhileFull = this.#commits - before;
      const recoveryMs = await this.#recover();
      clearInterval(this.#feeding);
      await this.#link.flush();
      await this.#look();
      await this.#link.stop();
      const account = await accountOf(this.#path, this.#maxSize, this.#next, this.#sampleOf);
      return {
        ...{ order: this.#order, account, unaccounted: unaccounted(account), recoveryMs },
        ...{ commitsWhileFull, keptShare, walMax: this.#walMax, restarts: this.#restarts },
        levels: [...this.#levels],
      };
    } finally {
      clearInterval(this.#feeding);
      this.#volume.giveBack();
      this.#volume.giveBackInodes();
      await this.#link.stop().catch(() => {});
      this.#volume.dispose();
    }
  }

  #makeLink(): NorthLink {
    const log: Log = { ...silentLog, child: () => log };
    const link = new NorthLink({
      site: {
        gateway: { id: 'full-disk', timezone: 'UTC' },
        journal: {
          path: this.#path,
          lossWindow: millis(200),
          maxSize: bytes(this.#maxSize),
          keep: millis(86_400_000),
        },
        uplinks: [victimUplink('full-disk', NOWHERE)],
        tags: FULL_DISK_TAGS,
        hash: 'full-disk',
      },
      clock: systemClock(),
      log,
      random: systemRandom,
      queueLimit: QUEUE_LIMIT,
      onRoom: ({ level }) => this.#levels.add(level),
    });
    link.onCommitted(() => this.#commits++);
    return link;
  }

  readonly #sampleOf = (number: number) => sampleOf(number, wordsIn(this.#order));

  #feed(): void {
    this.#feeding = setInterval(() => {
      const numbers = Array.from({ length: SAMPLES_EACH }, (_, i) => this.#next + i);
      this.#next += SAMPLES_EACH;
      for (const each of BLOCK_CLASSES)
        this.#link.append(each, numbers.filter((n) => classOf(n) === each).map(this.#sampleOf));
    }, EVERY_MS);
  }

  /** Until much of what was stored had to go again; tells the share of the room that is in use then. */
  async #fillUp(): Promise<number> {
    await this.#until(
      async () => {
        const { lostSamples, samples } = await this.#look();
        return lostSamples > samples * LOST_SHARE;
      },
      FILLED_WITHIN_MS,
      'it does not fill up',
    );
    clearInterval(this.#feeding);
    await this.#link.flush();
    const { room } = await this.#look();
    await this.#link.stop();
    const used = usedBytes(this.#path);
    await this.#link.start();
    this.#feed();
    return used / room.cap;
  }

  async #beFilled(): Promise<void> {
    const { filler, holdMs } = this.#order;
    const until = performance.now() + holdMs;
    if (filler === 'inodes') await this.#runOutOfInodes();
    const share = filler === 'others slowly' ? 1 / 20 : 1;
    while (performance.now() < until) {
      if (filler.startsWith('others'))
        this.#volume.take(Math.max(4096, Math.ceil(this.#volume.free * share)));
      await sleep(TOP_UP_MS);
    }
  }

  /** The gateway is started again while nobody can make a file. */
  async #runOutOfInodes(): Promise<void> {
    await this.#until(async () => (await this.#look()).room.ballast > 0, 10_000, 'no ballast');
    this.#volume.takeInodes();
    const before = this.#commits;
    await this.#until(() => this.#commits > before + 5, 5_000, 'no inode, and nothing is stored');
    clearInterval(this.#feeding);
    await this.#link.flush();
    await this.#link.stop();
    this.#volume.takeInodes();
    await this.#link.start();
    this.#feed();
  }

  async #recover(): Promise<number> {
    const at = performance.now();
    this.#volume.giveBack();
    this.#volume.giveBackInodes();
    // All that waits at this moment.
    const flushed = this.#link.flush().then(() => true);
    const isBack = await Promise.race([flushed, sleep(RECOVERED_WITHIN_MS).then(() => false)]);
    if (!isBack) throw new Error('wedged: the room is back and nothing is stored');
    return performance.now() - at;
  }

  async #look() {
    const { journal, link } = await this.#link.stats();
    this.#walMax = Math.max(this.#walMax, journal.room.wal);
    this.#levels.add(journal.room.level);
    this.#restarts = link.restarts;
    return journal;
  }

  async #until(
    isSo: () => boolean | Promise<boolean>,
    withinMs: number,
    otherwise: string,
  ): Promise<void> {
    const until = performance.now() + withinMs;
    while (!(await isSo())) {
      if (performance.now() > until) throw new Error(otherwise);
      await sleep(TOP_UP_MS);
      await this.#look();
    }
  }
}

/** A large volume is filled with longer texts. */
const wordsIn = ({ mebibytes }: TrialOrder): number => (mebibytes > 8 ? 100 : 6);

/** Of a journal that is closed. */
function usedBytes(path: string): number {
  const database = new Database(path, { readonly: true });
  const read = (name: string) => database.pragma(name, { simple: true }) as number;
  const used = (read('page_count') - read('freelist_count')) * read('page_size');
  database.close();
  return used;
}
