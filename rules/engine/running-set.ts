/**
 * A set of rules at work on one picture: who uses which tag, whose turn it is, and what outlives a reload. Knows no
 * clock: the engine says when a moment begins.
 */
import { fieldsOf, isFields } from '../../gateway/host/kept-fields.ts';
import type { Kept } from '../../gateway/host/state-store.ts';
import type { Quality } from '../../gateway/model/quality.ts';
import type { Sample, TagId } from '../../gateway/model/sample.ts';
import { AlarmBook } from '../alarms/alarm-book.ts';
import { NO_CAUSES } from '../alarms/alarm-entry.ts';
import { alarmRules } from '../alarms/alarm-rules.ts';
import { LastNumbers } from '../alarms/last-numbers.ts';
import { expressionsOf, longestWindows } from '../compiled/rule-expressions.ts';
import type { Causes, Effect, EngineMs } from '../effect.ts';
import type { Maybe } from '../expression.ts';
import { alarmsOf, type RuleConfig, type RuleSet, ruleOfAlarm, tagsMadeBy } from '../rule.ts';
import { Agenda } from './agenda.ts';
import { behaviourOf } from './behaviours.ts';
import { changeOf, type EngineFacts, type RuleSetChange } from './engine-facts.ts';
import { type EngineTime, TICK } from './engine-time.ts';
import { keptPicture, restorePicture, returnHistories } from './kept-picture.ts';
import { LivePicture, plainOf } from './live-picture.ts';
import { localTimes } from './local-time.ts';
import { countIn, type Observe, RunningRule } from './running-rule.ts';
import type { SavedWindow } from './sample-history.ts';
import { type RuleStream, ruleStream } from './streams.ts';
import { TagUsers } from './tag-users.ts';
import { Ticks, tickAfter } from './ticks.ts';

export interface RunningSetOptions {
  readonly time: EngineTime;
  /** Takes effects in the order in which they come. */
  readonly effects: (effects: readonly Effect[]) => void;
  readonly fault: (rule: RunningRule, reason: unknown) => void;
  readonly observe?: ((rule: string, ...of: Parameters<Observe>) => void) | undefined;
  readonly latest?: ((tag: TagId) => Sample | undefined) | undefined;
  /** Something changed that should outlive a kill. */
  readonly changed?: (() => void) | undefined;
}

/** By tag, by rule, and the alarms. */
export interface SavedSet {
  readonly tags: Readonly<Record<string, Kept>>;
  readonly rules: Readonly<Record<string, Kept>>;
  readonly alarms: Kept;
  /** Of the effects of rules that are gone. */
  readonly numbers: Kept;
}

const NEVER = Number.POSITIVE_INFINITY;

export class RunningSet {
  readonly alarms: AlarmBook;
  readonly #gone = new LastNumbers();
  readonly #options: RunningSetOptions;
  readonly #picture: LivePicture;
  #timezone: string;
  /** Made when a rule first asks for the time of day: the data of time zones take memory. */
  #localTime: ReturnType<typeof localTimes> | undefined;
  #rules: readonly RunningRule[] = [];
  #streams: readonly RuleStream<boolean>[] = [];
  #places: ReadonlyMap<string, number> = new Map();
  #users = new TagUsers([], { tags: [], slotOf: () => undefined });
  #ticks = new Ticks([], 0);
  #agenda = new Agenda(0);
  readonly #acknowledged = new Set<number>();
  #wake: EngineMs = NEVER;
  #fresh = 0;
  /** When a rule that was never evaluated is, at the latest. */
  #firstMoment: EngineMs = NEVER;
  #evaluations = 0;

