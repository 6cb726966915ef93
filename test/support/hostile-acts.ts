/** What happens in a hostile hour, act by act. Each begins and ends with every message accounted for. */
import { expect } from 'vitest';
import { kernelNow } from '../../gateway/host/boot.ts';
import type { HostileMessage } from './hostile-commands.ts';
import type { Reserved } from './hostile-laws.ts';
import type { Genuine, GenuineOptions } from './hostile-sender.ts';
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
import { type HostileTrial, pause } from './hostile-trial.ts';

export interface Hour {
  readonly trial: HostileTrial;
  readonly reserved: Reserved[];
  /** Messages of one flood. */
  readonly flood: number;
  /** How often somebody at the box has written. */
  locals: number;
  /** How many hostile messages were thrown one by one. */
  thrown: number;
}

export type Act = (hour: Hour) => Promise<void>;

/** From the first message of an act to the cut or the kill, at most. */
const SOON_MS = 120;
const THROWN_AT_ONCE = 16;
const ATTEMPTS = 20;
/** Longer than an act. */
const LONG_MS = 60_000;
/** As often as the plant is read. */
const SCAN_MS = 100;
const RETAINED_NO_MORE: HostileMessage = {
  kind: 'clear',
  bytes: new Uint8Array(0),
  isRetained: true,
};
const PLAIN_TAGS: readonly PlantTag[] = [
  ...(['press.pump', 'press.setpoint', 'press.mode'] as const),
  ...(['press.kept', 'oven.fan', 'well.pump'] as const),
];

/** Who wants only what they may, gets it. */
const wanted: Act = async ({ trial }) => {
  const ends = await Promise.all(
    PLAIN_TAGS.map((tag) => trial.outcomeOf(tag, { isCounted: tag === 'press.pump' })),
  );
  for (const { made, outcome, code } of ends) {
    expect({ tag: made.tag, outcome, code }).toEqual({ tag: made.tag, outcome: 'verified' });
    expect(trial.writesOf(made.tag)).toContain(made.value);
    trial.said.taken(made);
  }
  await trial.settled();
};

const thrown: Act = async (hour) => {
  const { trial } = hour;
  const { kinds } = trial.said;
  for (let i = 0; i < THROWN_AT_ONCE; i++)
    await trial.sayInTime(trial.said.hostile(kinds[hour.thrown++ % kinds.length]));
  await trial.settled();
};

const flooded: Act = async ({ trial, flood }) => {
  await trial.flood(manyOf(trial, flood));
  await trial.settled();
};

/** Most are hostile; of the others each is as good as any. */
const manyOf = (trial: HostileTrial, count: number): readonly HostileMessage[] =>
  Array.from({ length: count }, () => {
    const tag = trial.pick(['press.pump', 'press.setpoint', 'oven.fan', 'well.pump'] as const);
    const isCounted = trial.below(2) === 0;
    return (trial.below(7) === 0 && trial.said.genuine(tag, { isCounted })) || trial.said.hostile();
  });

const reordered: Act = async ({ trial }) => {
  const earlier = madeOf(trial, 'press.pump');
  await pause(2);
  expect(await trial.outcomeOf('press.pump')).toMatchObject({ outcome: 'verified' });
  expect(await trial.ended(earlier)).toMatchObject({ code: 'command.out-of-order' });
  await trial.settled();
};

const limited: Act = async ({ trial }) => {
  const room = MOST_RARE - trial.writesOf('press.rare').length;
  await trial.breath();
  const first = trial.outcomeOf('press.paced');
  const second = trial.outcomeOf('press.paced');
  // It waits for its turn, which is to come when its time is over.
  const waits = trial.outcomeOf('press.paced', { hold: LONG_MS, lifetime: PACED_MS / 2 });
  const rare = Array.from({ length: MOST_RARE + 1 }, () => trial.outcomeOf('press.rare'));
  const ends = await Promise.all([first, second, waits, ...rare]);
  const codes = ends.map(({ outcome, code }) => (outcome === 'verified' ? outcome : code));
  expect(codes.slice(0, 3)).toEqual(['verified', 'command.interval', 'command.expired']);
  expect(codes.slice(3)).toEqual(rare.map((_, i) => (i < room ? 'verified' : 'command.hourly')));
  await trial.settled();
};

