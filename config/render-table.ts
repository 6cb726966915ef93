/** A table of options for people, made from their declarations; in English, or in other words that are given. Pure. */
import type { JsonSchema } from '../gateway/host/schema.ts';

export type Properties = Readonly<Record<string, JsonSchema>>;

export const propertiesOf = (json: JsonSchema): Properties => (json.properties ?? {}) as Properties;

/** What stands in a table: titles of columns, names of forms of values, and what options mean. */
export interface TableWords {
  readonly columns: readonly [key: string, value: string, fallback: string, meaning: string];
  readonly required: string;
  readonly example: (value: string) => string;
  /** By the name in x-kind, or else by the type. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly range: (name: string, from: string | undefined, to: string | undefined) => string;
  /** What stands in the declaration, in these words. */
  readonly doc: (doc: string) => string;
}

const ENGLISH: TableWords = {
  columns: ['key', 'value', 'default', 'meaning'],
  required: 'required',
  example: (value) => `Example: ${value}.`,
  kinds: {
    duration: 'duration',
    rate: 'rate',
    decimal: 'number above 0',
    expression: 'expression',
    literal: 'text, number, true, false',
    safe: 'value, or { value, on }',
    message: 'text, or { zh, en }',
    severity: 'name or number',
    tags: 'list, or one text with *',
    meter: 'tag, or map',
    threshold: 'percent, number, or { at }',
    size: 'size',
    share: 'percent',
    object: 'map',
    array: 'list',
    string: 'text',
    boolean: 'true, false',
    integer: 'whole number',
    number: 'number',
  },
  range: (name, from, to) => {
    if (to !== undefined) return `${name}, ${from ?? '-∞'} … ${to}`;
    return from === undefined ? name : `${name} from ${from}`;
  },
  doc: (doc) => doc,
};

/** One row for each option. */
export function table(json: JsonSchema, words: TableWords = ENGLISH): string {
  const required = new Set((json.required ?? []) as string[]);
  const rows = Object.entries(propertiesOf(json)).map(([key, option]) => {
    const fallback = required.has(key) ? words.required : shown(option.default);
    const { description, examples } = option;
    const doc = typeof description === 'string' ? words.doc(description) : '';
    const example = Array.isArray(examples) ? words.example(shown(examples[0])) : '';
    const meaning = [doc, example].filter(Boolean).join(' ');
    return `| \`${key}\` | ${kindOf(option, words)} | ${fallback} | ${meaning} |`;
  });
  return `${[`| ${words.columns.join(' | ')} |`, '|---|---|---|---|', ...rows].join('\n')}\n`;
}

function shown(value: unknown): string {
  if (value === undefined) return '';
  return `\`${typeof value === 'object' ? JSON.stringify(value) : value}\``;
}

function kindOf(option: JsonSchema, { kinds, range }: TableWords): string {
  if (Array.isArray(option.enum)) return option.enum.map(shown).join(', ');
  if (option.const !== undefined) return shown(option.const);
  const { minimum, maximum, type } = option;
  if (option.oneOf !== undefined) return kinds.object ?? '';
  if (type !== 'number' && type !== 'integer') return kinds[String(option['x-kind'] ?? type)] ?? '';
  return range(kinds[type] ?? '', textOf(minimum), textOf(maximum));
}

const textOf = (limit: unknown): string | undefined =>
  limit === undefined ? undefined : String(limit);