  constructor(set: RuleSet, options: RunningSetOptions) {
    this.#options = options;
    this.#timezone = set.timezone;
    const { time } = options;
    this.#picture = new LivePicture(() => {
      this.#localTime ??= localTimes(this.#timezone);
      return this.#localTime(time.utcAt(this.#picture.now));
    });
    this.#picture.now = time.now();
    this.alarms = new AlarmBook({
      rules: alarmRules(set),
      flood: set.flood,
      causesOf: (alarm) => this.explain(ruleOfAlarm(alarm)) ?? NO_CAUSES,
    });
    this.#build(set);
  }

  /** Takes over what an earlier engine saved; the effects of what changed come out as those of a reload. */
  restore(saved: Kept | undefined, off: number, aside?: Kept): RuleSetChange {
    if (!isFields(saved)) return changeOf([], this.#names(), new Set());
    const { savedAt } = this.#options.time;
    const kept = fieldsOf(saved.rules);
    restorePicture(this.#picture, saved.tags);
    const same = new Set(
      this.#rules
        .filter((rule) => rule.restore(kept[rule.config.name], savedAt, off))
        .map(({ config }) => config.name),
    );
    this.#gone.restore(saved.numbers);
    this.#countOn(Object.entries(kept));
    if (saved.alarms !== undefined)
      this.#options.effects(this.alarms.restore(saved.alarms, this.#moment()));
    const back = this.#takeBack(aside, same);
    this.#clearLost(same.union(back));
    this.#recount();
    return changeOf([...Object.keys(kept), ...back], this.#names(), same.union(back));
  }

  replace(set: RuleSet, aside?: Kept): RuleSetChange {
    const before = new Map(this.#rules.map((rule) => [rule.config.name, rule.save()]));
    const now = this.#picture.now;
    for (const stream of this.#streams) stream.end();
    this.#timezone = set.timezone;
    this.#localTime = undefined;
    this.#build(set);
    const same = new Set(
      this.#rules
        .filter((rule) => rule.restore(before.get(rule.config.name), now, 0, true))
        .map(({ config }) => config.name),
    );
    this.#countOn(before);
    this.#options.effects(this.alarms.replace(alarmRules(set), set.flood, this.#moment()));
    const back = this.#takeBack(aside, same);
    this.#recount();
    return changeOf([...before.keys(), ...back], this.#names(), same.union(back));
  }

  /** A rule that begins anew, or comes again, gives no number that one of its name has given `before`. */
  #countOn(before: Iterable<readonly [string, Kept]>): void {
    for (const [name, rule] of before) this.#gone.note(name, countIn(rule));
    for (const rule of this.#rules) rule.countFrom(this.#gone.take(rule.config.name));
  }

  /** A rule whose state could not be taken over begins off, and so does its alarm. */
  #clearLost(same: ReadonlySet<string>): void {
    for (const { config } of this.#rules)
      if (!same.has(config.name))
        for (const [name] of alarmsOf(config))
          this.#options.effects(
            this.alarms.turn(name, 'cleared', undefined, NO_CAUSES, this.#moment()),
          );
  }

  /** A new moment, at its time; every rule that was never evaluated is to be. */
  begin(now: EngineMs): void {
    this.#picture.now = now;
    this.#picture.moment++;
    if (this.#fresh === 0) return;
    for (const [place, rule] of this.#rules.entries()) if (rule.isFresh) this.#agenda.add(place);
  }

  /** The time of the last moment. */
  get now(): EngineMs {
    return this.#picture.now;
  }

  /** When the next moment is, whatever happens; Infinity: never by itself. */
  get next(): EngineMs {
    const first = this.#fresh > 0 ? this.#firstMoment : NEVER;
    return Math.min(this.#wake, this.#ticks.next, this.alarms.wake ?? NEVER, first);
  }

  get hasFresh(): boolean {
    return this.#fresh > 0;
  }

  /** The slot of a tag whose samples come from outside. */
  inputSlot(tag: TagId): number | undefined {
    const slot = this.#picture.slotOf(tag);
    return slot === undefined || this.#users.isMade(slot) ? undefined : slot;
  }

  put(slot: number, value: Maybe, quality: Quality): void {
    this.#picture.put(slot, value, quality);
    const users = this.#users.usersOf(slot);
    for (let i = 0; i < users.length; i++) this.#agenda.add(users[i] as number);
  }

  /** Hands a sample that was put to the rules that want it as it is. */
  hand(slot: number, sample: Sample): void {
    this.#users.hand(slot, sample);
  }

  /** Every tag of which a sample is known is waited for again. */
  forget(): void {
    for (const tag of this.#picture.tags) {
      const slot = this.inputSlot(tag);
      if (slot !== undefined && !Number.isNaN(this.#picture.arrivals[slot]))
        this.put(slot, undefined, 'bad:waiting');
    }
  }

  /** What time brings to the alarms. */
  due(): readonly Effect[] {
    const { wake } = this.alarms;
    return wake !== undefined && wake <= this.now ? this.alarms.due(this.#moment()) : [];
  }

  /** Marks the rules whose own time has come. */
  markDue(): void {
    for (const place of this.#ticks.take(this.now)) this.#agenda.add(place);
    if (this.#wake > this.now) return;
    for (const [place, rule] of this.#rules.entries())
      if (rule.wake <= this.now) this.#agenda.add(place);
  }

  /** The rule is evaluated in this moment, and told that somebody acknowledged its alarm. */
  acknowledged(rule: string): void {
    const place = this.#places.get(rule);
    if (place === undefined) return;
    this.#acknowledged.add(place);
    this.#agenda.add(place);
  }

  run(): void {
    for (let place = this.#agenda.take(); place >= 0; place = this.#agenda.take()) {
      const rule = this.#rules[place] as RunningRule;
      const { wake, isFresh } = rule;
      this.#evaluations++;
      this.#streams[place]?.next(this.#acknowledged.size > 0 && this.#acknowledged.delete(place));
      if (isFresh) this.#fresh--;
      if (rule.wake < this.#wake) this.#wake = rule.wake;
      else if (wake === this.#wake && rule.wake > wake) this.#findWake();
    }
  }

  explain(rule: string): Causes | undefined {
    return this.#rules[this.#places.get(rule) ?? -1]?.causes();
  }

  save(what: 'all' | 'brief'): SavedSet {
    return {
      tags: keptPicture(this.#picture, what),
      rules: Object.fromEntries(this.#rules.map((rule) => [rule.config.name, rule.save()])),
      alarms: this.alarms.save(),
      numbers: this.#gone.save(),
    };
  }

  *windows(): Generator<readonly [TagId, SavedWindow]> {
    for (const [slot, tag] of this.#picture.tags.entries()) {
      const history = this.#picture.histories[slot];
      if (history) yield [tag, history.kept()];
    }
  }

  facts(): Omit<EngineFacts, 'unsent'> {
    return {
      rules: this.#rules.length,
      moments: this.#picture.moment,
      evaluations: this.#evaluations,
      faulty: this.#rules.filter((rule) => rule.isFaulty).map(({ config }) => config.name),
      dropped: this.#picture.histories.reduce((sum, history) => sum + (history?.dropped ?? 0), 0),
    };
  }

  /** Rules that came back with what was put aside when they went; their names. */
  #takeBack(aside: Kept | undefined, same: ReadonlySet<string>): ReadonlySet<string> {
    if (!isFields(aside) || typeof aside.now !== 'number') return new Set();
    const { now: from, tags, alarms } = aside;
    const rules = fieldsOf(aside.rules);
    const off = Math.max(0, this.now - from);
    returnHistories(this.#picture, tags, from);
    const back = this.#rules
      .filter(({ config }) => !same.has(config.name))
      .filter((rule) => rule.restore(rules[rule.config.name], from, off))
      .map(({ config }) => config.name);
    const moment = this.#moment();
    for (const { config } of this.#rules)
      if (back.includes(config.name))
        for (const [name] of alarmsOf(config))
          this.#options.effects(this.alarms.comeBack(name, alarms, moment));
    return new Set(back);
  }

  #build(set: RuleSet): void {
    const running = set.rules.filter(({ mode }) => mode !== 'off');
    this.#lookBack(running);
    const bench = {
      picture: this.#picture,
      slotOf: (tag: string) => this.#picture.add(tag as TagId),
      moduli: set.counters,
    };
    const { time, observe, changed = () => {} } = this.#options;
    const { timezone, position } = set;
    const engine = {
      picture: this.#picture,
      alarms: this.alarms,
      site: { timezone, position },
      stamp:
        ({ mode }: RuleConfig) =>
        () => ({ ...this.#moment(), ...(mode === 'shadow' && { isShadow: true as const }) }),
      utc: () => time.utcAt(this.#picture.now),
      isSynced: () => time.isSynced(),
      changed,
    };
    this.#rules = running.map(
      (config) =>
        new RunningRule(config, {
          ...bench,
          behave: (rule, own) => behaviourOf(rule, own, engine),
          observe: observe && ((...of) => observe(config.name, ...of)),
          changed,
        }),
    );
    this.#streams = this.#rules.map((rule) => this.#streamOf(rule));
    this.#places = new Map(this.#rules.map(({ config }, place) => [config.name, place]));
    this.#agenda = new Agenda(this.#rules.length);
    this.#index();
    this.#recount();
  }

  #streamOf(rule: RunningRule): RuleStream<boolean> {
    return ruleStream((isAcknowledged: boolean) => rule.evaluate(isAcknowledged), {
      effects: (effects) => {
        for (const effect of effects) if (effect.kind === 'derive') this.#derive(effect);
        this.#options.effects(effects);
      },
      fault: (reason) => {
        rule.isFaulty = true;
        rule.wake = NEVER;
        this.#options.fault(rule, reason);
      },
    });
  }

  #derive({ tag, value, quality }: Extract<Effect, { kind: 'derive' }>): void {
    const slot = this.#picture.slotOf(tag);
    if (slot !== undefined) this.put(slot, value ?? undefined, quality);
  }

  /** Slots for all tags, seeded with what is known, and histories for those with windows. */
  #lookBack(rules: readonly RuleConfig[]): void {
    const expressions = rules.flatMap(expressionsOf).map(([, expression]) => expression);
    const longest = longestWindows(expressions);
    const derived = new Set(rules.flatMap((rule) => tagsMadeBy(rule).map(({ id }) => id)));
    for (const tag of new Set(rules.flatMap(seenTags))) {
      const isNew = this.#picture.slotOf(tag) === undefined;
      this.#picture.lookBack(this.#picture.add(tag), longest.get(tag) ?? 0);
      const sample = isNew && !derived.has(tag) ? this.#options.latest?.(tag) : undefined;
      if (sample) this.#picture.seed(tag, plainOf(sample.value, sample.quality), sample.quality);
    }
    for (const tag of this.#picture.tags)
      if (!longest.has(tag)) this.#picture.lookBack(this.#picture.add(tag), 0);
  }

  #index(): void {
    this.#users = new TagUsers(this.#rules, this.#picture);
    const configs = this.#rules.map(({ config }) => config);
    this.#ticks = new Ticks(configs, this.now);
    this.#firstMoment = tickAfter(this.now, TICK);
  }

  #names(): readonly string[] {
    return this.#rules.map(({ config }) => config.name);
  }

  #recount(): void {
    this.#fresh = this.#rules.filter(({ isFresh }) => isFresh).length;
    this.#findWake();
  }

  #findWake(): void {
    let wake = NEVER;
    for (const rule of this.#rules) if (rule.wake < wake) wake = rule.wake;
    this.#wake = wake;
  }

  #moment() {
    const { now } = this.#picture;
    return { at: now, time: this.#options.time.utcAt(now) };
  }
}

/** A loop looks at its output when it begins. */
const seenTags = (rule: RuleConfig): readonly TagId[] =>
  rule.kind === 'loop' ? [...rule.tags, rule.output] : rule.tags;
