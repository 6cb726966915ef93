/**
 * The rules of a site, from YAML that is a tree of plain values to what the engine runs. Every problem of all of them is
 * found at once, each with its place; a rule with a problem is not among the results. Pure: nothing is read but what is
 * handed in, and the time is bounded by the length of it.
 */
import { quoted } from '../../gateway/host/quoted.ts';
import { decimalText } from '../../gateway/model/sample.ts';
import type { Plain } from '../expression.ts';
import {
  alarmName,
  EMPTY_RULES,
  type FloodLimit,
  type RuleConfig,
  type RuleSet,
  tagsMadeBy,
} from '../rule.ts';
import type { RuleTest } from '../rule-test.ts';
import {
  announced,
  type DerivedSource,
  derivedOf,
  derivedTag,
  inOrder,
  RuleTags,
  UNKNOWN_TAG,
} from './build-derived.ts';
import { fingerprintOf } from './build-fingerprint.ts';
import { interlockRule } from './build-interlock.ts';
import { findMost, findReserved, findWindowMemory } from './build-limits.ts';
import { madeTags } from './build-made.ts';
import { constantsOf, entriesOf } from './build-names.ts';
import { nodeOf, ordered } from './build-order.ts';
import type { RuleContext } from './build-parts.ts';
import { type MadeRule, madeRule } from './build-rule.ts';
import { type KnownTags, type RuleScope, scopeOf } from './build-scope.ts';
import {
  likeliest,
  type Path,
  type RuleNotes,
  type RuleSections,
  type RuleSite,
} from './build-site.ts';
import { type RuleSource, SAMPLE_TAG, sourcesOf, templatesOf } from './build-sources.ts';
import type { MadeTag } from './build-tags-cell.ts';
import { testOf } from './build-tests.ts';
import { alarmsOptions } from './options-site.ts';

/** Builds what can be built; it is to be used only where nothing but warnings was noted. */
export function buildRules(sections: RuleSections, site: RuleSite, all: RuleNotes): RuleSet {
  const notes = toldOnce(all);
  const { timezone, position } = site;
  const flood = floodOf(sections.alarms, notes);
  const isTooLarge = findMost(sections, notes);
  if (isTooLarge) return { ...EMPTY_RULES, timezone, position, flood };

  findReserved(sections.rules, notes);
  const constants = constantsOf(sections.constants, notes);
  const templates = templatesOf(sections.templates, notes);
  const sources = sourcesOf(sections.rules, templates, constants, notes);
  const tags = new RuleTags(site);
  const derived = derivedOf(sources, site, notes);
  for (const id of [...derived.keys(), ...announced(sections.rules)]) tags.announce(id);
  const makes = madeTags(sources, site, derived, notes);
  for (const { known } of [...makes.values()].flat()) tags.set(known);
  for (const { tagArguments } of sources)
    for (const { path, tag } of tagArguments) findArgument(tag, path, tags, notes);

  const building = new Building(site, tags, { derived, makes }, notes);
  for (const { source, options } of inOrder(derived)) building.derive(source, options);
  for (const source of sources) if (!building.has(source)) building.build(source);

  const alarms = alarmsOf(sections.rules, sources);
  for (const { source, made } of building.built)
    for (const key of Object.keys(made?.alarms ?? {}))
      alarms.set(alarmName(source.name, key), true);
  const tests = new Map(
    building.built.map(({ scope, source }) => [
      source,
      source.tests.map((test) => testOf({ scope, notes, alarms }, test)),
    ]),
  );
  findWindowMemory(
    building.built.flatMap(({ scope }) => scope.expressions),
    tags,
    notes,
  );

  const interlocks = site.interlocks.flatMap(
    (interlock) => interlockRule(interlock, constants, tags, notes) ?? [],
  );
  const rules = [
    ...interlocks,
    ...sources.flatMap((source) => building.rule(source, tests.get(source) ?? []) ?? []),
  ];
  const { order, cycles } = ordered(rules.map(nodeOf));
  for (const cycle of cycles) {
    const [first] = cycle;
    const path =
      sources.find(({ name, isSample }) => !isSample && name === first?.name)?.path ?? [];
    const names = [...cycle, first].map((node) => node?.derives[0] ?? node?.name ?? '');
    const details = { cycle: names.join(' → ') };
    notes.find({
      path: [...path, 'derive', 'value'],
      at: 'value',
      code: 'rules.derived-cycle',
      details,
    });
  }
  return {
    timezone,
    position,
    flood,
    ...numbered(
      order.map(({ rule }) => rule),
      site,
      tags,
    ),
  };
}

