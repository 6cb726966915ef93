/** The story of a site from its file, `story/day.yaml`, with every problem at its place. */
import { join } from 'node:path';
import type { TagId } from '../gateway/model/sample.ts';
import { type Millis, millis, type UtcMs, utcMs } from '../gateway/model/units.ts';
import { zoneOffsets } from '../gateway/model/zone-offsets.ts';
import { LARGEST_FILE, readText } from './files.ts';
import { unknown } from './finding.ts';
import { type Notes, notesOn } from './notes.ts';
import { type Problem, problem, sorted } from './problem.ts';
import { type StoryOptions, storyOptions } from './schema-story.ts';
import type { Site } from './site.ts';
import { type Path, plain } from './tree.ts';
import { parseYaml } from './yaml-document.ts';

export interface Story {
  readonly title: StoryOptions['title'];
  readonly start: UtcMs;
  readonly length: Millis;
  /** By tag. */
  readonly moved: ReadonlyMap<TagId, MovedTag>;
  /** In the order of time. */
  readonly acts: readonly (Omit<StoryOptions['acts'][number], 'at'> & { readonly at: Millis })[];
  readonly expected: readonly Expected[];
}

/** How a tag moves: along a line, around it, and by what outputs do to it. Times are since the start of the story. */
export interface MovedTag {
  /** At least one point, in the order of time; since the start of the round where it repeats. */
  readonly curve: readonly (readonly [at: Millis, value: number])[];
  readonly repeats: Millis | undefined;
  readonly noise: number;
  /** What it shows in place of the number; a run of # in it is the number as a whole one. */
  readonly text: string | undefined;
  readonly effects: readonly Effect[];
}

export interface Effect {
  readonly of: TagId;
  readonly adds: number;
  readonly full: number;
  readonly within: Millis;
  readonly fades: Millis;
}

/** What was written, with its times since the start; `text` names it for people. */
export type Expected = Timed<StoryOptions['expect'][number]> & { readonly text: string };
type Timed<O> = O extends unknown
  ? Omit<O, 'at' | 'until' | 'since'> & {
      readonly at: Millis | undefined;
      readonly until: Millis | undefined;
      readonly since: Millis | undefined;
    }
  : never;

export type StoryAct = Story['acts'][number];

export type LoadedStory =
  | { readonly ok: true; readonly story: Story }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const FILE = join('story', 'day.yaml');

/** Undefined where the site at `path` has no story. */
export async function loadStory(path: string, site: Site): Promise<LoadedStory | undefined> {
  const file = join(path, FILE);
  const read = await readText(file, LARGEST_FILE);
  if (!('text' in read) || read.text === undefined) {
    const { code, details } = read as Exclude<typeof read, { readonly text: string }>;
    if (String(details?.reason).startsWith('ENOENT')) return undefined;
    return { ok: false, problems: [problem({ file, line: 1, col: 1 }, code, details)] };
  }
  const { root, problems } = parseYaml(read.text, file);
  if (!root) return { ok: false, problems };
  const notes = notesOn(root);
  const parsed = storyOptions.parse(plain(root));
  if (!parsed.ok) for (const issue of parsed.issues) notes.issue([], issue);
  const story = parsed.ok ? storyOf(parsed.value, site) : undefined;
  if (parsed.ok && story) lintNames(parsed.value, site, notes);
  if (parsed.ok) lintTimes(parsed.value, notes);
  const all = [...problems, ...notes.problems];
  return story && all.length === 0 ? { ok: true, story } : { ok: false, problems: sorted(all) };
}

function storyOf(options: StoryOptions, { gateway }: Site): Story {
  const from = timeOf(options.from);
  const at = (time: string): Millis => millis(timeOf(time) - from);
  const maybe = (time: string | undefined) => (time === undefined ? undefined : at(time));
  const midnight = Date.parse(`${options.day}T00:00:00Z`);
  const offset = zoneOffsets(gateway.timezone)(utcMs(midnight));
  return {
    title: options.title,
    start: utcMs(midnight + from - offset),
    length: at(options.to),
    moved: new Map(
      [...options.plant].map(([tag, moved]) => [tag as TagId, movedTag(moved, at)] as const),
    ),
    acts: options.acts.map((act) => ({ ...act, at: at(act.at) })),
    expected: options.expect.map((one) => ({
      ...one,
      at: maybe(one.at),
      until: 'until' in one ? maybe(one.until) : undefined,
      since: 'since' in one ? maybe(one.since) : undefined,
      text: expectedText(one),
    })),
  };
}

