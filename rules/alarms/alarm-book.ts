/**
 * The life of the alarms of rules (SEMANTICS.md, "Alarms"). Has no clock: the caller says when, and calls `due` no later
 * than `wake`, before anything else of that time. What is to be told comes back as effects, in order.
 */
import { fieldsOf, isFields } from '../../gateway/host/kept-fields.ts';
import type { Kept } from '../../gateway/host/state-store.ts';
import { utcMs } from '../../gateway/model/units.ts';
import type { AlarmEffect, Causes, EngineMs } from '../effect.ts';
import type { FloodLimit } from '../rule.ts';
import {
  type Act,
  type AlarmEntry,
  type AlarmRule,
  type AlarmStatus,
  type AlarmWords,
  ANEW,
  activationId,
  againEntry,
  freshEntry,
  isBackActive,
  isQuiet,
  keptOf,
  type Moment,
  NO_CAUSES,
  restoredEntry,
  stands,
  statusOf,
} from './alarm-entry.ts';
import { joinGroup, leaveGroup } from './alarm-first-out.ts';
import { FLOOD_ALARM, FLOOD_RULE, FloodMeter, floodWords, HELD_BELOW } from './alarm-flood.ts';
import {
  type AcknowledgeAct,
  type AcknowledgeResult,
  LONGEST_SHELF,
  numberIn,
  SHORTEST_SHELF,
  type ShelveResult,
} from './alarm-outcome.ts';
import { effectOf, type Telling, tell } from './alarm-telling.ts';
import { LastNumbers } from './last-numbers.ts';

export interface AlarmBookOptions {
  /** In the order of the rule set. */
  readonly rules: readonly AlarmRule[];
  readonly flood: FloodLimit;
  /** The picture that a rule sees at present, for changes that no rule made. */
  readonly causesOf?: (rule: string) => Causes;
}

export interface AlarmBookFacts {
  readonly isFlood: boolean;
  /** Alarms whose announcement waits for the end of the flood. */
  readonly heldBack: number;
  /** Activations that came and went untold in the present flood, or the last. */
  readonly passed: number;
}

const NOTHING: readonly AlarmEffect[] = [];

export class AlarmBook {
  readonly #entries = new Map<string, AlarmEntry>();
  readonly #gone = new LastNumbers();
  readonly #flood: FloodMeter;
  readonly #causesOf: (rule: string) => Causes;
  /** Undefined: to be looked up again. */
  #wake: { readonly at: EngineMs | undefined } | undefined;

  constructor({ rules, flood, causesOf }: AlarmBookOptions) {
    this.#flood = new FloodMeter(flood);
    this.#causesOf = causesOf ?? (() => NO_CAUSES);
    for (const rule of rules) this.#entries.set(rule.name, freshEntry(rule));
    this.#entries.set(FLOOD_RULE, freshEntry(FLOOD_ALARM));
  }

  /**
   * The rule switched on or off. The same again changes nothing. `message` undefined: that of the activation. Where a
   * rule has `suppress_when`, `suppress` goes before.
   */
  turn(
    rule: string,
    to: 'active' | 'cleared',
    message: AlarmWords | undefined,
    causes: Causes,
    moment: Moment,
  ): readonly AlarmEffect[] {
    const entry = this.#entries.get(rule);
    if (!entry || entry.isActive === (to === 'active')) return NOTHING;
    this.#wake = undefined;
    if (to === 'cleared') return this.#end(entry, message, causes, moment);
    this.#begin(entry, message, causes, moment);
    return isQuiet(entry) ? NOTHING : this.#announce(entry, moment);
  }

