/**
 * The tags that rules derive: whether each may be, in which order their types become known, and what they are.
 * Pure.
 */
import { quoted } from '../../gateway/host/quoted.ts';
import { RESERVED_DEVICES } from '../../gateway/model/event-tag.ts';
import { deviceName, type TagId } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { type Millis, millis } from '../../gateway/model/units.ts';
import type { Expression } from '../expression.ts';
import { entriesOf } from './build-names.ts';
import { ordered } from './build-order.ts';
import type { KnownTags } from './build-scope.ts';
import type { RuleNotes, RuleSite, RuleTag } from './build-site.ts';
import type { RuleSource } from './build-sources.ts';
import type { DeriveOptions } from './options.ts';

/** Of a tag of which nobody knows how often it comes, and of the tick. */
const TICK = millis(1_000);

export interface DerivedSource {
  readonly source: RuleSource;
  readonly options: DeriveOptions['derive'];
}

/** All tags that rules can name. Derived ones are there before anything is known of them. */
export class RuleTags implements KnownTags {
  readonly #tags: Map<string, RuleTag>;
  #ids: readonly string[] | undefined;

  constructor({ tags }: RuleSite) {
    this.#tags = new Map(tags);
  }

  get(id: string): RuleTag | undefined {
    return this.#tags.get(id);
  }

  ids(): readonly string[] {
    this.#ids ??= [...this.#tags.keys()];
    return this.#ids;
  }

  set(tag: RuleTag): void {
    this.#tags.set(tag.id, tag);
    this.#ids = undefined;
  }

  /** A tag that will be. */
  announce(id: string): void {
    if (!this.#tags.has(id)) this.set({ ...UNKNOWN_TAG, id: id as TagId });
  }

  /** What the expression of a derived tag told about it. */
  describe(
    id: string,
    { root, tags, looksAtTime }: Expression,
    {
      unit,
      tick = TICK,
    }: { readonly unit: string | undefined; readonly tick?: Millis | undefined },
  ): void {
    const scans = tags.map((tag) => this.get(tag)?.scan ?? TICK);
    const scan = millis(Math.min(...scans, looksAtTime ? tick : Number.POSITIVE_INFINITY));
    const type = root.type === 'duration' ? 'number' : root.type;
    this.set({
      ...UNKNOWN_TAG,
      id: id as TagId,
      type,
      unit: unit ?? unitOf(root),
      scan: Number.isFinite(scan) ? scan : undefined,
    });
  }
}

/** Of a tag nobody knows anything yet. */
export const UNKNOWN_TAG = {
  type: 'any',
  unit: undefined,
  scan: undefined as Millis | undefined,
  access: 'read',
  counter: undefined,
} as const;

const unitOf = ({ type, unit }: Expression['root']): string | undefined =>
  type === 'duration' ? 'ms' : unit;

/** The derived tags, each with the rule that may derive it; rules that may not are told so. */
export function derivedOf(
  sources: readonly RuleSource[],
  site: RuleSite,
  notes: RuleNotes,
): Map<string, DerivedSource> {
  const derived = new Map<string, DerivedSource>();
  for (const source of sources) {
    if (!('derive' in source.options) || source.isSample) continue;
    const options = source.options.derive;
    const { tag } = options;
    const { instance } = source;
    const standing = derived.get(tag);
    const path = [...source.path, 'derive', 'tag'];
    const about = { path, at: 'value', ...(instance && { instance }) } as const;
    if (site.tags.has(tag))
      notes.find({ ...about, code: 'rules.derived-taken', details: { tag: quoted(tag) } });
    else if (site.made.has(tag))
      notes.find({ ...about, code: 'rules.derived-made', details: { tag: quoted(tag) } });
    else if (RESERVED_DEVICES.includes(deviceOf(tag)))
      notes.find({ ...about, code: 'rules.device-reserved', details: { name: deviceOf(tag) } });
    else if (standing !== undefined) {
      const first = [...standing.source.path, 'derive', 'tag'];
      const details = { tag: quoted(tag), other: standing.source.name };
      notes.find({ ...about, code: 'rules.derived-twice', details, first });
    } else derived.set(tag, { source, options });
  }
  return derived;
}

/** What rules would derive that could not be read as a whole. */
export function announced(rules: unknown): string[] {
  return entriesOf(rules).flatMap(([, rule]) => {
    const derive = entriesOf(rule).find(([key]) => key === 'derive')?.[1];
    const tag = entriesOf(derive).find(([key]) => key === 'tag')?.[1];
    return typeof tag === 'string' && tag.length <= LONGEST_ID ? [tag] : [];
  });
}

const LONGEST_ID = 129;
const NAME = /[a-z_][\w.]*/g;

/**
 * What is derived first, so that its type is known where it is used. Names in the text of an expression are taken for
 * uses whatever they are; too many do no harm.
 */
export function inOrder(derived: ReadonlyMap<string, DerivedSource>): readonly DerivedSource[] {
  const nodes = [...derived].map(([tag, { source, options }]) => {
    const text = source.placeholders.get('derive/value') ?? String(options.value);
    const uses = (text.match(NAME) ?? []).map((name) => {
      const meaning = source.names.get(name);
      return meaning?.kind === 'tag' ? meaning.tag : name;
    });
    return { name: source.name, derives: [tag], uses, derived: { source, options } };
  });
  return ordered(nodes).order.map((node) => node.derived);
}

/** `index`: its place in the site. */
export function derivedTag(
  { tag, unit, decimals, deadband, heartbeat }: DeriveOptions['derive'],
  index: number,
  known: RuleTag | undefined,
): Tag {
  const point = tag.lastIndexOf('.');
  return {
    index,
    id: tag as TagId,
    device: deviceName(tag.slice(0, point)),
    quantity: tag.slice(point + 1),
    unit: unit ?? known?.unit,
    decimals,
    report: { deadband, heartbeat },
  };
}

const deviceOf = (tag: string): string => tag.slice(0, Math.max(0, tag.lastIndexOf('.')));