type Moved = StoryOptions['plant'] extends ReadonlyMap<string, infer M> ? M : never;

function movedTag(moved: Moved, at: (time: string) => Millis): MovedTag {
  if (typeof moved !== 'object') {
    const [number, text] = typeof moved === 'string' ? [0, moved] : [Number(moved), undefined];
    return { curve: [[millis(0), number]], repeats: undefined, noise: 0, text, effects: [] };
  }
  const since = moved.repeats === undefined ? at : timeOf;
  const curve = [...moved.at].map(([time, value]) => [since(time), value] as const);
  return {
    curve: curve.toSorted(([a], [b]) => a - b),
    repeats: moved.repeats,
    noise: moved.noise,
    text: moved.text,
    effects: (moved.effects ?? []).map(({ of, fades, ...effect }) => ({
      ...{ ...effect, of: of as TagId, fades: fades ?? effect.within },
    })),
  };
}

const MS = [3_600_000, 60_000, 1_000];

/** Milliseconds since midnight. */
const timeOf = (time: string): Millis =>
  millis(
    time.split(':').reduce((sum, part, n) => sum + Math.round(Number(part) * (MS[n] ?? 0)), 0),
  );

const expectedText = (one: StoryOptions['expect'][number]): string =>
  Object.entries(one)
    .filter(([, value]) => value !== undefined && !(value instanceof Map && value.size === 0))
    .map(([key, value]) => `${key}: ${textOf(value)}`)
    .join(', ');

function textOf(value: unknown): string {
  if (value instanceof Map)
    return `{ ${[...value].map(([key, one]) => `${key}: ${textOf(one)}`).join(', ')} }`;
  if (typeof value !== 'object' || value === null) return String(value);
  const { min = '', max = '' } = value as { readonly min?: number; readonly max?: number };
  return `${min}..${max}`;
}

/** Tags, devices, buses and uplinks that the site does not have. */
function lintNames({ plant, acts, expect }: StoryOptions, site: Site, notes: Notes): void {
  const own = site.devices.flatMap(({ tags }) => tags.map(({ tag }): string => tag.id));
  const all = [...own, ...site.tags.map(({ id }): string => id)];
  const devices = site.devices.map(({ name }): string => name);
  const lines = [...site.buses, ...site.uplinks].map((line): string => line.name);
  const rules = site.rules.rules.map(({ name }): string => name);
  const look = (path: Path, found: string | undefined, known: readonly string[]) => {
    if (found === undefined || known.includes(found)) return;
    notes.find(unknown(path, 'config.simulated-unknown', found, known));
  };
  for (const [tag, moved] of plant) {
    if (!own.includes(tag))
      notes.find({ ...unknown(['plant', tag], 'config.simulated-unknown', tag, own), at: 'key' });
    if (typeof moved === 'object')
      for (const [n, { of }] of (moved.effects ?? []).entries())
        look(['plant', tag, 'effects', n, 'of'], of, own);
  }
  for (const [n, act] of acts.entries()) {
    const at = (...path: Path): Path => ['acts', n, ...path];
    look(at('fault', 'device'), act.fault?.device, devices);
    look(at('heal'), act.heal, devices);
    look(at('cut'), act.cut, lines);
    look(at('restore'), act.restore, lines);
    look(at('send', 'tag'), act.send?.tag, own);
    look(at('write', 'tag'), act.write?.tag, own);
    look(at('swap'), act.swap, own);
    look(at('acknowledge'), act.acknowledge, rules);
    for (const tag of act.set?.keys() ?? []) look(at('set', tag), tag, own);
    for (const [m, tag] of (act.free ?? []).entries()) look(at('free', m), tag, own);
  }
  for (const [n, one] of expect.entries()) {
    if ('tag' in one) look(['expect', n, 'tag'], one.tag, all);
    if ('field' in one) look(['expect', n, 'field'], one.field, own);
    if ('write' in one) look(['expect', n, 'write'], one.write, own);
  }
}

/** All that happens lies on the day, one thing after the other. */
function lintTimes({ from, to, acts, expect }: StoryOptions, notes: Notes): void {
  for (const [list, all] of Object.entries({ acts, expect })) {
    let before = from;
    for (const [n, { at = before }] of all.entries()) {
      if (timeOf(at) >= timeOf(before) && timeOf(at) <= timeOf(to)) before = at;
      else {
        const details = { key: 'at', found: at, min: before, max: to };
        notes.find({ path: [list, n, 'at'], at: 'value', code: 'config.out-of-range', details });
      }
    }
  }
}
