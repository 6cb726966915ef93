/**
 * The laws of the door, under whatever happens: commands of all origins, repeats, slow and failing buses, disks that fail, crashes.
 * A long run has 10,000 stories.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSame } from '../../gateway/command/comparison.ts';
import type { WritableTag } from '../../gateway/command/open-command.ts';
import { COMMAND_ORIGINS, type Command } from '../../gateway/model/command.ts';
import { minutes } from '../../gateway/model/units.ts';
import type { Fate } from '../support/command-fixture.ts';
import {
  type Act,
  playStory,
  type SentOff,
  type Settled,
  STORY_TAGS,
  type Story,
} from '../support/command-story.ts';
import { cases } from '../support/long-run.ts';

const SETTINGS = { numRuns: cases(500, 10_000), seed: Number(process.env.SEED ?? 20_261_201) };

/** The last is none; those with limits and interlocks have most to break. */
const tag = fc.constantFrom(0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 4, 4, 5, 6);
const submit = fc.record({
  kind: fc.constant('submit' as const),
  tag,
  origin: fc.constantFrom('local', 'rule', 'rule', 'remote'),
  by: fc.constantFrom('hot', 'cold', 'li'),
  value: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(0, 1, 2, 3, 40) },
    fc.constantFrom('release' as const, true, 99, Number.NaN, 'text'),
    fc.constant('release' as const),
  ),
  hold: fc.constantFrom<(number | 'released')[]>(0, 0, 10_000, 60_000, 'released'),
  expires: fc.constantFrom(undefined, undefined, 0, 50, 1_000, 15_000, 120_000),
});
const fate = fc.record({
  queue: fc.constantFrom(1, 5, 300, 5_000),
  answer: fc.constantFrom(1, 10, 700),
  lag: fc.constantFrom(0, 0, 50, 2_000),
  ...{
    isDown: fc.constantFrom(false, false, false, true),
    hangs: fc.constantFrom(false, false, false, true),
  },
  how: fc.constantFrom(
    'written',
    'written',
    'written',
    'rejected',
    'failed',
    'lost',
    'taken',
    'deaf',
  ),
});
const HOW: Readonly<Record<string, Fate>> = {
  ...{
    written: {},
    rejected: { outcome: 'rejected' },
    failed: { outcome: 'failed', hangs: false },
  },
  lost: { outcome: 'unknown', isTaken: false },
  taken: { outcome: 'unknown', isTaken: true },
  deaf: { isTaken: false },
};
const fates = fate.map(
  ({ how, ...rest }): Act => ({ kind: 'fate', fate: { ...rest, ...HOW[how] } }),
);
const wait = fc.constantFrom(0, 1, 10, 100, 1_000, 4_000, 20_000, 61_000, 600_000);
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 16, arbitrary: submit },
  { weight: 8, arbitrary: wait.map((ms): Act => ({ kind: 'wait', ms })) },
  { weight: 3, arbitrary: fates },
  { weight: 2, arbitrary: fc.nat({ max: 12 }).map((back): Act => ({ kind: 'repeat', back })) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(2, 3), fc.constantFrom(true, true, false, undefined), fc.boolean())
      .map(([of, permit, isTold]): Act => ({ kind: 'permit', tag: of, permit, isTold })),
  },
  fc
    .tuple(
      fc.constantFrom('works', 'works', 'full', 'stuck'),
      fc.constantFrom(0, 0, 200, 1_500, 2_500),
    )
    .map(([state, delay]): Act => ({ kind: 'disk', state, delay })),
  fc.constantFrom(20, 20, 900, undefined).map((ms): Act => ({ kind: 'reads', ms })),
  fc
    .constantFrom(['hot'], ['hot', 'cold', 'li'], [])
    .map((atWork): Act => ({ kind: 'rules', atWork })),
  fc.constant<Act>({ kind: 'poll' }),
  fc
    .tuple(fc.boolean(), fc.constantFrom(10, 5_000, 90_000))
    .map(([isCrash, off]): Act => ({ kind: 'restart', isCrash, off })),
);
const acts = fc.array(act, { minLength: 1, maxLength: 90, size: 'max' });

