/** Tells when the YAML files of a site change: in its folder and the folders in it, or the one file that it is. */
import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Cancel, Clock } from '../../host/clock.ts';
import { GatewayError, reasonOf } from '../../model/errors.ts';
import { later, type MonoMs, millis, monoMs } from '../../model/units.ts';

/** Editors write a file in several steps; a change is over when nothing followed for so long. */
const QUIET = millis(200);
/** Whoever never stops writing is not waited for. */
const LONGEST_CHANGE = millis(1_000);
/** A site has a handful of folders; what stands beside is none of its. */
const MOST_FOLDERS = 64;

export class FileWatch {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #watchers = new Map<string, FSWatcher>();
  #isFolder = true;
  #hasChanged = false;
  /** When the change that is not over began. */
  #since: MonoMs | undefined;
  #tell: () => void = () => {};
  #cancel: Cancel = () => {};

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** Sees every change from when it resolves on. Throws where the files cannot be watched. */
  async start(): Promise<void> {
    try {
      this.#isFolder = (await stat(this.#path)).isDirectory();
      await this.#watchAll();
    } catch (error) {
      this.close();
      throw new GatewayError('rules.watch-failed', {
        path: this.#path,
        reason: reasonOf(error),
      });
    }
  }

  /** Resolves with true when there was a change since the last it told of, with false when the signal is aborted. */
  async next(signal: AbortSignal): Promise<boolean> {
    if (this.#isFolder) await this.#watchAll().catch(() => {});
    while (!this.#hasChanged && !signal.aborted) await this.#wait(signal);
    this.#hasChanged = false;
    return !signal.aborted;
  }

  close(): void {
    this.#cancel();
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        signal.removeEventListener('abort', end);
        this.#tell = () => {};
        resolve();
      };
      this.#tell = end;
      signal.addEventListener('abort', end, { once: true });
    });
  }

  /** The folders that are there now; a new one is found because its own folder changes. */
  async #watchAll(): Promise<void> {
    const top = this.#isFolder ? this.#path : dirname(this.#path);
    const inside = this.#isFolder ? await readdir(top, { withFileTypes: true }) : [];
    const folders = inside.filter((entry) => entry.isDirectory()).slice(0, MOST_FOLDERS);
    for (const folder of [top, ...folders.map(({ name }) => join(top, name))])
      if (!this.#watchers.has(folder)) this.#watch(folder, folder === top);
  }

  #watch(folder: string, isTop: boolean): void {
    const watcher = watch(folder, (_event, name) => {
      if (this.#concerns(name, isTop)) this.#changed();
    });
    watcher.on('error', () => {
      watcher.close();
      this.#watchers.delete(folder);
      this.#changed();
    });
    this.#watchers.set(folder, watcher);
  }

  /** A name without an end may be a new folder. */
  #concerns(name: string | null, isTop: boolean): boolean {
    if (name === null) return true;
    if (!this.#isFolder) return name === basename(this.#path);
    return /\.ya?ml$/.test(name) || (isTop && !name.includes('.'));
  }

  #changed(): void {
    this.#cancel();
    const now = this.#clock.mono();
    this.#since ??= now;
    const due = Math.min(later(now, QUIET), later(this.#since, LONGEST_CHANGE));
    this.#cancel = this.#clock.at('rules.watch', monoMs(due), () => {
      this.#since = undefined;
      this.#hasChanged = true;
      this.#tell();
    });
  }
}