interface Built {
  readonly source: RuleSource;
  readonly scope: RuleScope;
  readonly made: MadeRule | undefined;
}

/** What there is beside the tags of devices, and who makes it. */
interface Makers {
  readonly derived: ReadonlyMap<string, DerivedSource>;
  readonly makes: ReadonlyMap<RuleSource, readonly MadeTag[]>;
}

/** The rules so far, and what they do to tags. */
class Building {
  readonly #site: RuleSite;
  readonly #tags: RuleTags;
  readonly #derived: Makers['derived'];
  readonly #makes: Makers['makes'];
  /** By tag. */
  readonly #makers: ReadonlyMap<string, string>;
  readonly #notes: RuleNotes;
  readonly #built = new Map<RuleSource, Built>();
  /** Who writes a tag, and where. */
  readonly #writers = new Map<string, Writer[]>();

  constructor(site: RuleSite, tags: RuleTags, { derived, makes }: Makers, notes: RuleNotes) {
    this.#site = site;
    this.#tags = tags;
    this.#derived = derived;
    this.#makes = makes;
    this.#makers = new Map(
      [...makes].flatMap(([{ name }, tags]) => tags.map(({ tag }) => [tag.id, name])),
    );
    this.#notes = notes;
  }

  get built(): readonly Built[] {
    return [...this.#built.values()];
  }

  has(source: RuleSource): boolean {
    return this.#built.has(source);
  }

  /** Builds a rule that derives a tag, whose type is known from then on. */
  derive(source: RuleSource, options: DerivedSource['options']): void {
    const made = this.build(source, options);
    if (made?.kind !== 'derive') return;
    this.#tags.describe(options.tag, made.value, { unit: options.unit, tick: made.tick });
  }

  build(source: RuleSource, derive?: DerivedSource['options']): MadeRule | undefined {
    const tags = source.isSample ? withSample(this.#tags) : this.#tags;
    const scope = scopeOf(source, tags, this.#notes);
    const context: RuleContext = {
      scope,
      site: this.#site,
      tags,
      makes: this.#makes.get(source)?.map(({ tag }) => tag) ?? [],
      deriver: (tag) => this.#derived.get(tag)?.source.name ?? this.#makers.get(tag),
      writes: (...write) => this.#written(source, ...write),
    };
    const made = madeRule(context, derive && derivedTag(derive, 0, undefined));
    this.#built.set(source, { source, scope, made });
    return made;
  }

  /** The whole rule. */
  rule(source: RuleSource, tests: readonly RuleTest[]): RuleConfig | undefined {
    const made = this.#built.get(source)?.made;
    if (made === undefined || source.isBroken || source.isSample) return undefined;
    const { name, mode, description } = source;
    const fingerprint = fingerprintOf({ name, mode }, made, (id) => this.#tags.get(id));
    const { file, line } = this.#notes.placeOf(source.named);
    return { ...made, name, fingerprint, mode, description, place: { file, line }, tests };
  }

  /** Schedules are left out: what they begin at a time others may end, and one ends what another began. */
  #written(source: RuleSource, tag: string, inside: Path, value: Plain | undefined): void {
    const { name, instance, options } = source;
    if (source.isSample || source.mode === 'off' || 'schedule' in options) return;
    const path = [...source.path, ...inside];
    const writers = this.#writers.get(tag) ?? [];
    const other = writers.find(
      (one) => one.rule !== name && (value === undefined || one.value !== value),
    );
    if (other !== undefined)
      this.#notes.find({
        path,
        at: 'value',
        code: 'rules.write-twice',
        details: { tag, other: other.rule },
        first: other.path,
        severity: 'warning',
        ...(instance && { instance }),
      });
    if (writers.length < MOST_WRITERS)
      this.#writers.set(tag, [...writers, { rule: name, path, value }]);
  }
}

