/**
 * The rules at work in the gateway: every sample that the image takes goes to the engine, and every effect goes where it
 * belongs: to the image, the alarms, the journal, a bus. Keeps the state of the rules so that neither a restart nor a kill
 * undoes what they decided.
 */
import type { Act, AlarmStatus, Moment } from '../../rules/alarms/alarm-entry.ts';
import type { AcknowledgeAct } from '../../rules/alarms/alarm-outcome.ts';
import type { CommandEffect, DeriveEffect, Effect, InterlockEffect } from '../../rules/effect.ts';
import type { RuleEngine, SavedRules } from '../../rules/engine/engine.ts';
import type { RuleSetChange } from '../../rules/engine/engine-facts.ts';
import { EMPTY_RULES, type RuleSet, tagsMadeBy } from '../../rules/rule.ts';
import { RecentEffects } from '../../rules/why/recent-effects.ts';
import type {
  AcknowledgeOutcome,
  RuleAlarmControl,
  RuleAlarms,
  ShelveOutcome,
} from '../alarms/rule-alarms.ts';
import type { Cancel, Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import { timeBasisOf } from '../host/stamp.ts';
import type { Kept } from '../host/state-store.ts';
import type { Sample, TagId } from '../model/sample.ts';
import { later, type Millis, millis, minutes, seconds } from '../model/units.ts';
import { OwnAlarms } from './own-alarms.ts';
import { loadRuleEngine, type MakeRuleEngine, wantsRuleEngine } from './rule-engine.ts';
import { recordSample } from './rule-events.ts';
import { keep, keepWindow, kept, type RuleStores } from './rule-stores.ts';

export interface RuleHostOptions {
  readonly set: RuleSet;
  /** What was put aside of rules that come back; see RuleEngine.replace. */
  readonly aside?: Kept | undefined;
  readonly stores: RuleStores;
  /** Left out of a gateway without rules, which loads it when it gets some. */
  readonly makeEngine?: MakeRuleEngine | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly image: {
    /** Takes derived samples. They come back by `take`, which knows them. */
    apply(samples: readonly Sample[]): void;
    latest(tag: TagId): Sample | undefined;
  };
  readonly alarms: RuleAlarms;
  /** Takes what rules record, to be stored at once. */
  readonly record: (samples: readonly Sample[]) => void;
  readonly command: (effect: CommandEffect) => void;
  readonly interlock: (effect: InterlockEffect) => void;
  /** Reads a tag at once. */
  readonly read: (tag: TagId) => void;
  /** Told at the start and whenever it changes: the rules whose writes go out. */
  readonly atWork: (rules: ReadonlySet<string>) => void;
}

export const EFFECT_KINDS = [
  'derive',
  'alarm',
  'record',
  'command',
  'interlock',
  'read',
  'fault',
  'shadow',
] as const;
/** `shadow`: of whatever kind, and only shown. */
export type CountedKind = (typeof EFFECT_KINDS)[number];

/** From a change to its way to the disk, which takes half a second more: a kill costs five seconds at most. */
const SAVE_AFTER: Millis = seconds(4);
/** What changes all the time is saved this often: windows, integral parts, the latest samples. */
const SAVE_EVERY: Millis = minutes(5);
/** Some 2 ms of work on a small box (guess), and as much time for others as that is worth. */
const SAMPLES_AT_ONCE = 5_000;
const BETWEEN_WINDOWS: Millis = millis(20);

export class RuleHost implements RuleAlarmControl {
  readonly recent = new RecentEffects();
  #engine: RuleEngine | undefined;
  readonly #options: RuleHostOptions;
  readonly #own: OwnAlarms;
  readonly #counts = new Map<CountedKind, number>();
  #set: RuleSet;
  #isDeriving = false;
  #isRunning = false;
  #cancelSoon: Cancel | undefined;
  #cancelAll: Cancel = () => {};

  constructor(options: RuleHostOptions) {
    const { set, stores, log, makeEngine } = options;
    this.#options = options;
    this.#set = set;
    const saved = kept(stores);
    if (makeEngine) this.#engine = this.#made(makeEngine, set, saved);
    else if (wantsRuleEngine(set, stores)) throw new Error('rules without an engine');
    this.#own = new OwnAlarms(stores.state.get('own-alarms'), this.moment());
    this.recent.restore(stores.state.get('recent'));
    if (saved) log.info('rules.state-restored', namesOf(this.engine.restored));
    else if (set.rules.length > 0) log.info('rules.state-new', { rules: set.rules.length });
  }

  /** Nothing comes of the rules before. */
  start(): void {
    this.#isRunning = true;
    this.#leaveOut([]);
    this.#engine?.start();
    this.#options.alarms.reconcile(this.states());
    this.#tellAtWork();
    this.#saveSoon();
    this.#saveAllLater();
  }

  /** Resolves when the state is on disk. */
  async stop(): Promise<void> {
    this.#engine?.stop();
    this.#isRunning = false;
    this.#cancelSoon?.();
    this.#cancelSoon = undefined;
    this.#cancelAll();
    this.save('all');
    await this.flush();
  }

  /** Resolves when what was saved is on disk, or the disk did not take it. */
  async flush(): Promise<void> {
    const { state, windows } = this.#options.stores;
    await Promise.all([state.flush(), windows.flush()]);
  }

  /** What the image took: the samples of one request. */
  take(samples: readonly Sample[]): void {
    if (!this.#isDeriving) this.#engine?.apply(samples);
  }

  /** Goes on with other rules; derived tags that are gone are out of service. */
  replace(set: RuleSet, aside?: Kept): RuleSetChange {
    const before = this.#set;
    this.#set = set;
    const change = this.engine.replace(set, aside);
    this.tell(this.#own.replaced(this.moment()));
    this.#leaveOut(before.derived.map(({ id }) => id));
    this.#options.alarms.reconcile(this.states());
    this.#tellAtWork();
    this.#saveSoon();
    return change;
  }

  /** Tells of an alarm about the rules. */
  tell(effects: readonly Effect[]): void {
    for (const effect of effects) this.#options.alarms.take(effect);
    if (effects.length > 0) this.#saveSoon();
  }

  /** Resolves when there is an engine, also where there are no rules yet. */
  async ready(): Promise<void> {
    if (this.#engine) return;
    const make = await loadRuleEngine();
    this.#engine ??= this.#made(make, EMPTY_RULES, undefined);
    if (this.#isRunning) this.#engine.start();
  }

  /** Of a gateway that has, or had, rules, or is `ready` for some. */
  get engine(): RuleEngine {
    if (!this.#engine) throw new Error('there are no rules yet');
    return this.#engine;
  }

  get own(): OwnAlarms {
    return this.#own;
  }

  get set(): RuleSet {
    return this.#set;
  }

  moment(): Moment {
    return { at: this.#engine?.now() ?? 0, time: this.#options.clock.utc() };
  }

  /** All that outlives the process goes into the stores; the disk has it soon. */
  save(what: 'all' | 'brief'): SavedRules | undefined {
    const { stores } = this.#options;
    // Of a gateway that never had rules no file is made.
    if (this.#set.rules.length === 0 && stores.state.keys().length === 0) return undefined;
    const saved = this.engine.save(what);
    keep(stores, saved);
    stores.state.set('own-alarms', this.#own.save());
    stores.state.set('recent', this.recent.save());
    return saved;
  }

  acknowledge(rule: string, act: AcknowledgeAct): AcknowledgeOutcome {
    if (!this.#own.has(rule)) return this.#engine?.acknowledge(rule, act) ?? { outcome: 'unknown' };
    const result = this.#own.acknowledge(rule, act, this.moment());
    this.tell(result.effects);
    return result;
  }

  shelve(rule: string, length: Millis, act: Act): ShelveOutcome {
    if (this.#own.has(rule)) return { outcome: 'refused' };
    return this.#engine?.shelve(rule, length, act) ?? { outcome: 'unknown' };
  }

  unshelve(rule: string, act: Act): ShelveOutcome {
    return this.#engine?.unshelve(rule, act) ?? { outcome: 'unknown' };
  }

  states(): readonly AlarmStatus[] {
    return [...(this.#engine?.alarms.states() ?? []), ...this.#own.states()];
  }

  /** Every rule in a few words, in the order in which they are evaluated. */
  list() {
    const faulty = new Set(this.#engine?.facts().faulty);
    return this.#set.rules.map(({ name, kind, mode, place }) => {
      const isStopped = faulty.has(name) && { isStopped: true };
      return { name, kind, mode, place, ...isStopped };
    });
  }

  facts() {
    const { rules } = this.#set;
    const count = (mode: string) => rules.filter((rule) => rule.mode === mode).length;
    const { evaluations, faulty, dropped, unsent } = this.#engine?.facts() ?? IDLE;
    return {
      rules: rules.length,
      shadow: count('shadow'),
      off: count('off'),
      evaluations,
      faulty,
      dropped,
      unsent,
      effects: Object.fromEntries(EFFECT_KINDS.map((kind) => [kind, this.#counts.get(kind) ?? 0])),
      state: this.#options.stores.state.facts?.(),
    };
  }

  #made(make: MakeRuleEngine, set: RuleSet, saved: SavedRules | undefined): RuleEngine {
    const { aside, clock, log, image } = this.#options;
    return make(set, {
      clock,
      log,
      saved,
      aside,
      emit: (effects) => this.#emit(effects),
      latest: (tag) => known(image.latest(tag)),
      onChange: () => this.#saveSoon(),
    });
  }

  #emit(effects: readonly Effect[]): void {
    this.recent.add(effects);
    const derived: DeriveEffect[] = [];
    for (const effect of effects) {
      const kind = effect.isShadow ? 'shadow' : effect.kind;
      this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
      if (effect.isShadow) continue;
      if (effect.kind === 'derive') derived.push(effect);
      else this.#act(effect);
    }
    if (derived.length > 0) this.#derive(derived);
  }

  #act(effect: Exclude<Effect, DeriveEffect>): void {
    const { alarms, record, command, interlock, read, clock } = this.#options;
    switch (effect.kind) {
      case 'alarm':
        alarms.take(effect);
        return;
      case 'record':
        record([recordSample(effect, timeBasisOf(clock))]);
        return;
      case 'command':
        command(effect);
        return;
      case 'interlock':
        interlock(effect);
        return;
      case 'read':
        for (const tag of effect.tags) read(tag);
        return;
      case 'fault':
        this.tell(this.#own.stopped(effect.rule, effect.reason, this.moment()));
        this.#tellAtWork();
        return;
      default:
        effect satisfies never;
    }
  }

  #tellAtWork(): void {
    const faulty = new Set(this.#engine?.facts().faulty);
    const active = this.#set.rules.filter(
      ({ name, mode }) => mode === 'active' && !faulty.has(name),
    );
    this.#options.atWork(new Set(active.map(({ name }) => name)));
  }

  #derive(effects: readonly DeriveEffect[]): void {
    const timeBasis = timeBasisOf(this.#options.clock);
    this.#apply(
      effects.map(({ tag, value, quality, time }) => ({ tag, value, quality, time, timeBasis })),
    );
  }

  /** The engine has these values already. */
  #apply(samples: readonly Sample[]): void {
    this.#isDeriving = true;
    try {
      this.#options.image.apply(samples);
    } finally {
      this.#isDeriving = false;
    }
  }

  /** Derived tags that nobody derives: their rule is gone, switched off or in shadow. */
  #leaveOut(before: readonly TagId[]): void {
    const { clock, image } = this.#options;
    const derived = new Set(
      this.#set.rules.flatMap((rule) =>
        rule.mode === 'active' ? tagsMadeBy(rule).map(({ id }) => id) : [],
      ),
    );
    const left = [...new Set([...before, ...this.#set.derived.map(({ id }) => id)])].filter(
      (tag) => !derived.has(tag) && image.latest(tag)?.quality !== 'bad:out-of-service',
    );
    if (left.length === 0) return;
    const common = { time: clock.utc(), timeBasis: timeBasisOf(clock) };
    this.#apply(
      left.map((tag) => ({ tag, value: null, quality: 'bad:out-of-service', ...common })),
    );
  }

  #saveSoon(): void {
    if (!this.#isRunning || this.#cancelSoon) return;
    const { clock } = this.#options;
    this.#cancelSoon = clock.at('rules.save', later(clock.mono(), SAVE_AFTER), () => {
      this.#cancelSoon = undefined;
      this.save('brief');
    });
  }

  #saveAllLater(): void {
    const { clock } = this.#options;
    this.#cancelAll = clock.at('rules.save-all', later(clock.mono(), SAVE_EVERY), () =>
      this.#engine ? this.#saveWindows(this.#engine.windows()) : this.#saveAllLater(),
    );
  }

  /** Some at a time, so that polls in between are not held up; then all that is left. */
  #saveWindows(windows: ReturnType<RuleEngine['windows']>): void {
    const { clock, stores } = this.#options;
    let samples = 0;
    for (let next = windows.next(); !next.done; next = windows.next()) {
      const [tag, { arrivals, values }] = next.value;
      keepWindow(stores, tag, { arrivals, values });
      samples += arrivals.length;
      if (samples < SAMPLES_AT_ONCE) continue;
      this.#cancelAll = clock.at('rules.save-more', later(clock.mono(), BETWEEN_WINDOWS), () =>
        this.#saveWindows(windows),
      );
      return;
    }
    this.save('brief');
    this.#saveAllLater();
  }
}

const IDLE = { evaluations: 0, faulty: [], dropped: 0, unsent: 0 } as const;

/** A tag that was never read is none of which something is known. */
const known = (sample: Sample | undefined): Sample | undefined =>
  sample?.quality === 'bad:waiting' ? undefined : sample;

/** For a line of the log. */
const MOST_NAMES = 50;
const namesOf = (change: RuleSetChange) =>
  Object.fromEntries(
    Object.entries(change).flatMap(([what, names]: [string, readonly string[]]) => [
      [what, names.length],
      ...(what === 'kept' || names.length === 0
        ? []
        : [[`${what}_names`, names.slice(0, MOST_NAMES).join(', ')]]),
    ]),
  );
