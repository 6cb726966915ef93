/**
 * Rules on trial: applied, and to be confirmed within a time. What ran before is kept apart, so that a restart in the
 * meantime begins with it. Engine time decides when the time is over.
 */
import type { Site } from '../../config/site.ts';
import type { RuleSet } from '../../rules/rule.ts';
import type { ChangingStateStore, Kept } from '../host/state-store.ts';

/** A set of rules, and the hash of the configuration it belongs to. */
export interface Ruling {
  readonly set: RuleSet;
  readonly config: string;
}

interface Apart {
  /** The rules of `config` are on trial · were refused, and those before run although the files say others. */
  readonly kind: 'trial' | 'refused';
  readonly config: string;
  readonly previous: Ruling;
  /** See surroundingsHash. */
  readonly surroundings: string;
  /** Of the software: another one may mean other things by the same data. */
  readonly version: string;
}

/** Of rules on trial: what the engine saved of those before, and until when they can be confirmed, by engine time. */
export interface Trial extends Apart {
  readonly kind: 'trial';
  readonly aside: Kept;
  readonly due: number;
}

const KEY = 'apart';

/** What is kept apart; undefined: nothing, or nothing that this software can use. */
export class ApartRules {
  readonly #store: ChangingStateStore;
  readonly #version: string;
  #apart: Apart | Trial | undefined;

  constructor(store: ChangingStateStore, version: string) {
    this.#store = store;
    this.#version = version;
    this.#apart = apartOf(store.get(KEY), version);
  }

  /** Something is kept that nobody can use: other software made it. */
  get isForeign(): boolean {
    return this.#apart === undefined && this.#store.get(KEY) !== undefined;
  }

  get trial(): Trial | undefined {
    return this.#apart && isTrial(this.#apart) ? this.#apart : undefined;
  }

  /** The configuration that the files hold, and that does not run; undefined: there is none. */
  get refused(): string | undefined {
    return this.#apart?.kind === 'refused' ? this.#apart.config : undefined;
  }

  /**
   * What to begin with instead of the rules in the files. Of a trial always what was before; after a refusal only as long
   * as the files are those that were refused. Rules that were made for other devices are no good.
   */
  instead(config: string, surroundings: string): Ruling | undefined {
    const apart = this.#apart;
    if (!apart || apart.surroundings !== surroundings) return undefined;
    return isTrial(apart) || apart.config === config ? apart.previous : undefined;
  }

  /** False: the disk does not take it, and nothing changed. */
  async begin(trial: Omit<Trial, 'kind' | 'version'>): Promise<boolean> {
    const before = this.#apart;
    this.#set({ ...trial, kind: 'trial', version: this.#version });
    const { failures = 0 } = this.#store.facts?.() ?? {};
    await this.#store.flush();
    const isTaken = apartOf(this.#store.get(KEY), this.#version) !== undefined;
    if (isTaken && (this.#store.facts?.().failures ?? 0) === failures) return true;
    if (before) this.#set(before);
    else this.clear();
    return false;
  }

  /** `config` was refused, and what was before runs. */
  refuse(config: string): void {
    if (!this.#apart) return;
    const { previous, surroundings, version } = this.#apart;
    this.#set({ kind: 'refused', config, previous, surroundings, version });
  }

  clear(): void {
    this.#apart = undefined;
    this.#store.delete(KEY);
  }

  #set(apart: Apart | Trial): void {
    this.#apart = apart;
    const { previous, ...rest } = apart;
    const { set, config } = previous;
    const rules = set.rules.map((rule) => ({ ...rule, tests: [] }));
    // As JSON in JSON: the engine's data is more than what the type of the store can say.
    this.#store.set(KEY, { ...rest, previous: { set: JSON.stringify({ ...set, rules }), config } });
  }
}

const isTrial = (apart: Apart): apart is Trial => apart.kind === 'trial';

function apartOf(kept: Kept | undefined, version: string): Apart | Trial | undefined {
  if (typeof kept !== 'object' || kept === null || !('previous' in kept)) return undefined;
  const fields = kept as Readonly<Record<string, Kept>>;
  const previous = fields.previous as Readonly<Record<string, Kept>>;
  if (fields.version !== version || typeof previous.set !== 'string') return undefined;
  const set: RuleSet = JSON.parse(previous.set);
  const common = {
    config: String(fields.config),
    previous: { set, config: String(previous.config) },
    surroundings: String(fields.surroundings),
    version,
  };
  return fields.kind === 'trial'
    ? { ...common, kind: 'trial', aside: fields.aside ?? null, due: Number(fields.due) }
    : { ...common, kind: 'refused' };
}

/** A site with other rules than those in its files. Their derived tags stand where those of the files would. */
export function withRuling(site: Site, { set, config }: Ruling): Site {
  const own = site.tags.slice(0, site.tags.length - site.rules.derived.length);
  const derived = set.derived.map((tag, i) => ({ ...tag, index: own.length + i }));
  return { ...site, tags: [...own, ...derived], rules: { ...set, derived }, hash: config };
}