  /** What `suppress_when` came to; unknown leaves it as it was. */
  suppress(rule: string, is: boolean | undefined, moment: Moment): readonly AlarmEffect[] {
    const entry = this.#entries.get(rule);
    if (!entry || is === undefined || entry.isSuppressed === is) return NOTHING;
    this.#wake = undefined;
    entry.isSuppressed = is;
    if (!is) return this.#afterQuiet(entry, 'unsuppressed', moment);
    entry.isHeldBack = false;
    return [this.#effect(entry, 'suppressed', moment)];
  }

  acknowledge(rule: string, { id, ...act }: AcknowledgeAct, moment: Moment): AcknowledgeResult {
    const entry = this.#entries.get(rule);
    const effects = NOTHING;
    if (!entry || entry.number === 0) return { outcome: 'unknown', effects };
    const present = activationId(rule, entry.number);
    const meant = id === undefined ? entry.number : numberIn(rule, id);
    if (meant === undefined || meant > entry.number) return { outcome: 'unknown', effects };
    if (meant < entry.number) return { outcome: 'stale', id: present, effects };
    if (entry.isAcknowledged) {
      const { seen } = entry;
      return seen
        ? { outcome: 'already', id: present, by: seen.by, time: seen.time, effects }
        : { outcome: 'stale', id: present, effects };
    }
    this.#wake = undefined;
    // What nobody was told of cannot be acknowledged: a shelved or held-back alarm is told first.
    const told = entry.told === entry.number ? [] : this.#tell(entry, moment);
    entry.isAcknowledged = true;
    entry.isOwed = false;
    entry.seen = { ...act, ...moment };
    return {
      outcome: 'acknowledged',
      id: present,
      effects: [...told, this.#effect(entry, 'acknowledged', moment, act)],
    };
  }

  /** Puts it aside for `length`, active or not; shelved again, the later word counts. */
  shelve(rule: string, length: number, act: Act, moment: Moment): ShelveResult {
    const entry = this.#entries.get(rule);
    const effects = NOTHING;
    if (!entry) return { outcome: 'unknown', effects };
    if (rule === FLOOD_RULE) return { outcome: 'refused', effects };
    if (!(length >= SHORTEST_SHELF)) return { outcome: 'too-short', effects };
    if (length > LONGEST_SHELF) return { outcome: 'too-long', effects };
    this.#wake = undefined;
    const { at, time } = moment;
    entry.shelved = { ...act, until: at + length, untilTime: utcMs(time + length) };
    entry.isHeldBack = false;
    return { outcome: 'shelved', effects: [this.#effect(entry, 'shelved', moment, act)] };
  }

  unshelve(rule: string, act: Act, moment: Moment): ShelveResult {
    const entry = this.#entries.get(rule);
    if (!entry) return { outcome: 'unknown', effects: NOTHING };
    if (!entry.shelved) return { outcome: 'not-shelved', effects: NOTHING };
    this.#wake = undefined;
    entry.shelved = undefined;
    return { outcome: 'unshelved', effects: this.#afterQuiet(entry, 'unshelved', moment, act) };
  }

  /** When `due` has something to do; undefined: not before something else happens. */
  get wake(): EngineMs | undefined {
    this.#wake ??= { at: this.#nextWake() };
    return this.#wake.at;
  }

  /** What time brings: the end of shelving, the end of a flood, re-alarms, in this order. */
  due(moment: Moment): readonly AlarmEffect[] {
    const { wake } = this;
    if (wake === undefined || wake > moment.at) return NOTHING;
    this.#wake = undefined;
    const effects: AlarmEffect[] = [];
    for (const entry of this.#entries.values()) {
      if (!entry.shelved || entry.shelved.until > moment.at) continue;
      entry.shelved = undefined;
      effects.push(...this.#afterQuiet(entry, 'unshelved', moment));
    }
    const { over } = this.#flood;
    if (over !== undefined && over <= moment.at) effects.push(...this.#endFlood(moment));
    for (const entry of this.#entries.values()) {
      const realarm = this.#realarmOf(entry);
      if (realarm === undefined || realarm > moment.at) continue;
      entry.isAcknowledged = false;
      entry.seen = undefined;
      effects.push(this.#effect(entry, 'realarmed', moment));
    }
    return effects;
  }

  /** Undefined: the rule has no alarm. */
  stateOf(rule: string): AlarmStatus | undefined {
    const entry = this.#entries.get(rule);
    return entry && statusOf(entry);
  }

  /** All that stand or are shelved, told or not, shadow ones too; in the order of the rules. */
  states(): readonly AlarmStatus[] {
    return [...this.#entries.values()]
      .filter((entry) => stands(entry) || entry.shelved !== undefined)
      .map(statusOf);
  }

  facts(): AlarmBookFacts {
    const heldBack = [...this.#entries.values()].filter((entry) => entry.isHeldBack).length;
    return { isFlood: this.#flood.isOn, heldBack, passed: this.#flood.passed };
  }

  save(): Kept {
    const alarms = [...this.#entries].flatMap(([name, entry]) => {
      const kept = keptOf(entry);
      return kept === undefined ? [] : [[name, kept] as const];
    });
    const gone = this.#gone.save();
    return { flood: this.#flood.save(), alarms: Object.fromEntries(alarms), gone };
  }

  /**
   * Goes on from what was saved, for a book that is new. Of rules that are gone the number is kept; alarms of those that
   * changed keep number and shelf, and clear. Engine time counts the time off, for shelves and re-alarms, too.
   */
  restore(kept: Kept, moment: Moment): readonly AlarmEffect[] {
    if (!isFields(kept) || !isFields(kept.alarms)) return NOTHING;
    this.#wake = undefined;
    this.#flood.restore(kept.flood);
    const known = kept.alarms;
    const changed: AlarmEntry[] = [];
    this.#gone.restore(kept.gone);
    for (const name of Object.keys(known))
      if (!this.#entries.has(name)) this.#gone.note(name, Number(fieldsOf(known[name]).number));
    for (const [name, { rule }] of this.#entries) {
      const { entry, isSame } = restoredEntry(
        rule,
        Object.hasOwn(known, name) ? known[name] : null,
      );
      entry.number ||= this.#gone.take(name);
      this.#entries.set(name, entry);
      if (!isSame) changed.push(entry);
    }
    this.#flood.isOn = this.#entries.get(FLOOD_RULE)?.isActive === true;
    return changed.flatMap((entry) => this.#beginAnew(entry, ANEW.changed, moment));
  }

  /**
   * Goes on with other rules. An alarm whose rule is gone, changed or went into or out of shadow clears; the others
   * go on as they are. What stood unacknowledged of a rule that is gone is forgotten without an effect.
   */
  replace(rules: readonly AlarmRule[], limit: FloodLimit, moment: Moment): readonly AlarmEffect[] {
    this.#wake = undefined;
    this.#flood.limit = limit;
    const before = new Map(this.#entries);
    const own = before.get(FLOOD_RULE) as AlarmEntry;
    const next = new Map(rules.map((rule) => [rule.name, rule]));
    const effects = [...before.values()].flatMap((entry) => {
      const rule = next.get(entry.rule.name);
      const isSame = rule?.fingerprint === entry.rule.fingerprint;
      if (entry === own || (isSame && rule?.isShadow === entry.rule.isShadow)) return [];
      if (!rule) this.#gone.note(entry.rule.name, entry.number);
      return this.#beginAnew(entry, rule ? ANEW.changed : ANEW.gone, moment);
    });
    this.#entries.clear();
    for (const rule of rules) {
      const entry = before.get(rule.name) ?? freshEntry(rule, this.#gone.take(rule.name));
      const goesOn = entry.rule.isShadow === rule.isShadow;
      this.#entries.set(rule.name, Object.assign(goesOn ? entry : againEntry(entry), { rule }));
    }
    this.#entries.set(FLOOD_RULE, own);
    return effects;
  }

  /** A rule came back with what was put aside: no number is given twice, and what was active begins again. */
  comeBack(rule: string, aside: Kept | undefined, moment: Moment): readonly AlarmEffect[] {
    const entry = this.#entries.get(rule);
    const kept = isFields(aside) && isFields(aside.alarms) ? aside.alarms[rule] : undefined;
    this.#wake = undefined;
    if (!entry || !isBackActive(entry, kept)) return NOTHING;
    return this.turn(rule, 'active', undefined, this.#causesOf(rule), moment);
  }

  #begin(
    entry: AlarmEntry,
    message: AlarmWords | undefined,
    causes: Causes,
    { time }: Moment,
  ): void {
    if (entry.isHeldBack) this.#flood.pass(entry.rule.name);
    entry.isHeldBack = false;
    entry.isOwed ||= !entry.isAcknowledged;
    entry.number++;
    entry.since = time;
    if (message) entry.message = message;
    entry.causes = causes;
    entry.isActive = true;
    entry.isAcknowledged = false;
    entry.seen = undefined;
  }

  #end(
    entry: AlarmEntry,
    message: AlarmWords | undefined,
    causes: Causes,
    moment: Moment,
  ): readonly AlarmEffect[] {
    if (!entry.isActive) return NOTHING;
    const isHushed = isQuiet(entry);
    const isTold = entry.told === entry.number;
    // An activation that came and went quietly owes nobody a look, unless one before it did.
    const isToBeSeen = entry.rule.config.latch && (isTold || entry.isOwed || !isHushed);
    entry.isActive = false;
    if (message) entry.message = message;
    if (!isToBeSeen) entry.isAcknowledged = true;
    if (entry.isAcknowledged) entry.isOwed = false;
    const isHeld = this.#isHeld(entry);
    if (entry.isHeldBack && entry.isAcknowledged) {
      this.#flood.pass(entry.rule.name);
      entry.isHeldBack = false;
    }
    const effects = isHushed || isHeld ? NOTHING : this.#tell(entry, moment, { causes });
    leaveGroup(entry, this.#entries.values());
    return effects;
  }

  /** Its rule begins anew, or is gone. */
  #beginAnew(entry: AlarmEntry, why: Causes, moment: Moment): readonly AlarmEffect[] {
    const ended = this.#end(entry, undefined, why, moment);
    if (!entry.isSuppressed) return ended;
    entry.isSuppressed = false;
    return [...ended, ...this.#afterQuiet(entry, 'unsuppressed', moment)];
  }

  /** An alarm that is not quiet became active, or is no longer quiet and active. */
  #announce(entry: AlarmEntry, moment: Moment): readonly AlarmEffect[] {
    const { isShadow } = entry.rule;
    const flood = !isShadow && this.#flood.count(moment.at) ? this.#beginFlood(moment) : NOTHING;
    joinGroup(entry, this.#entries.values());
    if (!this.#isHeld(entry)) return [...flood, ...this.#tell(entry, moment, { isAgain: true })];
    entry.isHeldBack = entry.told !== entry.number;
    return flood;
  }

  /** Brings what was told up to what is. */
  #tell(entry: AlarmEntry, moment: Moment, options: Partial<Telling> = {}): readonly AlarmEffect[] {
    return tell(entry, moment, { causes: this.#causesOf(entry.rule.name), ...options });
  }

  #afterQuiet(
    entry: AlarmEntry,
    to: 'unshelved' | 'unsuppressed',
    moment: Moment,
    act?: Act,
  ): readonly AlarmEffect[] {
    const effect = this.#effect(entry, to, moment, act);
    if (isQuiet(entry)) return [effect];
    // Announced again just now: the time to the next re-alarm begins here.
    if (entry.seen) entry.seen = { ...entry.seen, at: moment.at };
    if (entry.isActive) return [effect, ...this.#announce(entry, moment)];
    return this.#isHeld(entry) ? [effect] : [effect, ...this.#tell(entry, moment)];
  }

  #isHeld({ rule }: AlarmEntry): boolean {
    return this.#flood.isOn && !rule.isShadow && rule.config.severity < HELD_BELOW;
  }

  #beginFlood(moment: Moment): readonly AlarmEffect[] {
    const entry = this.#entries.get(FLOOD_RULE) as AlarmEntry;
    const causes = { ...NO_CAUSES, before: 'normal', after: 'flood' };
    if (entry.isActive) return NOTHING;
    this.#begin(entry, floodWords.begun(this.#flood.limit), causes, moment);
    return this.#tell(entry, moment);
  }

  #endFlood(moment: Moment): readonly AlarmEffect[] {
    const own = this.#entries.get(FLOOD_RULE) as AlarmEntry;
    const held = [...this.#entries.values()].filter((each) => this.#isHeld(each));
    this.#flood.isOn = false;
    const told = held.flatMap((each) => (isQuiet(each) ? [] : this.#tell(each, moment)));
    const { passed, story } = this.#flood;
    const causes = { ...NO_CAUSES, before: 'flood', after: story };
    return [...told, ...this.#end(own, floodWords.over(passed), causes, moment)];
  }

  #realarmOf(entry: AlarmEntry): EngineMs | undefined {
    const { realarm } = entry.rule.config;
    if (realarm === undefined || !entry.seen || !entry.isActive) return undefined;
    return isQuiet(entry) || this.#isHeld(entry) ? undefined : entry.seen.at + realarm;
  }

  #nextWake(): EngineMs | undefined {
    const entries = [...this.#entries.values()];
    const times = entries.flatMap((entry) => [entry.shelved?.until, this.#realarmOf(entry)]);
    return [...times, this.#flood.over].reduce(
      (first, at) => (first === undefined || (at !== undefined && at < first) ? at : first),
      undefined,
    );
  }

  #effect(
    entry: AlarmEntry,
    to: AlarmEffect['to'],
    moment: Moment,
    act?: Act | undefined,
  ): AlarmEffect {
    return effectOf(entry, to, moment, this.#causesOf(entry.rule.name), { act });
  }
}