/** Nobody says anything any more: the safe value is written. */
const silent: Act = async ({ trial }) => {
  const since = kernelNow();
  expect(await trial.outcomeOf('press.kept', { hold: 200 })).toMatchObject({ outcome: 'verified' });
  await trial.written('press.kept', SAFE_KEPT, since);
  await trial.settled();
};

/** While the gate stands open nothing but the safe value is written, whatever happens meanwhile. */
async function locked({ trial, reserved }: Hour, meanwhile = nothing): Promise<void> {
  const { value } = await getsThrough(trial, 'press.guarded', { hold: LONG_MS });
  const since = kernelNow();
  trial.plant.put(REGISTERS['press.gate'], 0);
  const from = await trial.written('press.guarded', SAFE_GUARDED, since);
  await meanwhile();
  for (const hold of [0, 500]) {
    const { outcome } = await trial.outcomeOf('press.guarded', { hold });
    expect(outcome).toBe('rejected');
  }
  const to = kernelNow();
  reserved.push({ tag: 'press.guarded', from, to, by: 'interlock' });
  trial.plant.put(REGISTERS['press.gate'], 1);
  // Whoever had the tag has it again; after a kill nobody knows whether they still want it.
  if (meanwhile === nothing) await trial.written('press.guarded', value, to);
  await getsThrough(trial, 'press.guarded');
}

/** A rule has the tag from its write until its condition is over. */
async function ruled({ trial, reserved }: Hour, meanwhile = nothing): Promise<void> {
  await getsThrough(trial, 'press.shared');
  const since = kernelNow();
  const racing = race(trial);
  trial.plant.put(REGISTERS['press.knob'], 1);
  const from = await trial.written('press.shared', RULE_VALUE, since);
  await racing;
  await isOwnedBy(trial, 'rule');
  await meanwhile();
  await isOwnedBy(trial, 'rule');
  reserved.push({ tag: 'press.shared', from, to: kernelNow(), by: 'rule' });
  trial.plant.put(REGISTERS['press.knob'], 0);
  await getsThrough(trial, 'press.shared');
}

/** Somebody at the box has the tag from the write until the release, before a rule and before everybody upstream. */
async function atTheBox(hour: Hour, meanwhile = nothing): Promise<void> {
  const { trial, reserved } = hour;
  await getsThrough(trial, 'press.shared');
  const since = kernelNow();
  const racing = race(trial);
  const value = LOCAL_VALUE + hour.locals++;
  const written = trial.atTheBox('press.shared', `${value}`, '--hold', 'released');
  const from = await trial.written('press.shared', value, since);
  expect(await written).toMatchObject({ outcome: 'verified' });
  await racing;
  trial.plant.put(REGISTERS['press.knob'], 1);
  await isOwnedBy(trial, 'local');
  await meanwhile();
  await isOwnedBy(trial, 'local');
  const to = kernelNow();
  reserved.push({ tag: 'press.shared', from, to, by: 'local' });
  const late = race(trial);
  const released = await trial.atTheBox('press.shared', '--release');
  expect(['verified', 'written']).toContain(released.outcome);
  // The rule has waited for this.
  const followed = await trial.written('press.shared', RULE_VALUE, to);
  await late;
  reserved.push({ tag: 'press.shared', from: followed, to: kernelNow(), by: 'rule' });
  trial.plant.put(REGISTERS['press.knob'], 0);
  await getsThrough(trial, 'press.shared');
}

const nothing = async (): Promise<void> => {};

/** Some from upstream, while somebody else takes the tag. */
const race = (trial: HostileTrial) =>
  Promise.all(Array.from({ length: 3 }, () => trial.ended(madeOf(trial, 'press.shared'))));

async function isOwnedBy(trial: HostileTrial, origin: string): Promise<void> {
  const { outcome, code, owner } = await trial.outcomeOf('press.shared', { hold: 1_000 });
  expect({ outcome, code, owner: owner?.origin }).toEqual({
    ...{ outcome: 'rejected', code: 'command.owned', owner: origin },
  });
}