const keyOf = ({ origin, id }: Command): string => `${origin}/${id}`;
const firstKey = (key: string): string => key.replace(/~.*/, '');
const tagOf = (id: string): WritableTag => {
  const found = STORY_TAGS.find(({ tag: { id: one } }) => one === id);
  if (!found) throw new Error(`no tag ${id}`);
  return found;
};

/** What was sent, with the command that it was of; undefined: of one whose end a crash took. */
interface Matched {
  readonly sent: SentOff;
  readonly of: Settled | undefined;
}

/** Each value that was sent is of exactly one command, by its tag, its value and its moment. */
function matched({ sent, settled, runs }: Story): readonly Matched[] {
  const isOwn = ({ run, key }: Settled) => !runs[run]?.open.has(key);
  const left = new Set(settled.filter((one) => one.end.left !== undefined && isOwn(one)));
  const found = sent.map((one) => {
    const of = [...left].find(
      ({ run, entry, end }) => run === one.run && entry?.tag === one.tag && end.left === one.utc,
    );
    if (of) left.delete(of);
    return { sent: one, of };
  });
  expect([...left], 'ends of writes that were never sent').toEqual([]);
  return found.filter(({ sent: { isUnsent }, of }) => of !== undefined || !isUnsent);
}

const facts = ({ entry }: Settled) =>
  entry?.facts as { readonly value?: unknown; readonly occasion?: string; readonly by: string };
const isSafe = (of: Settled) => !['again', undefined].includes(facts(of).occasion);

type Law = (story: Story, all: readonly Matched[]) => void;

const oneEnd: Law = ({ asked, runs, settled }) => {
  for (const { end, run, command } of asked)
    if (runs[run]?.crashedAt === undefined) expect(end, `${command.id} has no end`).toBeDefined();
  const keys = settled.map(({ run, key }) => `${run} ${key}`);
  expect(new Set(keys).size, 'an end twice').toBe(keys.length);
};

const oneAudit: Law = ({ asked, runs, settled }) => {
  runs.forEach(({ crashedAt, audit }, run) => {
    if (crashedAt !== undefined) return;
    const told = Map.groupBy(
      audit.filter(({ state }) => state === 'ended'),
      ({ origin, id }) => `${origin}/${id}`,
    );
    const calls = Map.groupBy(
      asked.filter((one) => one.run === run),
      ({ command }) => keyOf(command),
    );
    for (const [key, of] of calls) {
      // A repeat of upstream is told by the door before this one.
      const isRemote = key.startsWith('remote/');
      const own = isRemote ? of.filter(({ end }) => !end?.isRepeated).length : of.length;
      const isResolved = settled.some((one) => one.run === run && one.key === key);
      const reopened = isResolved && runs[run]?.open.has(key) ? 1 : 0;
      expect(told.get(key)?.length ?? 0, `audit entries of ${key}`).toBe(own + reopened);
    }
  });
};

const onceSent: Law = ({ runs, disk }, all) => {
  const lost = all.filter(({ of }) => of === undefined);
  for (const { sent } of lost) expect(runs[sent.run]?.crashedAt, 'sent by nobody').toBeDefined();
  for (const { sent } of all) expect(sent.isOverlapping, 'two writes under way').toBe(false);
  // A rule that lost its last seconds counts again from there, and its levels are what it wants now.
  const keys = all.flatMap(({ of, sent }) => {
    const isLevel = tagOf(sent.tag).policy.kind === 'level' && of?.entry?.origin === 'rule';
    return of ? [isLevel ? `${of.run} ${of.key}` : firstKey(of.key)] : [];
  });
  expect(new Set(keys).size, 'sent twice').toBe(keys.length);
  for (const { sent, of } of all)
    if (of)
      expect(runs[sent.run]?.open.has(of.key), 'an open intent was written again').toBe(false);
  for (const entry of disk.entries.values())
    expect(entry.outcome, `${entry.key} is open`).toBeDefined();
};

