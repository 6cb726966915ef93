/** What rules record as samples: one text each, in a tag of the gateway's own. Pure. */
import type { RecordEffect, RecordValue } from '../../rules/effect.ts';
import type { Plain } from '../../rules/expression.ts';
import type { RuleSet } from '../../rules/rule.ts';
import { boundedCauses, type EventCauses } from '../alarms/event-causes.ts';
import {
  ALARM_EVENT_QUANTITY,
  eventTag,
  RECORD_EVENT_QUANTITY,
  RULES_DEVICE,
} from '../model/event-tag.ts';
import { type Sample, type TimeBasis, tagId } from '../model/sample.ts';
import type { Tag } from '../model/tag.ts';
import type { UtcMs } from '../model/units.ts';

/** The JSON in a sample of `rules.record_event`. */
export interface RecordEvent {
  readonly rule: string;
  readonly id: string;
  readonly name: string;
  readonly time: UtcMs;
  /** Null: unknown. */
  readonly values: Readonly<Record<string, RecordValue>>;
  readonly causes: EventCauses;
}

export function recordSample(effect: RecordEffect, timeBasis: TimeBasis): Sample {
  const { rule, id, name, time } = effect;
  const values = Object.fromEntries(
    Object.entries(effect.values).map(([key, value]) => [key, bounded(value)]),
  );
  const event: RecordEvent = { rule, id, name, time, values, causes: boundedCauses(effect.causes) };
  return {
    ...{ tag: tagId(RULES_DEVICE, RECORD_EVENT_QUANTITY), value: JSON.stringify(event) },
    ...{ quality: 'good', time, timeBasis },
  };
}

/** Of a text that a device gave, in characters. */
const LONGEST_TEXT = 1_000;
const cut = (value: Plain | null): Plain | null =>
  typeof value === 'string' && value.length > LONGEST_TEXT
    ? `${value.slice(0, LONGEST_TEXT)}…`
    : value;

/** What a kind put together is bounded by the kind; a text in it may be a device's. */
function bounded(value: RecordValue): RecordValue {
  if (typeof value !== 'object' || value === null) return cut(value);
  if (isList(value)) return value.map(bounded);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, bounded(part)]));
}

const isList = (value: RecordValue): value is readonly RecordValue[] => Array.isArray(value);

const QUANTITIES = [ALARM_EVENT_QUANTITY, RECORD_EVENT_QUANTITY];

/** The tags for the events of rules; none of a site without rules. Their indexes are still to be given. */
export const ruleEventTags = ({ rules }: Pick<RuleSet, 'rules'>): readonly Tag[] =>
  rules.length === 0 ? [] : QUANTITIES.map((quantity) => eventTag(RULES_DEVICE, quantity, 0));
