/** Whether a story came true: what was expected of it beside what arrived upstream and what the field shows. Pure. */
import type { Expected, Story } from '../../../config/story.ts';
import { ORIGIN_WORDS } from '../../model/command.ts';
import type { Language } from '../../model/errors.ts';
import { type Millis, minutes, type UtcMs } from '../../model/units.ts';
import { STATES } from '../alarms/alarms-view.ts';
import { OUTCOMES } from '../commands/command-words.ts';
import type { Words } from '../verb.ts';
import type { Arrivals, StoryEvent } from './arrivals.ts';
import type { Shown } from './moving-plant.ts';
import { type Showed, untrueReadings } from './untrue-readings.ts';

export interface StoryOutcome {
  /** In the order of the story. */
  readonly expected: readonly { readonly text: string; readonly came: boolean }[];
  /**
   * Alarms that became active and commands that failed although nobody expected them, and readings that are not what
   * the meters showed.
   */
  readonly unexpected: readonly string[];
}

/** What is known of the field. */
export interface SeenField {
  /** What it showed when it was looked at, by the number of the expectation. */
  readonly shots: ReadonlyMap<number, Shown | undefined>;
  readonly showed: Showed;
}

const MINUTE = minutes(1);
const NEAR = 1e-6;
/** How commands end that nobody has to expect: well, or because somebody wanted something else. */
const FINE: readonly string[] = ['verified', 'written'];
const GIVEN_UP: readonly string[] = ['command.superseded', 'command.released'];

/** @param played how far; what may still come is not missing yet */
export function storyOutcome(
  story: Story,
  arrivals: Arrivals,
  { shots, showed }: SeenField,
  played: Millis = story.length,
): StoryOutcome {
  const { start } = story;
  const events = arrivals.events();
  const matched = new Set<StoryEvent>();
  let next = 0;
  const isDue = ({ at, until = at }: Expected) =>
    played >= story.length || (until ?? story.length) + MINUTE <= played;
  const judged = story.expected.map((one, n) => {
    const came = () => {
      if ('field' in one) return same(one.shows, shots.get(n));
      if ('tag' in one) return showsTag(one, start, arrivals);
      const found = events.findIndex(
        (event, at) => at >= next && isWithin(one, event.time - start) && fits(one, event),
      );
      const event = events[found];
      if (event) matched.add(event);
      if (event) next = found + 1;
      return event !== undefined;
    };
    return { text: one.text, came: came(), isDue: isDue(one) };
  });
  const expected = judged.flatMap(({ isDue: isOver, ...one }) => (isOver ? [one] : []));
  const unexpected = events.filter(
    (event) => event.time <= start + played && !matched.has(event) && isBad(event),
  );
  return {
    expected,
    unexpected: [...unexpected.map((event) => eventText(event)), ...untrueReadings(events, showed)],
  };
}

export const isTrue = ({ expected, unexpected }: StoryOutcome): boolean =>
  unexpected.length === 0 && expected.every(({ came }) => came);

type ExpectedEvent = Exclude<Expected, { readonly field: string } | { readonly tag: string }>;

function isWithin({ at, until }: ExpectedEvent, elapsed: number): boolean {
  if (at === undefined) return until === undefined || elapsed < until;
  return elapsed >= at && elapsed < (until ?? at + MINUTE);
}

function fits(one: ExpectedEvent, event: StoryEvent): boolean {
  if ('alarm' in one)
    return (
      event.kind === 'alarm' &&
      event.alarm === one.alarm &&
      event.to === one.to &&
      (one.message === undefined || event.messages.en === one.message)
    );
  if ('record' in one)
    return (
      event.kind === 'record' &&
      event.record === one.record &&
      [...one.values].every(([key, wanted]) => {
        const found = valueAt(event.values, key);
        return typeof wanted === 'object' ? isBetween(wanted, found) : same(wanted, found);
      })
    );
  return (
    event.kind === 'write' &&
    event.write === one.write &&
    same(one.value, event.value) &&
    (one.outcome === undefined ? FINE.includes(event.outcome) : one.outcome === event.outcome) &&
    (one.origin === undefined || one.origin === event.origin) &&
    (one.code === undefined || one.code === event.code)
  );
}

function showsTag(
  { at, tag, is, min, max, since }: Extract<Expected, { readonly tag: string }>,
  start: UtcMs,
  arrivals: Arrivals,
): boolean {
  const sample = arrivals.at(tag, start + (at ?? 0));
  if (!sample) return false;
  const { value, quality } = sample;
  const isThere = is === undefined || same(is, value) || is === quality;
  const isSince = since === undefined || arrivals.since(tag, sample) === start + since;
  return isThere && isSince && isBetween({ min, max }, value);
}

interface Range {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

const isBetween = ({ min, max }: Range, value: unknown): boolean =>
  (min === undefined || (value !== null && Number(value) >= min)) &&
  (max === undefined || (value !== null && Number(value) <= max));

/** `balance.loss` is a value within one, `items.water.raw` of the one of several for this meter; a list is one text. */
function valueAt(within: unknown, path: string): unknown {
  let found = within;
  for (const word of path.split('.')) {
    const of = Array.isArray(found) ? found.find(({ meter }) => meter === word) : found;
    found = Array.isArray(found) ? of : (of as Readonly<Record<string, unknown>> | null)?.[word];
  }
  return Array.isArray(found) ? found.join(', ') : found;
}

/** A number may have come as text, exact; a flag of a register may be 1. */
const same = (wanted: unknown, found: unknown): boolean => {
  if (wanted === found) return true;
  if (typeof wanted === 'number') return Math.abs(Number(found) - wanted) < NEAR;
  return typeof wanted === 'boolean' && typeof found === 'number' && Number(wanted) === found;
};

const isBad = (event: StoryEvent): boolean =>
  event.kind === 'alarm'
    ? event.to === 'active'
    : event.kind === 'write' &&
      !FINE.includes(event.outcome) &&
      !GIVEN_UP.includes(event.code ?? '');

const plain = (value: unknown) =>
  typeof value === 'number' ? Math.round(value * 100) / 100 : value;

/** One line for people. */
export function eventText(event: StoryEvent, language: Language = 'en'): string {
  switch (event.kind) {
    case 'alarm': {
      const { alarm, to, messages } = event;
      return `${alarm} ${word(STATES, to, language)}: ${messages[language]}`;
    }
    case 'write': {
      const { write, value, outcome, origin, by, code } = event;
      const who = `${word(ORIGIN_WORDS, origin, language)} ${by}`;
      const end = `${word(OUTCOMES, outcome, language)}${code ? ` [${code}]` : ''}`;
      return `${write} = ${plain(value)} (${who}): ${end}`;
    }
    case 'record': {
      const values = Object.entries(event.values).map(([key, value]) => `${key}: ${plain(value)}`);
      return `${event.record} { ${values.join(', ')} }`;
    }
  }
}

const word = (words: Readonly<Record<string, Words>>, key: string, language: Language): string =>
  words[key]?.[language] ?? key;
