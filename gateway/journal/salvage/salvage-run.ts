/** Salvage of all damaged files that stand beside a journal, the newest first; step by step. */
import { basename } from 'node:path';
import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../host/log.ts';
import type { TagId } from '../../model/sample.ts';
import type { SalvageFacts } from '../journal.ts';
import { markSalvaged, quarantined, realPath } from './quarantine.ts';
import { Salvage, type SalvageTarget } from './salvage.ts';

export interface SalvageRunOptions {
  /** Of the journal that takes what is saved. */
  readonly path: string;
  readonly target: SalvageTarget;
  readonly tags: readonly TagId[];
  /** The epoch of the journal that was open before. */
  readonly remembered?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

export class SalvageRun {
  readonly #options: SalvageRunOptions;
  #salvage: Salvage | undefined;
  #path = '';
  #last: SalvageFacts | undefined;

  constructor(options: SalvageRunOptions) {
    this.#options = { ...options, path: realPath(options.path) };
    this.#next();
  }

  /** A bounded piece of work; false when nothing is left to be saved. Throws what the journal throws. */
  step(): boolean {
    const salvage = this.#salvage;
    if (salvage === undefined) return false;
    if (salvage.step()) return true;
    this.#last = salvage.facts();
    markSalvaged(this.#options.path, this.#path);
    this.#next();
    return this.#salvage !== undefined;
  }

  /** Of the file that is under way, or of the last one; undefined: there was none since the start. */
  facts(): SalvageFacts | undefined {
    return this.#salvage?.facts() ?? this.#last;
  }

  /** The next process goes on. */
  close(): void {
    this.#salvage?.close();
    this.#salvage = undefined;
  }

  #next(): void {
    const { path, target, tags, remembered, clock, log } = this.#options;
    const found = quarantined(path).find(({ isSalvaged }) => !isSalvaged);
    this.#path = found?.path ?? '';
    this.#salvage =
      found &&
      new Salvage({
        ...{ path: found.path, file: basename(found.path), target, tags, remembered, log },
        now: () => clock.utc(),
      });
  }
}
