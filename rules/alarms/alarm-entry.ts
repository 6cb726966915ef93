/** One alarm of one rule, as the book keeps it: its flags, what of it was told, and how it outlives a restart. */
import { isFields, type KeptFields } from '../../gateway/host/kept-fields.ts';
import type { Kept } from '../../gateway/host/state-store.ts';
import { type UtcMs, utcMs } from '../../gateway/model/units.ts';
import type { Causes, EngineMs } from '../effect.ts';
import type { AlarmConfig } from '../rule.ts';

/** One instant, by both clocks. */
export interface Moment {
  readonly at: EngineMs;
  readonly time: UtcMs;
}

/** A message with its values filled in. */
export interface AlarmWords {
  readonly en: string;
  readonly zh: string;
}

/** What the book has to know of a rule with an alarm. */
export interface AlarmRule {
  readonly name: string;
  readonly config: AlarmConfig;
  readonly isShadow: boolean;
  /** Of the rule; one that changed begins anew, and its alarm clears. */
  readonly fingerprint: string;
}

/** Who did something, and what they said. */
export interface Act {
  readonly by: string;
  readonly comment?: string;
}

/** The present state of the alarm of a rule, also of one of which nothing was told. JSON as it is. */
export interface AlarmStatus {
  readonly rule: string;
  readonly id: string;
  readonly severity: number;
  readonly message: AlarmWords;
  readonly since: UtcMs;
  readonly isActive: boolean;
  readonly isAcknowledged: boolean;
  readonly isShelved: boolean;
  /** As the wall clock stood when it was shelved. */
  readonly shelvedUntil?: UtcMs;
  readonly isSuppressed: boolean;
  readonly isFirstOut: boolean;
  /** A flood holds its announcement back. */
  readonly isHeldBack: boolean;
  readonly isShadow: boolean;
  readonly by?: string;
  readonly comment?: string;
}

/** Mutable: the book alone has it. */
export interface AlarmEntry {
  rule: AlarmRule;
  /** Of the present or the last activation; 0: it never was active. */
  number: number;
  /** When the present or the last activation began; 0: the rule has had none since it is there. */
  since: UtcMs;
  message: AlarmWords;
  isActive: boolean;
  /** Nobody has to look at it: somebody did, or it is over and needs nobody. */
  isAcknowledged: boolean;
  /** Who acknowledged the present activation, and when. */
  seen: (Act & { readonly at: EngineMs; readonly time: UtcMs }) | undefined;
  shelved: (Act & { readonly until: EngineMs; readonly untilTime: UtcMs }) | undefined;
  isSuppressed: boolean;
  isFirstOut: boolean;
  /** It is one of the active ones that keep the first-out mark of its group. */
  isInGroup: boolean;
  /** The activation that was last told as active; 0: none. */
  told: number;
  /** That one was not yet told as cleared. */
  isToldActive: boolean;
  /** A flood holds back that the present activation began. */
  isHeldBack: boolean;
  /** An earlier activation stood unacknowledged when this one began. */
  isOwed: boolean;
  /** Of the present activation; not kept over a restart. */
  causes: Causes;
}

/** Where nobody knows why, for example after a restart. */
export const NO_CAUSES: Causes = { inputs: [], expressions: [], before: '', after: '' };
/** Why an alarm clears that its rule did not clear. */
export const ANEW = {
  changed: { ...NO_CAUSES, after: 'the rule changed' },
  gone: { ...NO_CAUSES, after: 'the rule is gone' },
} satisfies Readonly<Record<string, Causes>>;
const NO_WORDS: AlarmWords = { en: '', zh: '' };

/** An alarm that never was active; `number` is the last one that a rule of this name has given before. */
export const freshEntry = (rule: AlarmRule, number = 0): AlarmEntry => ({
  rule,
  number,
  since: utcMs(0),
  message: NO_WORDS,
  isActive: false,
  isAcknowledged: true,
  seen: undefined,
  shelved: undefined,
  isSuppressed: false,
  isFirstOut: false,
  isInGroup: false,
  told: 0,
  isToldActive: false,
  isHeldBack: false,
  isOwed: false,
  causes: NO_CAUSES,
});

/** As if it had never been active, but no id is given twice. */
export const againEntry = ({ rule, number, since, shelved }: AlarmEntry): AlarmEntry => ({
  ...freshEntry(rule, number),
  since,
  shelved,
});

/** Active, or somebody has still to look at it. */
export const stands = ({ isActive, isAcknowledged }: AlarmEntry): boolean =>
  isActive || !isAcknowledged;

/** Its changes are followed and not told. */
export const isQuiet = ({ shelved, isSuppressed }: AlarmEntry): boolean =>
  shelved !== undefined || isSuppressed;

/** Names one activation: `press-overheat#12`. */
export const activationId = (rule: string, number: number): string => `${rule}#${number}`;

