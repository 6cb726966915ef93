/**
 * The rules of a site as they are written: options checked, templates filled in. Each knows where its text stands, so
 * that a mistake in a template is told at the template. Pure.
 */
import { quoted } from '../../gateway/host/quoted.ts';
import { map, type Schema, type SchemaIssue, unknownKey } from '../../gateway/host/schema.ts';
import type { TagId } from '../../gateway/model/sample.ts';
import type { Plain } from '../expression.ts';
import {
  argumentOf,
  entriesOf,
  type Filled,
  filled,
  type NameMeaning,
  type Names,
} from './build-names.ts';
import { likeliest, type Path, type RuleNotes } from './build-site.ts';
import {
  type InstanceOptions,
  ruleOptions,
  type WrittenRuleOptions,
  writtenRuleOptions,
} from './options.ts';
import { type ParameterOptions, type TemplateOptions, templateOptions } from './options-site.ts';
import type { TestOptions } from './options-test.ts';
import type { OptionValue } from './options-value.ts';
import { RULE_NAME } from './options-value.ts';

/** A piece of YAML: where it stands, and what was filled in. */
export interface Written {
  /** From the root of the site. */
  readonly path: Path;
  readonly placeholders: Filled['placeholders'];
}

export interface RuleSource extends Written {
  readonly name: string;
  /** Where the rule has its name, in a template or not. */
  readonly named: Path;
  readonly options: WrittenRuleOptions;
  readonly names: Names;
  /** The name, where the rule comes from a template. */
  readonly instance: string | undefined;
  readonly mode: WrittenRuleOptions['mode'];
  readonly description: string | undefined;
  readonly tests: readonly (Written & { readonly options: TestOptions })[];
  /** Where it says which tags a template is used with. */
  readonly tagArguments: readonly { readonly path: Path; readonly tag: TagId }[];
  /** There are problems already: it is looked at for more of them, and never run. */
  readonly isBroken: boolean;
  /** It only stands for the uses of a template that has none. */
  readonly isSample: boolean;
}

export interface Template {
  readonly name: string;
  readonly options: TemplateOptions;
}

const oneTemplate = map(RULE_NAME, templateOptions);
const oneRule = map(RULE_NAME, ruleOptions);

/** The templates of a site; those with problems are undefined. */
export function templatesOf(section: unknown, notes: RuleNotes): Map<string, Template | undefined> {
  return new Map(
    entriesOf(section).map(([name, value]) => {
      const path = ['templates', name];
      const parsed = oneTemplate.parse({ [name]: value });
      if (!parsed.ok) {
        for (const issue of parsed.issues) notes.issue(['templates'], issue);
        return [name, undefined];
      }
      const options = parsed.value.get(name);
      const isNested = entriesOf(options?.rule).some(([key]) => key === 'template');
      if (isNested)
        notes.find({
          path: [...path, 'rule', 'template'],
          at: 'key',
          code: 'rules.template-nested',
        });
      return [name, options && !isNested ? { name, options } : undefined];
    }),
  );
}

/** All rules, and one of each template that no rule uses. */
export function sourcesOf(
  section: unknown,
  templates: ReadonlyMap<string, Template | undefined>,
  constants: Names,
  notes: RuleNotes,
): RuleSource[] {
  const used = new Set<string>();
  const sources = entriesOf(section).flatMap(([name, value]): RuleSource[] => {
    const path = ['rules', name];
    const own = filled(value, constants, path, notes);
    const { value: options, isBroken } = parsedRule(oneRule, name, own, path, notes);
    if (options === undefined) {
      const template = entriesOf(value).find(([key]) => key === 'template')?.[1];
      if (typeof template === 'string') used.add(template);
      return [];
    }
    if ('template' in options) {
      used.add(options.template);
      return instanceOf(options, { name, path, own, isBroken }, templates, constants, notes) ?? [];
    }
    const { placeholders } = own;
    const tests = testsOf(options.tests, path, placeholders);
    const { mode, description } = options;
    const place = { name, named: path, path, placeholders, instance: undefined, isSample: false };
    const about = { mode, description, tests, tagArguments: [], isBroken };
    return [{ ...place, ...about, options, names: constants }];
  });
  for (const [name, template] of templates)
    if (template !== undefined && !used.has(name))
      sources.push(...(sampleOf(template, constants, notes) ?? []));
  return sources;
}

interface Parsed<T> {
  readonly value: T | undefined;
  readonly isBroken: boolean;
}