/** While nobody knows what became of an earlier command, its tag is left alone. */
const untouched: Law = ({ runs, settled, sent, disk }) => {
  runs.forEach(({ open, crashedAt }, run) => {
    for (const key of open) {
      const end = settled.find((one) => one.run === run && one.key === key);
      const until = end?.at ?? crashedAt ?? Number.POSITIVE_INFINITY;
      const of = disk.entries.get(key)?.tag;
      const early = sent.filter((one) => one.run === run && one.tag === of && one.at < until);
      // A stop has its safe value written all the same.
      if (end) expect(early, `written before the end of ${key}`).toEqual([]);
    }
  });
};

const outcomes: Law = ({ asked, settled }, all) => {
  const sent = new Set(all.flatMap(({ of }) => (of ? [of] : [])));
  for (const one of settled) {
    const { outcome } = one.end;
    if (outcome === 'failed' || outcome === 'expired') expect(sent.has(one)).toBe(false);
    if (outcome === 'unknown' || outcome === 'written') continue;
    if (sent.has(one) || one.end.left !== undefined)
      expect(['verified', 'rejected']).toContain(outcome);
  }
  for (const { end, isShown, command } of asked)
    if (end?.outcome === 'verified' && !end.isRepeated && command.wish.kind === 'write')
      expect(isShown, `${command.id} is said to be verified`).toBe(true);
};

const permitted: Law = ({ asked }, all) => {
  const commands = new Map(asked.map(({ command }) => [keyOf(command), command]));
  for (const { sent, of } of all) {
    if (of === undefined) continue;
    const { policy } = tagOf(sent.tag);
    const given = commands.get(firstKey(of.key));
    const origin = of.entry?.origin;
    if (given) {
      expect(policy.by).toContain(given.origin);
      expect(isSame(given.wish.kind === 'write' ? given.wish.value : 'release', sent.value)).toBe(
        true,
      );
      if (given.expires !== undefined) expect(sent.at, 'sent too late').toBeLessThan(given.expires);
    }
    if (!isSafe(of)) {
      if (policy.min !== undefined) expect(Number(sent.value)).toBeGreaterThanOrEqual(policy.min);
      if (policy.max !== undefined) expect(Number(sent.value)).toBeLessThanOrEqual(policy.max);
      if (policy.values) expect(policy.values).toContain(sent.value);
    }
    const isSafeValue = policy.safe !== undefined && isSame(policy.safe.value, sent.value);
    if (policy.hasInterlock) expect(sent.permit === true || isSafeValue, 'interlock').toBe(true);
    const rank = (one: string | undefined) => (COMMAND_ORIGINS as readonly unknown[]).indexOf(one);
    if (sent.owner) expect(rank(origin), 'below the owner').toBeLessThanOrEqual(rank(sent.owner));
  }
};

const durableFirst: Law = (_, all) => {
  for (const { sent, of } of all) {
    if (of === undefined) continue;
    const isLevel = tagOf(sent.tag).policy.kind === 'level';
    const origin = of.entry?.origin;
    if (isLevel && (origin === 'rule' || origin === 'interlock')) continue;
    expect(sent.durable.has(of.key), `${of.key} was sent before it was written down`).toBe(true);
  }
};

/** Writes of earlier runs whose traces were lost are not counted: levels of rules do not wait for a disk. */
const limits: Law = ({ runs }, all) => {
  const isKnown = ({ sent, of }: Matched, run: number): boolean => {
    if (sent.run === run) return true;
    const durable = runs[sent.run]?.durable;
    if (of === undefined || !durable?.has(of.key)) return false;
    return ['open', sent.utc].includes(durable.get(of.key) ?? 'unsent');
  };
  for (const { tag: one, policy } of STORY_TAGS) {
    const ofTag = all.filter(({ sent }) => sent.tag === one.id);
    ofTag.forEach(({ sent, of }, i) => {
      if (of === undefined || isSafe(of)) return;
      const known = ofTag.slice(0, i).filter((other) => isKnown(other, sent.run));
      const earlier = known.map((other) => other.sent.at);
      const last = earlier.at(-1) ?? Number.NEGATIVE_INFINITY;
      expect(sent.at - last, 'interval').toBeGreaterThanOrEqual(policy.minInterval);
      const hour = earlier.filter((at) => at > sent.at - minutes(60));
      const most = policy.maxPerHour ?? Number.POSITIVE_INFINITY;
      expect(hour.length, 'hourly').toBeLessThan(most);
    });
  }
};