/** A place where a rule writes a tag, and what it writes if that is always the same. */
interface Writer {
  readonly rule: string;
  readonly path: Path;
  readonly value: Plain | undefined;
}

/** Of one tag; a site in which more rules write the same is told of these. */
const MOST_WRITERS = 16;

/** A template is checked once for each rule that it makes; what is wrong with it is told once. */
function toldOnce({ find, issue, placeOf }: RuleNotes): RuleNotes {
  const told = new Set<string>();
  const isNew = (path: Path, code: string, offset = 0): boolean => {
    if (path[0] !== 'templates') return true;
    const key = JSON.stringify([path, code, offset]);
    if (told.has(key)) return false;
    told.add(key);
    return true;
  };
  return {
    placeOf,
    find(finding) {
      if (isNew(finding.path, finding.code, finding.offset)) find(finding);
    },
    issue(path, one, instance) {
      if (isNew([...path, ...one.path], one.code)) issue(path, one, instance);
    },
  };
}

function floodOf(section: unknown, notes: RuleNotes): FloodLimit {
  const parsed = alarmsOptions.parse(section);
  if (parsed.ok) return parsed.value.flood;
  for (const issue of parsed.issues) notes.issue(['alarms'], issue);
  return EMPTY_RULES.flood;
}

/** An argument that is the id of a tag has to be that of one. */
function findArgument(id: string, path: Path, tags: KnownTags, notes: RuleNotes): void {
  if (tags.get(id) !== undefined) return;
  const details = { name: quoted(id), known: likeliest(id, tags.ids()) };
  notes.find({ path, at: 'value', code: 'rule.unknown-tag', details });
}

/** With the tag that stands for a parameter of which nothing is known. */
const withSample = (tags: RuleTags): KnownTags => ({
  get: (id) => (id === SAMPLE_TAG ? { ...UNKNOWN_TAG, id: SAMPLE_TAG } : tags.get(id)),
  ids: () => tags.ids(),
});

/** Every rule with whether it has an alarm; one that could not be read may have. */
function alarmsOf(section: unknown, sources: readonly RuleSource[]): Map<string, boolean> {
  const alarms = new Map(entriesOf(section).map(([name]) => [name, true]));
  for (const { name, options, isSample } of sources)
    if (!isSample) alarms.set(name, 'alarm' in options && options.alarm !== undefined);
  return alarms;
}

/** The rules with their tags as parts of the site. */
function numbered(
  rules: readonly RuleConfig[],
  { firstIndex }: RuleSite,
  tags: RuleTags,
): Pick<RuleSet, 'rules' | 'derived' | 'counters'> {
  let index = firstIndex;
  const whole = rules.map((rule): RuleConfig => {
    if (rule.kind !== 'derive')
      return rule.makes
        ? { ...rule, makes: rule.makes.map((tag) => ({ ...tag, index: index++ })) }
        : rule;
    const { unit } = tags.get(rule.tag.id) ?? rule.tag;
    return { ...rule, tag: { ...rule.tag, unit, index: index++ } };
  });
  const used = new Set(rules.flatMap((rule) => rule.tags));
  const counters = [...used].flatMap((id): [string, number][] => {
    const modulus = tags.get(id)?.counter?.modulus;
    return modulus === undefined ? [] : [[id, Number(decimalText(modulus))]];
  });
  return {
    rules: whole,
    derived: whole.flatMap(tagsMadeBy),
    counters: Object.fromEntries(counters),
  };
}