/**
 * A rule's options. Where some are wrong, and the rule can be read without them, that is done, so that what else is
 * wrong is found too.
 */
function parsedRule<T>(
  schema: Schema<ReadonlyMap<string, T>>,
  name: string,
  { value, placeholders, unknown }: Filled,
  path: Path,
  notes: RuleNotes,
  { instance, isSample = false }: { readonly instance?: string; readonly isSample?: boolean } = {},
): Parsed<T> {
  const parsed = schema.parse({ [name]: value });
  if (parsed.ok) return { value: parsed.value.get(name), isBroken: unknown.size > 0 };
  for (const issue of parsed.issues) {
    const inside = issue.path.slice(1);
    const key = inside.join('/');
    // What a sample has in place of an argument says nothing about the template.
    if (unknown.has(key) || (isSample && placeholders.has(key))) continue;
    if (isUnquotedMessage(issue, value)) {
      notes.find({
        path: [...path, 'alarm', 'message'],
        at: 'value',
        code: 'rules.message-quotes',
      });
      continue;
    }
    notes.issue(inside.length === 0 ? path.slice(0, -1) : path, relative(issue, path), instance);
  }
  const wrong = parsed.issues.slice(0, MOST_RETRIED).map((issue) => issue.path.slice(1));
  for (const depth of [undefined, 1]) {
    const rest = wrong.reduce((part, inside) => without(part, inside.slice(0, depth)), value);
    const again = schema.parse({ [name]: rest });
    if (again.ok) return { value: again.value.get(name), isBroken: true };
  }
  return { value: undefined, isBroken: true };
}

/** `message: {press.oil_temp} °C` without quotes: a map with a key and no value. */
function isUnquotedMessage({ code, path }: SchemaIssue, rule: unknown): boolean {
  const [, alarm, message, key] = path;
  if (code !== 'config.unknown-key' || alarm !== 'alarm' || message !== 'message') return false;
  const written = entriesOf(Object.fromEntries(entriesOf(rule)).alarm);
  return entriesOf(Object.fromEntries(written).message).some(([k, of]) => k === key && of === null);
}

/** Each costs a copy of the rule. */
const MOST_RETRIED = 20;

/** An issue of the map of one rule, as one of the rule; that of its name stays one of the map. */
const relative = (issue: SchemaIssue, path: Path): SchemaIssue => ({
  ...issue,
  path: issue.path.length === 1 ? path.slice(-1) : issue.path.slice(1),
});

/** A copy without what stands at a path; entries of lists are left, because others would take their places. */
function without(value: unknown, [part, ...rest]: Path): unknown {
  if (part === undefined || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value))
    return value.map((item, index) => (index === part ? without(item, rest) : item));
  const entries = Object.entries(value);
  return Object.fromEntries(
    rest.length === 0
      ? entries.filter(([key]) => key !== part)
      : entries.map(([key, item]) => [key, key === part ? without(item, rest) : item]),
  );
}

interface Instance {
  readonly name: string;
  readonly path: Path;
  readonly own: Filled;
  readonly isBroken: boolean;
}

function instanceOf(
  options: InstanceOptions,
  { name, path, own, isBroken }: Instance,
  templates: ReadonlyMap<string, Template | undefined>,
  constants: Names,
  notes: RuleNotes,
): RuleSource[] | undefined {
  const template = templates.get(options.template);
  if (template === undefined) {
    const known = likeliest(options.template, [...templates.keys()]);
    const details = { found: quoted(options.template), known };
    if (!templates.has(options.template))
      notes.find({
        path: [...path, 'template'],
        at: 'value',
        code: 'rules.unknown-template',
        details,
      });
    return undefined;
  }
  const given = argumentsOf(options.arguments, template, path, notes);
  if (given === undefined) return undefined;
  const names = new Map([...constants, ...given]);
  const argumentPath = (key: string): Path =>
    options.arguments.has(key)
      ? [...path, 'arguments', key]
      : ['templates', template.name, 'parameters', key, 'default'];
  const source = ofTemplate(template, names, notes, { instance: name, isSample: false });
  if (source === undefined) return undefined;
  return [
    {
      ...source,
      name,
      named: path,
      mode: options.mode,
      description: options.description ?? source.description,
      tests: [...source.tests, ...testsOf(options.tests, path, own.placeholders)],
      tagArguments: [...given].flatMap(([key, meaning]) =>
        meaning.kind === 'tag' ? [{ path: argumentPath(key), tag: meaning.tag }] : [],
      ),
      isBroken: isBroken || source.isBroken,
    },
  ];
}

