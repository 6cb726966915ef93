/**
 * What has to hold of all that a plant saw and an audit tells, whatever was sent: told by who wanted what, when, and who had
 * the tag. Pure; it shares nothing with the gateway but the form of the audit.
 */
import type { CommandEvent, RefusedEvent } from '../../gateway/command/command-event.ts';
import type { Reply } from './hostile-replies.ts';
import type { Genuine } from './hostile-sender.ts';
import {
  LOCAL_VALUE,
  MOST_RARE,
  PACED_MS,
  type PlantTag,
  REGISTERS,
  RULE_VALUE,
  SAFE_GUARDED,
  SAFE_KEPT,
} from './hostile-site.ts';
import type { PlantWrite } from './written-plant.ts';

/** A time in which a tag was somebody's, or its interlock not met. Moments as `kernelNow`. */
export interface Reserved {
  readonly tag: PlantTag;
  readonly from: number;
  readonly to: number;
  /** Who may write it meanwhile. */
  readonly by: 'local' | 'rule' | 'interlock';
}

export interface Day {
  readonly writes: readonly PlantWrite[];
  /** By id. */
  readonly wanted: ReadonlyMap<string, Genuine>;
  readonly events: readonly (CommandEvent | RefusedEvent)[];
  readonly replies: ReadonlyMap<string, readonly Reply[]>;
  readonly reserved: readonly Reserved[];
  readonly kills: readonly number[];
  /** UTC minus `kernelNow`. */
  readonly wall: number;
}

/** Between the gateway's last look before the wire and the plant's clock, on a busy machine. */
const TRAVEL_MS = 300;
const AHEAD_MS = 5_000;
/** From `accepted` to a durable intent, at most. */
const INTENT_MS = 2_000;
/** What the door for messages says of one that is no command of its own. */
const DOOR_CODES: ReadonlySet<string> = new Set(
  [
    ...['repeated', 'wrong-gateway', 'id', 'unsigned', 'operator-unknown', 'signature'],
    ...['operator-tag', 'counter', 'clock-unsynced', 'stale', 'lifetime', 'ahead', 'out-of-order'],
  ].map((name) => `command.${name}`),
);
const SAFE: Readonly<Partial<Record<PlantTag, number>>> = {
  'press.guarded': SAFE_GUARDED,
  'press.kept': SAFE_KEPT,
};
const TAGS = new Map(
  Object.entries(REGISTERS).map(([tag, address]) => [address as number, tag as PlantTag]),
);

/** All that is wrong with it; empty where every law held. */
export function breaches(day: Day): readonly string[] {
  return [
    ...writeBreaches(day),
    ...limitBreaches(day),
    ...reservedBreaches(day),
    ...auditBreaches(day),
    ...acceptedBreaches(day),
    ...orderBreaches(day),
  ];
}

/** What a write is from: a genuine command, or the gateway itself, a rule, a person at the box. */
type Source = Genuine | Reserved['by'];

function sourceOf({ address, value }: PlantWrite, genuine: GenuineIndex): Source | undefined {
  const tag = TAGS.get(address);
  if (tag !== undefined && SAFE[tag] === value) return 'interlock';
  if (tag === 'press.shared' && value === RULE_VALUE) return 'rule';
  if (tag === 'press.shared' && value >= LOCAL_VALUE) return 'local';
  return genuine.get(`${tag}=${value}`);
}

type GenuineIndex = ReadonlyMap<string, Genuine>;

const indexOf = ({ wanted }: Day): GenuineIndex =>
  new Map([...wanted.values()].map((one) => [`${one.tag}=${one.value}`, one]));

/** Every write is of exactly one command that somebody with the right to wanted, in its time, in order, and once. */
function writeBreaches(day: Day): readonly string[] {
  const genuine = indexOf(day);
  const again = againIn(day);
  const seen = new Set<string>();
  const newest = new Map<PlantTag, number>();
  return day.writes.flatMap((write) => {
    const source = sourceOf(write, genuine);
    const about = `${TAGS.get(write.address)} = ${write.value}`;
    if (source === undefined) return [`nobody with the right to wanted ${about}`];
    if (typeof source === 'string') return [];
    const { id, tag, issued, expires } = source;
    if (seen.has(id)) return again.delete(id) ? [] : [`${id} was carried out twice: ${about}`];
    const at = write.at + day.wall;
    const wrong = [
      ...(at > expires + TRAVEL_MS ? [`${id} came too late: ${about}`] : []),
      ...(at < issued - AHEAD_MS ? [`${id} came too early: ${about}`] : []),
      ...(issued < (newest.get(tag) ?? 0) ? [`${id} came after a newer one: ${about}`] : []),
    ];
    seen.add(id);
    newest.set(tag, Math.max(issued, newest.get(tag) ?? 0));
    return wrong;
  });
}

/** The ids of claims that got their way again, because the gateway has written down that it does so itself. */
function againIn({ events, wanted }: Day): Set<string> {
  const own = events.filter((one): one is CommandEvent => isOwn(one) && one.state === 'intent');
  const values = new Set(own.map(({ tag, value }) => `${tag}=${value}`));
  const ids = [...wanted.values()].filter(({ tag, value }) => values.has(`${tag}=${value}`));
  return new Set(ids.map(({ id }) => id));
}