/** Once nobody has the tag any more, and the gateway knows it. */
async function getsThrough(
  trial: HostileTrial,
  tag: PlantTag,
  options?: GenuineOptions,
): Promise<Genuine> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { made, outcome, code } = await trial.outcomeOf(tag, options);
    if (outcome === 'verified') return made;
    expect(['command.owned', 'command.interlocked', 'command.interlock-unknown']).toContain(code);
    await pause(SCAN_MS);
  }
  throw new Error(`${tag} is not given back`);
}

/** What is under way when the line breaks, and what is said while it is broken. */
const cut: Act = async ({ trial }) => {
  const underWay = await sayAtOnce(trial);
  trial.line.cut();
  await sayToNobody(trial);
  const { kept } = trial.line;
  trial.line.mend();
  await trial.listening();
  await Promise.all(underWay.map((one) => trial.ended(one)));
  // With MQTT 5 the gateway does not even ask for it.
  expect(trial.line.kept - kept).toBe(trial.site.version === '5' ? 0 : 1);
  await trial.sayInTime(RETAINED_NO_MORE);
  await trial.settledAfter('cut');
};

/** The gateway dies with commands on their way, and is there again. */
async function killed(trial: HostileTrial): Promise<void> {
  const underWay = await sayAtOnce(trial);
  await trial.kill();
  await sayToNobody(trial);
  await trial.start();
  await trial.holds('press.kept', SAFE_KEPT);
  await Promise.all(underWay.map((one) => trial.ended(one)));
  for (const one of underWay) await trial.sayInTime(one);
  await trial.sayInTime(RETAINED_NO_MORE);
  await trial.settledAfter('kill');
}

/** The gateway dies in the middle of a flood. */
const drowned: Act = async ({ trial, flood }) => {
  const all = manyOf(trial, Math.ceil(flood / 4)).map((message) => trial.say(message));
  await pause(trial.below(SOON_MS));
  await trial.kill();
  await Promise.all(all);
  await trial.start();
  await trial.settledAfter('kill in a flood');
};

/** Some that may be half done at the next moment. */
async function sayAtOnce(trial: HostileTrial): Promise<readonly Genuine[]> {
  await trial.breath();
  const made = (['press.pump', 'press.setpoint', 'press.kept', 'oven.fan'] as const).map((tag) =>
    madeOf(trial, tag),
  );
  const all = [...made, trial.said.hostile(), trial.said.hostile('the same again')];
  for (const message of all) void trial.say(message);
  await pause(trial.below(SOON_MS));
  return made;
}

/** The last of them the broker keeps. */
async function sayToNobody(trial: HostileTrial): Promise<void> {
  await trial.say(madeOf(trial, 'press.pump'));
  for (let i = 0; i < 3; i++) await trial.say(trial.said.hostile());
  const bytes = Buffer.from(trial.said.rightful());
  await trial.say({ kind: 'kept by the broker', bytes, isRetained: true });
}

function madeOf(trial: HostileTrial, tag: PlantTag): Genuine {
  const made = trial.said.genuine(tag);
  if (made === undefined) throw new Error(`nothing is left to be wanted of ${tag}`);
  return made;
}

/** Each begins and ends with every message accounted for; the first has to come before the others. */
export const ACTS: readonly Act[] = [
  ...[wanted, thrown, thrown, flooded, flooded, reordered, limited, silent, cut, drowned],
];

/** In which somebody has a tag. They too, where the gateway is not, or is, killed meanwhile. */
export const OWNING_ACTS = [atTheBox, ruled, locked] as const;

export const whileKilled =
  (act: (typeof OWNING_ACTS)[number]): Act =>
  async (hour) => {
    await act(hour, () => killed(hour.trial));
    await hour.trial.settled();
  };

export const undisturbed =
  (act: (typeof OWNING_ACTS)[number]): Act =>
  async (hour) => {
    await act(hour);
    await hour.trial.settled();
  };
