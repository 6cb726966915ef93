/** Small facts that have to outlive a restart: pulses counted, totals reached. */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { reasonOf } from '../model/errors.ts';
import { later, type Millis, seconds } from '../model/units.ts';
import type { Cancel, Clock } from './clock.ts';
import type { Log } from './log.ts';

/** What can be kept: whatever JSON can say. */
export type Kept =
  | null
  | boolean
  | number
  | string
  | readonly Kept[]
  | { readonly [key: string]: Kept };

/**
 * A handful of values by key, in one small file beside the journal. Writing is gathered: a power cut costs at most
 * the last ten seconds, a stop nothing.
 */
export interface StateStore {
  /** What was kept under the key; undefined when nothing was, or the file was damaged beyond repair. */
  get(key: string): Kept | undefined;
  /** Kept from now on; on disk within ten seconds. Never waits. */
  set(key: string, value: Kept): void;
  /**
   * Resolves when everything set so far is on disk; also when the disk does not take it, which is logged. Never
   * rejects.
   */
  flush(): Promise<void>;
  /** For the status, of a store on disk. */
  facts?(): StateFacts;
  /** What a store on disk has written since the start. */
  written?(): { readonly bytes: number; readonly syncs: number };
}

/** How a store on disk is doing. */
export interface StateFacts {
  readonly keys: number;
  /** Characters of keys and values. */
  readonly size: number;
  /** Values that were not taken because the store was full. */
  readonly refused: number;
  /** Attempts to write that the disk did not take. */
  readonly failures: number;
  /** Copies of the file that could not be read when it was opened: 0, 1 or 2. */
  readonly damaged: number;
}

export interface FileStateStore extends StateStore {
  facts(): StateFacts;
}

/** A store whose keys come and go. */
export interface ChangingStateStore extends StateStore {
  keys(): readonly string[];
  /** As if it had never been kept. */
  delete(key: string): void;
}

export const MOST_KEYS = 10_000;
/** Characters of keys and values together. */
export const MOST_CHARACTERS = 1_000_000;

/** How much a store on disk holds, and how long it gathers changes. */
export interface StateLimits {
  readonly keys: number;
  /** Of keys and values together. */
  readonly characters: number;
  /** From the first change to the write. */
  readonly gather: Millis;
}

/** The file, and the folder with its new name. */
const SYNCS_A_WRITE = 2;

/** Half of the ten seconds are gathered; the rest is the disk's. */
const SMALL: StateLimits = {
  keys: MOST_KEYS,
  characters: MOST_CHARACTERS,
  gather: seconds(5),
};

/** For tools that end without a trace, and for tests. */
export const memoryStateStore = (): StateStore => changingMemoryStore();

/** The same, with keys that come and go. */
export function changingMemoryStore(): ChangingStateStore {
  const kept = new Map<string, Kept>();
  return {
    get: (key) => kept.get(key),
    set: (key, value) => void kept.set(key, value),
    keys: () => [...kept.keys()],
    delete: (key) => void kept.delete(key),
    flush: async () => {},
  };
}

/** Where the state of a gateway is: beside its journal. */
export const statePath = (journal: string): string => join(dirname(journal), 'state.json');

/**
 * The store in the file at `path`, read before it resolves. A damaged file falls back to the copy before it
 * (`.old`); with both damaged it begins empty and says so. Never rejects for what is in the files.
 */
export async function fileStateStore(
  path: string,
  clock: Clock,
  log: Log,
  limits: StateLimits = SMALL,
): Promise<FileStateStore & ChangingStateStore> {
  const found = await load(path, log);
  return new StateFile({ path, clock, log, limits }, found);
}

interface StateFileOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: StateLimits;
}

/** Every value as its JSON text: nobody can change what was kept, and writing is joining. */
type Texts = Map<string, string>;

interface Found {
  readonly texts: Texts;
  readonly damaged: number;
  /** Whether the newest copy may become the older one at the next write. */
  readonly isNewestGood: boolean;
}

class StateFile implements FileStateStore, ChangingStateStore {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #limits: StateLimits;
  readonly #texts: Texts;
  readonly #damaged: number;
  #isNewestGood: boolean;
  #size = 0;
  #refused = 0;
  #failures = 0;
  #bytes = 0;
  #syncs = 0;
  #isFailing = false;
  #isDirty = false;
  #cancel: Cancel | undefined;
  #writing: Promise<void> | undefined;

  constructor(
    { path, clock, log, limits }: StateFileOptions,
    { texts, damaged, isNewestGood }: Found,
  ) {
    this.#path = path;
    this.#clock = clock;
    this.#log = log;
    this.#limits = limits;
    this.#texts = texts;
    this.#damaged = damaged;
    this.#isNewestGood = isNewestGood;
    for (const [key, text] of texts) this.#size += key.length + text.length;
  }

  get(key: string): Kept | undefined {
    const text = this.#texts.get(key);
    return text === undefined ? undefined : JSON.parse(text);
  }

