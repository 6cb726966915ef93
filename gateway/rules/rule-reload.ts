/**
 * Other rules while the gateway runs: from the files, after all checks, and only where nothing else of the site changed.
 * On trial they are rolled back by the gateway itself when nobody confirms them in time. One change at a time.
 */
import type { Site } from '../../config/site.ts';
import type { RuleSet } from '../../rules/rule.ts';
import type { Cancel, Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import { later, millis } from '../model/units.ts';
import { needsRestart, type RulesChange, rulesChange, surroundingsHash } from './rule-change.ts';
import type { RuleHost } from './rule-host.ts';
import type { ApartRules, Ruling } from './rule-trial.ts';

export interface ApplyQuestion {
  /** Rolled back after so long, unless confirmed; without it the rules stay. */
  readonly confirm_within_ms?: number;
  /** Only what would change. */
  readonly dry_run?: boolean;
  /** Also while others are on trial; a rollback then goes back to what was confirmed last. */
  readonly force?: boolean;
  /** The hash of the configuration that is meant; another one is not applied. */
  readonly config?: string;
}

/** A problem of the configuration, as `check` tells it. */
export interface ToldProblem {
  readonly file: string;
  readonly line: number;
  readonly code: string;
}

/**
 * planned: that is what would change · invalid: the site does not load, a test that fails among the reasons ·
 * restart-needed: more than rules changed · pending: others are on trial · moved: the files say something else meanwhile ·
 * not-durable: what runs now could not be kept, so that nothing was applied · no-site: this gateway knows no files.
 */
export type ApplyAnswer =
  | {
      readonly outcome: 'planned' | 'applied';
      readonly change: RulesChange;
      readonly config: string;
      readonly confirm_within_ms?: number;
    }
  | {
      readonly outcome: 'invalid';
      readonly problems: readonly ToldProblem[];
      readonly count: number;
    }
  | { readonly outcome: 'restart-needed'; readonly what: readonly string[] }
  | { readonly outcome: 'pending'; readonly left_ms: number; readonly config: string }
  | { readonly outcome: 'moved' | 'not-durable' | 'no-site' };

export type ConfirmAnswer =
  | { readonly outcome: 'confirmed'; readonly config: string }
  | { readonly outcome: 'nothing-pending' };

/** Rules on trial, and rules that are not those of the files. */
export interface TrialFacts {
  readonly pending?: { readonly config: string; readonly left_ms: number };
  /** The configuration that was not confirmed; what ran before runs. */
  readonly refused?: string;
}

export interface RuleReloadOptions {
  readonly host: RuleHost;
  readonly apart: ApartRules;
  readonly clock: Clock;
  readonly log: Log;
  /** As it runs now. */
  readonly site: () => Site;
  /** The site in the files, checked, its tests run; undefined: there are no files. */
  readonly load: (() => Promise<LoadedFiles>) | undefined;
  /** Whether the tags of these rules can be added to those of the gateway. */
  readonly hasRoomFor: (set: RuleSet) => boolean;
  /** Makes the rest of the gateway ready for these rules: tags, hash. */
  readonly prepare: (ruling: Ruling) => RuleSet;
}

export type LoadedFiles =
  | { readonly ok: true; readonly site: Site }
  | { readonly ok: false; readonly problems: readonly ToldProblem[] };

const MOST_PROBLEMS_TOLD = 20;

export class RuleReload {
  readonly #options: RuleReloadOptions;
  #turn: Promise<unknown> = Promise.resolve();
  #cancel: Cancel = () => {};

  constructor(options: RuleReloadOptions) {
    this.#options = options;
  }

  /**
   * `inFiles`: the hash of the files, `isInstead`: other rules were begun with. Resolves when what follows from it is on
   * disk.
   */
  async start(inFiles: string, isInstead: boolean): Promise<void> {
    const { apart, host, log } = this.#options;
    const { trial } = apart;
    if (!isInstead && !trial && apart.refused === undefined && !apart.isForeign) {
      host.tell(host.own.settled(host.moment()));
      return;
    }
    if (isInstead && trial) {
      log.error('rules.rolled-back', { reason: 'restart', config: inFiles });
      apart.refuse(inFiles);
      host.tell(host.own.rolledBack('restart', trial.config, host.moment()));
    } else if (isInstead) {
      log.warn('rules.refused-left-out', { config: inFiles });
      if (!host.own.isRolledBack) host.tell(host.own.rolledBack('restart', inFiles, host.moment()));
    } else {
      log.warn('rules.apart-dropped', { config: trial?.config ?? apart.refused });
      this.#settle();
    }
    host.save('brief');
    await host.flush();
  }

  stop(): void {
    this.#cancel();
  }

  apply(question: ApplyQuestion): Promise<ApplyAnswer> {
    const answer = this.#turn.then(() => this.#apply(question));
    this.#turn = answer.catch(() => {});
    return answer;
  }

  /** What is on trial stays. */
  async confirm(): Promise<ConfirmAnswer> {
    const { apart, host, log } = this.#options;
    const { trial } = apart;
    if (!trial) return { outcome: 'nothing-pending' };
    const { config } = trial;
    this.#cancel();
    this.#settle();
    host.save('brief');
    log.info('rules.confirmed', { config });
    await host.flush();
    return { outcome: 'confirmed', config };
  }

  facts(): TrialFacts {
    const { trial, refused } = this.#options.apart;
    return {
      ...(trial && { pending: { config: trial.config, left_ms: this.#left(trial.due) } }),
      ...(refused !== undefined && { refused }),
    };
  }

  async #apply(question: ApplyQuestion): Promise<ApplyAnswer> {
    const { load, site, host, apart, hasRoomFor, log } = this.#options;
    if (!load) return { outcome: 'no-site' };
    const { trial } = apart;
    if (trial && !question.force && !question.dry_run)
      return { outcome: 'pending', left_ms: this.#left(trial.due), config: trial.config };
    const loaded = await load();
    await host.ready();
    if (!loaded.ok) {
      const { problems } = loaded;
      return {
        outcome: 'invalid',
        problems: problems.slice(0, MOST_PROBLEMS_TOLD),
        count: problems.length,
      };
    }
    const next = loaded.site;
    if (question.config !== undefined && question.config !== next.hash) return { outcome: 'moved' };
    const reasons = needsRestart(site(), next);
    const what = hasRoomFor(next.rules) ? reasons : [...reasons, 'derived tags'];
    if (what.length > 0) return { outcome: 'restart-needed', what };
    const change = rulesChange(host.set, next.rules);
    const config = next.hash;
    if (question.dry_run) return { outcome: 'planned', change, config };
    const { confirm_within_ms } = question;
    if (confirm_within_ms === undefined) this.#settle();
    else if (!(await this.#beginTrial(next, confirm_within_ms))) return { outcome: 'not-durable' };
    this.#take({ set: next.rules, config });
    host.save('brief');
    // Who is told that they run finds them running after a power cut, too.
    await host.flush();
    log.info('rules.applied', {
      config,
      kept: change.kept.length,
      changed: change.changed.length,
      added: change.added.length,
      removed: change.removed.length,
      ...(confirm_within_ms !== undefined && { confirm_within_ms }),
    });
    const trying = confirm_within_ms !== undefined && { confirm_within_ms };
    return { outcome: 'applied', change, config, ...trying };
  }

  async #beginTrial(next: Site, within: number): Promise<boolean> {
    const { apart, host, site, clock } = this.#options;
    const running: Ruling = { set: host.set, config: site().hash };
    const before = apart.trial;
    const due = host.engine.now() + within;
    const isTaken = await apart.begin({
      config: next.hash,
      previous: before?.previous ?? running,
      aside: before?.aside ?? host.engine.save(),
      surroundings: surroundingsHash(next),
      due,
    });
    if (!isTaken) return false;
    this.#cancel();
    const end = later(clock.mono(), millis(this.#left(due)));
    this.#cancel = clock.at('rules.confirm', end, () => this.#rollBack());
    return true;
  }

  #rollBack(): void {
    const { apart, host, log } = this.#options;
    const { trial } = apart;
    if (!trial) return;
    const { previous, aside, config } = trial;
    apart.refuse(config);
    this.#take(previous, aside);
    log.error('rules.rolled-back', { reason: 'time', config, to: previous.config });
    host.tell(host.own.rolledBack('time', config, host.moment()));
    // With what is kept apart, in one write: a kill finds both or neither.
    host.save('brief');
  }

  #take(ruling: Ruling, aside?: RuleAside): void {
    const { host, prepare } = this.#options;
    host.replace(prepare(ruling), aside);
  }

  /** Nothing is kept apart any more. */
  #settle(): void {
    const { apart, host } = this.#options;
    this.#cancel();
    apart.clear();
    host.tell(host.own.settled(host.moment()));
  }

  #left(due: number): number {
    return Math.max(0, due - this.#options.host.engine.now());
  }
}

type RuleAside = Parameters<RuleHost['replace']>[1];