/** From the first taken write of a state to the first of the other; a story with a crash may not know all. */
const onAndOff: Law = ({ runs }, all) => {
  if (runs.some(({ crashedAt }) => crashedAt !== undefined)) return;
  const { tag: of, policy } = STORY_TAGS[1] as WritableTag;
  let state = { isOn: false, since: Number.NEGATIVE_INFINITY };
  for (const { sent, of: settled } of all) {
    if (sent.tag !== of.id || !sent.isTaken || settled === undefined) continue;
    const isOn = sent.value !== 0;
    if (state.isOn === isOn) continue;
    const least = state.isOn ? policy.minOn : policy.minOff;
    if (!isSafe(settled))
      expect(sent.at - state.since, `${isOn ? 'off' : 'on'} time`).toBeGreaterThanOrEqual(least);
    state = { isOn, since: sent.at };
  }
};

/** While a person holds a tag, nobody below writes it. Until a crash: then the end of the write is looked for. */
const held: Law = ({ asked, runs }, all) => {
  for (const { command, at, run, end } of asked) {
    const { hold, origin, wish, tag: of } = command;
    if (origin !== 'local' || wish.kind !== 'write' || !end || end.isRepeated) continue;
    if (end.outcome === 'rejected' || end.outcome === 'failed' || end.outcome === 'expired')
      continue;
    const left = all.find(({ of: settled }) => settled?.key === keyOf(command))?.sent.at;
    const next = asked.find(
      (one) =>
        one.command.origin === 'local' &&
        one.command.tag === of &&
        one.at >= at &&
        one.command !== command,
    );
    const until = Math.min(
      hold === 'released' ? Number.POSITIVE_INFINITY : at + hold,
      next?.at ?? Number.POSITIVE_INFINITY,
      runs[run]?.crashedAt ?? Number.POSITIVE_INFINITY,
    );
    if (left === undefined || hold === 0) continue;
    const intruders = all.filter(
      ({ sent, of: by }) =>
        sent.tag === of &&
        sent.at > left &&
        sent.at < until &&
        /^(rule|remote)$/.test(by?.entry?.origin ?? ''),
    );
    expect(
      intruders.map(({ of: by }) => by?.key),
      `written while ${command.id} held it`,
    ).toEqual([]);
  }
};

const LAWS: Readonly<Record<string, Law>> = {
  'every command has exactly one end': oneEnd,
  'every command has its audit entry': oneAudit,
  'nothing is sent twice, nor by nobody, nor after a crash again': onceSent,
  'nothing is written to a tag with a command of which nobody knows': untouched,
  'an outcome says what happened': outcomes,
  'nothing reaches a device without permission': permitted,
  'nothing that has to be written down acts before it is': durableFirst,
  'limits hold in every interval and every hour': limits,
  'on and off times hold': onAndOff,
  'nobody below a person writes what the person holds': held,
  'nothing is left behind': ({ pending }) => expect(pending).toEqual([]),
};

test('the laws of the door hold in every story', async () => {
  await fc.assert(
    fc.asyncProperty(acts, async (story) => {
      const played = await playStory(story);
      const all = matched(played);
      for (const [law, holds] of Object.entries(LAWS))
        try {
          holds(played, all);
        } catch (error) {
          throw new Error(`broken: ${law}`, { cause: error });
        }
    }),
    SETTINGS,
  );
}, 600_000);