  set(key: string, value: Kept): void {
    const text = JSON.stringify(value);
    const before = this.#texts.get(key);
    if (text === before) return;
    const size = this.#size + text.length - (before?.length ?? -key.length);
    const isNew = before === undefined;
    const { keys, characters } = this.#limits;
    if (size > characters || (isNew && this.#texts.size >= keys)) {
      if (this.#refused++ === 0) this.#log.error('state.value-refused', { key, size });
      return;
    }
    this.#size = size;
    this.#texts.set(key, text);
    this.#isDirty = true;
    this.#arm();
  }

  delete(key: string): void {
    const before = this.#texts.get(key);
    if (before === undefined) return;
    this.#size -= key.length + before.length;
    this.#texts.delete(key);
    this.#isDirty = true;
    this.#arm();
  }

  keys(): readonly string[] {
    return [...this.#texts.keys()];
  }

  async flush(): Promise<void> {
    this.#disarm();
    while (this.#writing !== undefined) await this.#writing;
    if (this.#isDirty) await this.#write();
  }

  facts(): StateFacts {
    return {
      keys: this.#texts.size,
      size: this.#size,
      refused: this.#refused,
      failures: this.#failures,
      damaged: this.#damaged,
    };
  }

  written() {
    return { bytes: this.#bytes, syncs: this.#syncs };
  }

  #arm(): void {
    this.#cancel ??= this.#clock.at(
      'state.write',
      later(this.#clock.mono(), this.#limits.gather),
      () => {
        this.#cancel = undefined;
        void this.#writeInTurn();
      },
    );
  }

  #disarm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  async #writeInTurn(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    if (this.#isDirty) await this.#write();
    if (this.#isDirty) this.#arm();
  }

  /** One at a time; what the disk does not take stays to be written. */
  #write(): Promise<void> {
    this.#writing ??= this.#put().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #put(): Promise<void> {
    this.#isDirty = false;
    try {
      const text = fileText(this.#texts);
      await replace(this.#path, text, this.#isNewestGood);
      this.#bytes += Buffer.byteLength(text);
      this.#syncs += SYNCS_A_WRITE;
      this.#isNewestGood = true;
      if (this.#isFailing) this.#log.info('state.writing-resumed', { path: this.#path });
      this.#isFailing = false;
    } catch (error) {
      this.#isDirty = true;
      this.#failures++;
      if (!this.#isFailing)
        this.#log.error('state.write-failed', { path: this.#path, reason: reasonOf(error) });
      this.#isFailing = true;
    }
  }
}

async function load(path: string, log: Log): Promise<Found> {
  const newest = await readCopy(path);
  if (typeof newest === 'object') return { texts: newest, damaged: 0, isNewestGood: true };
  const older = await readCopy(oldOf(path));
  const damaged = [newest, older].filter((copy) => copy === 'damaged').length;
  if (typeof older === 'object') {
    log.warn('state.older-copy-taken', { path, newest });
    return { texts: older, damaged, isNewestGood: false };
  }
  if (damaged > 0) log.error('state.lost', { path, damaged });
  return { texts: new Map(), damaged, isNewestGood: false };
}

async function readCopy(path: string): Promise<Texts | 'damaged' | 'missing'> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'missing' : 'damaged';
  }
  try {
    const { sha256, kept } = JSON.parse(text);
    const body = JSON.stringify(kept);
    if (sha256 !== digestOf(body)) return 'damaged';
    return new Map(
      Object.entries(kept as Record<string, Kept>).map(([key, value]) => [
        key,
        JSON.stringify(value),
      ]),
    );
  } catch {
    return 'damaged';
  }
}

function fileText(texts: Texts): string {
  // In the order of an object, which has one of its own for keys that look like numbers. The values are JSON already:
  // parsing 16 million characters to print them again would hold up every poll.
  const order = Object.keys(Object.fromEntries([...texts.keys()].map((key) => [key, 0])));
  const body = `{${order.map((key) => `${JSON.stringify(key)}:${texts.get(key)}`).join(',')}}`;
  return `{"format":1,"sha256":"${digestOf(body)}","kept":${body}}\n`;
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const oldOf = (path: string): string => `${path}.old`;

/**
 * The new text in the place of the old, which stays beside it. At every moment one whole copy is there: a damaged
 * newest one is not moved over a good older one.
 */
async function replace(path: string, text: string, keepsNewest: boolean): Promise<void> {
  const folder = dirname(path);
  const fresh = `${path}.new`;
  await mkdir(folder, { recursive: true });
  await using(await open(fresh, 'w', 0o600), async (file) => {
    await file.writeFile(text);
    await file.sync();
  });
  if (keepsNewest) await rename(path, oldOf(path)).catch(unlessGone);
  await rename(fresh, path);
  await using(await open(folder, 'r'), (directory) => directory.sync());
}

function unlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

async function using(file: FileHandle, use: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await use(file);
  } finally {
    await file.close();
  }
}