/** The parameters of a template with their values; undefined when one has none. */
function argumentsOf(
  given: ReadonlyMap<string, Plain>,
  { name: template, options }: Template,
  path: Path,
  notes: RuleNotes,
): Map<string, NameMeaning> | undefined {
  const { parameters } = options;
  let isWhole = true;
  for (const key of given.keys()) {
    if (parameters.has(key)) continue;
    notes.issue([...path, 'arguments'], unknownKey([key], [...parameters.keys()]));
    isWhole = false;
  }
  const meanings = new Map<string, NameMeaning>();
  for (const [key, { kind, unit, default: fallback }] of parameters) {
    const argument = given.get(key);
    const written = argument ?? fallback;
    if (written === undefined) {
      const details = { template, key, kind };
      notes.find({
        path: [...path, 'arguments'],
        at: 'key',
        code: 'rules.argument-missing',
        details,
      });
      isWhole = false;
      continue;
    }
    const meaning = argumentOf(kind, written, unit);
    if (meaning !== undefined) {
      meanings.set(key, meaning);
      continue;
    }
    isWhole = false;
    const at =
      argument === undefined
        ? ['templates', template, 'parameters', key, 'default']
        : [...path, 'arguments', key];
    const details = { key, kind, found: quoted(written) };
    notes.find({ path: at, at: 'value', code: 'rules.argument-kind', details });
  }
  return isWhole ? meanings : undefined;
}

type TemplateSource = Omit<RuleSource, 'name' | 'named' | 'tagArguments'>;

const oneWrittenRule = map(RULE_NAME, writtenRuleOptions);

function ofTemplate(
  { name, options }: Template,
  names: Names,
  notes: RuleNotes,
  use: { readonly instance?: string; readonly isSample: boolean },
): TemplateSource | undefined {
  const path = ['templates', name, 'rule'];
  const body = filled(options.rule, names, path, notes);
  const { value, isBroken } = parsedRule(oneWrittenRule, 'rule', body, path, notes, use);
  if (value === undefined) return undefined;
  const { placeholders } = body;
  const { mode, description } = value;
  const tests = testsOf(value.tests, path, placeholders);
  const { instance, isSample } = use;
  return {
    path,
    placeholders,
    names,
    options: value,
    instance,
    mode,
    description,
    tests,
    isBroken,
    isSample,
  };
}

/** The tag that stands for a parameter of which nothing is known. */
export const SAMPLE_TAG = 'a.tag' as TagId;

const SAMPLES: Readonly<Record<ParameterOptions['kind'], Plain>> = {
  tag: SAMPLE_TAG,
  number: 1,
  text: 'text',
  flag: true,
  duration: '1s',
};

function sampleOf(
  template: Template,
  constants: Names,
  notes: RuleNotes,
): RuleSource[] | undefined {
  const names = new Map(constants);
  const tagArguments: { readonly path: Path; readonly tag: TagId }[] = [];
  for (const [key, { kind, unit, default: fallback }] of template.options.parameters) {
    const meaning = argumentOf(kind, fallback ?? SAMPLES[kind], unit);
    const path = ['templates', template.name, 'parameters', key, 'default'];
    if (meaning !== undefined) {
      names.set(key, meaning);
      if (meaning.kind === 'tag' && fallback !== undefined)
        tagArguments.push({ path, tag: meaning.tag });
      continue;
    }
    const details = { key, kind, found: quoted(fallback) };
    notes.find({ path, at: 'value', code: 'rules.argument-kind', details });
    return undefined;
  }
  const source = ofTemplate(template, names, notes, { isSample: true });
  const named = ['templates', template.name];
  return (
    source && [{ ...source, name: template.name, named, tests: [], tagArguments, isBroken: true }]
  );
}

const testsOf = (
  tests: OptionValue<typeof writtenRuleOptions>['tests'],
  path: Path,
  placeholders: Filled['placeholders'],
): RuleSource['tests'] =>
  (tests ?? []).map((options, index) => {
    const inside = `tests/${index}/`;
    const own = [...placeholders].filter(([key]) => key.startsWith(inside));
    return {
      options,
      path: [...path, 'tests', index],
      placeholders: new Map(own.map(([key, name]) => [key.slice(inside.length), name])),
    };
  });