/** The state of the alarm for people and programs. */
export function statusOf(entry: AlarmEntry): AlarmStatus {
  const { rule, shelved } = entry;
  return {
    rule: rule.name,
    id: activationId(rule.name, entry.number),
    severity: rule.config.severity,
    message: entry.message,
    since: entry.since,
    isActive: entry.isActive,
    isAcknowledged: entry.isAcknowledged,
    isShelved: shelved !== undefined,
    ...(shelved && { shelvedUntil: shelved.untilTime }),
    isSuppressed: entry.isSuppressed,
    isFirstOut: entry.isFirstOut,
    isHeldBack: entry.isHeldBack,
    isShadow: rule.isShadow,
    ...spoken(entry.seen ?? shelved),
  };
}

/** Who and what, as fields of an effect or a status. */
export const spoken = (act: Act | undefined): Partial<Act> => ({
  ...(act && { by: act.by }),
  ...(act?.comment !== undefined && { comment: act.comment }),
});

/** What is kept of it; undefined: nothing that a fresh one would not have. Texts go while it does not stand. */
export function keptOf(entry: AlarmEntry): Kept | undefined {
  const { rule, number, seen, shelved } = entry;
  if (number === 0 && !shelved && !entry.isSuppressed) return undefined;
  const { en, zh } = entry.message;
  return {
    fingerprint: rule.fingerprint,
    isShadow: rule.isShadow,
    number,
    since: entry.since,
    ...((stands(entry) || shelved !== undefined || entry.isToldActive) && { en, zh }),
    isActive: entry.isActive,
    isAcknowledged: entry.isAcknowledged,
    ...(seen && { seen: { ...spoken(seen), at: seen.at, time: seen.time } }),
    ...(shelved && {
      shelved: { ...spoken(shelved), until: shelved.until, untilTime: shelved.untilTime },
    }),
    isSuppressed: entry.isSuppressed,
    isFirstOut: entry.isFirstOut,
    isInGroup: entry.isInGroup,
    told: entry.told,
    isToldActive: entry.isToldActive,
    isHeldBack: entry.isHeldBack,
    isOwed: entry.isOwed,
  };
}

/** The entry as it was kept; of another version or damaged: a fresh one. `isSame`: the rule had the same meaning. */
export function restoredEntry(
  rule: AlarmRule,
  kept: Kept | undefined,
): { readonly entry: AlarmEntry; readonly isSame: boolean } {
  const entry = freshEntry(rule);
  if (!isFields(kept) || typeof kept.number !== 'number') return { entry, isSame: true };
  entry.number = kept.number;
  entry.since = utcMs(numberOf(kept.since));
  if (typeof kept.en === 'string' && typeof kept.zh === 'string')
    entry.message = { en: kept.en, zh: kept.zh };
  entry.isActive = kept.isActive === true;
  entry.isAcknowledged = kept.isAcknowledged !== false;
  const { seen, shelved } = kept;
  if (isFields(seen))
    entry.seen = { ...actOf(seen), at: numberOf(seen.at), time: utcMs(numberOf(seen.time)) };
  if (isFields(shelved))
    entry.shelved = {
      ...actOf(shelved),
      until: numberOf(shelved.until),
      untilTime: utcMs(numberOf(shelved.untilTime)),
    };
  entry.isSuppressed = kept.isSuppressed === true;
  entry.isFirstOut = kept.isFirstOut === true;
  entry.isInGroup = kept.isInGroup === true;
  entry.told = numberOf(kept.told);
  entry.isToldActive = kept.isToldActive === true;
  entry.isHeldBack = kept.isHeldBack === true;
  entry.isOwed = kept.isOwed === true;
  const isSame = kept.fingerprint === rule.fingerprint && kept.isShadow === rule.isShadow;
  return { entry, isSame };
}

/**
 * Gives an entry whose rule came back what was put aside of it: at least the number and the words, and all of it where
 * the rule had been gone. Whether it was active then.
 */
export function isBackActive(entry: AlarmEntry, kept: Kept | undefined): boolean {
  const { entry: aside, isSame } = restoredEntry(entry.rule, kept);
  if (!isSame || aside.number === 0 || entry.isActive) return false;
  const { number, message, since, isAcknowledged, seen, shelved } = aside;
  if (entry.since === 0) {
    Object.assign(entry, { since, seen, shelved });
    entry.isAcknowledged = isAcknowledged || aside.isActive;
  }
  entry.number = Math.max(entry.number, number);
  entry.message = message;
  return aside.isActive;
}

const numberOf = (kept: Kept | undefined): number => (typeof kept === 'number' ? kept : 0);

const actOf = ({ by, comment }: KeptFields): Act => ({
  by: typeof by === 'string' ? by : '',
  ...(typeof comment === 'string' && { comment }),
});