function limitBreaches({ writes }: Day): readonly string[] {
  const of = (tag: PlantTag) => writes.filter(({ address }) => address === REGISTERS[tag]);
  const paced = of('press.paced');
  const hasty = paced.filter(
    ({ at }, i) => i > 0 && at - (paced[i - 1]?.at ?? 0) < PACED_MS - TRAVEL_MS,
  );
  return [
    ...hasty.map(({ value }) => `press.paced = ${value} came too soon after the one before`),
    ...(of('press.rare').length > MOST_RARE ? ['press.rare was written too often'] : []),
  ];
}

/** While somebody has a tag, nobody below writes it. */
function reservedBreaches(day: Day): readonly string[] {
  const genuine = indexOf(day);
  return day.reserved.flatMap(({ tag, from, to, by }) =>
    day.writes
      .filter(({ address, at }) => address === REGISTERS[tag] && at >= from && at < to)
      .filter((write) => sourceOf(write, genuine) !== by)
      .map(({ value }) => `${tag} = ${value} was written while it was ${by}'s`),
  );
}

/** What the gateway does by itself for the claim of a sender upstream has an id that no sender can choose. */
const isOwn = (event: CommandEvent | RefusedEvent): boolean =>
  'id' in event && event.origin === 'remote' && event.id.startsWith('own!');
/** Tells of a message. */
export const isRemote = (event: CommandEvent | RefusedEvent): event is CommandEvent =>
  'id' in event && event.origin === 'remote' && !isOwn(event);

/** What was written down before it acted has one end, and that is what the plant saw. */
function auditBreaches(day: Day): readonly string[] {
  const genuine = indexOf(day);
  const written = new Set(
    day.writes.flatMap((write) => {
      const source = sourceOf(write, genuine);
      return typeof source === 'object' ? [source.id] : [];
    }),
  );
  const told = Map.groupBy(day.events.filter(isRemote), ({ id }) => id);
  const intended = [...told].filter(([, events]) => events.some(isIntent));
  const unintended = [...written].filter((id) => !told.get(id)?.some(isIntent));
  return [
    ...unintended.map((id) => `${id} was written, and nobody wrote that down before`),
    ...intended.flatMap(([id, events]) => {
      const intents = events.filter(isIntent);
      const ends = events.filter(isEnd);
      const [intent] = intents;
      const wish = day.wanted.get(id);
      const outcome = ends[0]?.outcome ?? '';
      const isWritten = written.has(id);
      const isOdd =
        (['verified', 'written'].includes(outcome) && !isWritten) ||
        (['rejected', 'expired', 'failed'].includes(outcome) && isWritten);
      return [
        ...(intents.length > 1 ? [`${id} was intended ${intents.length} times`] : []),
        ...(ends.length === 1 ? [] : [`${id} has ${ends.length} ends`]),
        ...((wish?.tag === intent?.tag && wish?.value === intent?.value) || !isTakeable(intent)
          ? []
          : [`${id} was intended as nobody wanted it: ${intent?.tag} = ${intent?.value}`]),
        ...(isOdd
          ? [`${id} is ${outcome}, and the plant ${isWritten ? 'saw' : 'did not see'} it`]
          : []),
      ];
    }),
  ];
}

/** What falls between two values of a register, the driver refuses: behind the intent, and before the wire. */
const isTakeable = (intent: CommandEvent | undefined): boolean =>
  typeof intent?.value !== 'number' || Number.isInteger(intent.value);
const isIntent = ({ state }: CommandEvent): boolean => state === 'intent';
const isEnd = ({ state, code }: CommandEvent): boolean =>
  state === 'ended' && !DOOR_CODES.has(code ?? '');

/** What was accepted ended, unless the gateway was killed before that was on its disk; then nothing happened. */
function acceptedBreaches({ replies, events, kills }: Day): readonly string[] {
  const ended = new Set(events.filter(isRemote).flatMap((one) => (isEnd(one) ? [one.id] : [])));
  return [...replies].flatMap(([id, all]) => {
    const accepted = all.findLast(({ state }) => state === 'accepted');
    if (accepted === undefined || ended.has(id)) return [];
    const isLost = kills.some(
      (at) => at >= accepted.at - TRAVEL_MS && at < accepted.at + INTENT_MS,
    );
    return isLost ? [] : [`${id} was accepted and has no end`];
  });
}

/** Of one tag the times rise, and of one operator the counters, over kills too. */
function orderBreaches({ events, wanted }: Day): readonly string[] {
  const counters = new Map<string, number>();
  return events.filter(isRemote).flatMap((event) => {
    const wish = isIntent(event) ? wanted.get(event.id) : undefined;
    if (wish?.counter === undefined) return [];
    const highest = counters.get(wish.by) ?? -1;
    counters.set(wish.by, Math.max(highest, wish.counter));
    return wish.counter > highest ? [] : [`${wish.id} was taken with a counter of before`];
  });
}
