/**
 * Files of rules that are damaged: at a byte, at a token, at a branch of the tree. Each gets a verdict, soon and
 * without a throw: it loads, or something in it is wrong and has a place. A long run tries 10,000.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { draftOf } from '../../config/draft.ts';
import { lint } from '../../config/lint.ts';
import { notesOn } from '../../config/notes.ts';
import type { Problem } from '../../config/problem.ts';
import { rulesOf } from '../../config/rules.ts';
import { merge } from '../../config/tree.ts';
import { parseYaml } from '../../config/yaml-document.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import { cases } from '../support/long-run.ts';

const MUTANTS = cases(300, 10_000);
/** Of the processor, so that other tests beside this one do not count. */
const MOST_MS = 500;
const USUAL_MS = 50;
const SEED = Number(process.env.SEED ?? 11);

const read = (name: string) => readFileSync(join(import.meta.dirname, '../fixtures', name), 'utf8');
const SITE = read('rules-rich/gateway.yaml');
const RULES = read('rules-rich/rules.yaml');

interface Verdict {
  readonly isSound: boolean;
  readonly problems: readonly Problem[];
}

/** As the loader does it, without files. */
function verdict(rules: string): Verdict {
  const documents = [parseYaml(SITE, 'gateway.yaml'), parseYaml(rules, 'rules.yaml')];
  const trees = documents.flatMap(({ root }) => (root ? [root] : []));
  const problems = documents.flatMap((document) => document.problems);
  const { root, repeated } = merge(trees, ({ length }) => length === 1);
  if (trees.length < 2 || root === undefined) return { isSound: false, problems };
  const notes = notesOn(root);
  const draft = draftOf(root, DRIVER_OPTIONS, notes, new Set());
  for (const finding of lint(draft)) notes.find(finding);
  const set = rulesOf(root, draft, notes);
  const all = [...problems, ...notes.problems];
  const isSound = !all.some(({ severity }) => severity === 'error') && repeated.length === 0;
  if (isSound) structuredClone(set);
  return { isSound, problems: all };
}

const random = seededRandom(SEED);
const below = (limit: number) => Math.floor(random() * limit);
const pick = <T>(values: readonly T[]): T => values[below(values.length)] as T;

/** Words of the language, of YAML, and of neither. */
const TOKENS = [
  ...['when', 'derive', 'schedule', 'loop', 'sequence', 'template', 'arguments', 'rule', 'tests'],
  ...['press.oil_temp', 'press.pump', 'press.nobody', 'x', `\${x}`, `\${`, '{', '}', '[', ']', '"'],
  ...[
    '&&',
    '||',
    '!',
    '==',
    '>',
    '?',
    ':',
    ',',
    '(',
    ')',
    '-',
    '#',
    '|',
    '>-',
    "'",
    '\\',
    '\n',
    '  ',
  ],
  ...['5', '-1', '1e400', '10s', '0s', 'true', 'null', '~', '"5m"', 'avg(press.oil_temp, "5m")'],
  ...['held(', 'since(', '汉', '\u{1F600}', '{{', '}}', '{step}', '60x10', 'bad', '_', 'x9999999'],
];

function byteMutant(text: string): string {
  const at = below(text.length);
  const character = String.fromCharCode(32 + below(95));
  switch (below(4)) {
    case 0:
      return text.slice(0, at) + character + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + character + text.slice(at);
    case 2:
      return text.slice(0, at) + text.slice(at + 1 + below(20));
    default:
      return text.slice(0, at);
  }
}

function tokenMutant(text: string): string {
  const tokens = text.split(/(\s+|[^\w.\s]|(?<=\w)(?=[^\w.\s]))/);
  const at = below(tokens.length);
  switch (below(4)) {
    case 0:
      tokens[at] = pick(TOKENS);
      break;
    case 1:
      tokens.splice(at, 1);
      break;
    case 2:
      tokens.splice(at, 0, pick(TOKENS));
      break;
    default:
      [tokens[at], tokens[below(tokens.length)]] = [pick(tokens), tokens[at] ?? ''];
  }
  return tokens.join('');
}

/** A branch is removed, repeated, moved elsewhere, or replaced. YAML reads JSON. */
function treeMutant(tree: unknown): string {
  const copy = structuredClone(tree);
  const maps: Record<string, unknown>[] = [];
  const visit = (node: unknown) => {
    if (typeof node !== 'object' || node === null) return;
    maps.push(node as Record<string, unknown>);
    Object.values(node).forEach(visit);
  };
  visit(copy);
  const map = pick(maps);
  const key = pick([...Object.keys(map), 'x']);
  const other = pick(maps);
  const values = [5, -1, true, null, '', [], {}, 'x', [map[key]], { x: map[key] }, pick(TOKENS)];
  switch (below(5)) {
    case 0:
      delete map[key];
      break;
    case 1:
      map[key] = pick(values);
      break;
    case 2:
      map[key] = structuredClone(other[pick(Object.keys(other))]);
      break;
    case 3:
      map[pick(Object.keys(other)) ?? 'x'] = structuredClone(map[key]);
      break;
    default:
      if (Array.isArray(map))
        map.push(...Array.from({ length: 100 }, () => structuredClone(map[0])));
      else map[pick(TOKENS)] = structuredClone(map[key]);
  }
  return JSON.stringify(copy);
}

/** The tree of a file as plain values, for changing it. */
function plainOf(text: string): unknown {
  const { root } = parseYaml(text, 'rules.yaml');
  const plain = (node: unknown): unknown => {
    const { kind, value, items, entries } = node as {
      readonly kind: string;
      readonly value: unknown;
      readonly items: readonly unknown[];
      readonly entries: ReadonlyMap<string, { readonly value: unknown }>;
    };
    if (kind === 'list') return items.map(plain);
    if (kind === 'scalar') return value;
    return Object.fromEntries([...entries].map(([key, entry]) => [key, plain(entry.value)]));
  };
  return plain(root);
}

test('the file itself is right, and has every kind of rule in it', () => {
  const { isSound, problems } = verdict(RULES);
  expect(problems.map(({ code, line }) => `${line} ${code}`)).toEqual([]);
  expect(isSound).toBe(true);
});

test(`${MUTANTS} damaged files of rules get a verdict each, soon`, {
  timeout: 60_000 + MUTANTS * 60,
}, () => {
  const tree = plainOf(RULES);
  const makers = [() => byteMutant(RULES), () => tokenMutant(RULES), () => treeMutant(tree)];
  const times: number[] = [];
  let sound = 0;
  for (let index = 0; index < MUTANTS; index++) {
    let mutant = pick(makers)();
    for (let more = below(3); more > 0; more--) mutant = tokenMutant(mutant);
    const began = process.threadCpuUsage();
    let told: Verdict | undefined;
    try {
      told = verdict(mutant);
    } catch (error) {
      throw new Error(`seed ${SEED}, mutant ${index} threw:\n${mutant}`, { cause: error });
    }
    const { user, system } = process.threadCpuUsage(began);
    times.push((user + system) / 1_000);
    const { isSound, problems } = told;
    if (isSound) sound += 1;
    else if (problems.length === 0 && !mutant.includes('gateway') && !mutant.includes('buses'))
      throw new Error(`seed ${SEED}, mutant ${index} is refused without a word:\n${mutant}`);
    const lines = mutant.split('\n').length;
    for (const one of problems) {
      const isInside =
        one.file !== 'rules.yaml' || (one.line >= 1 && one.line <= lines && one.col >= 1);
      expect(isInside, `seed ${SEED}, mutant ${index}: ${one.line}:${one.col} ${one.code}`).toBe(
        true,
      );
      expect(one.message.en, `seed ${SEED}, mutant ${index}`).not.toContain('undefined');
    }
  }
  times.sort((a, b) => a - b);
  const middle = times[Math.floor(times.length / 2)] ?? 0;
  expect(sound, `seed ${SEED}: some changes do no harm`).toBeGreaterThan(0);
  expect(sound, `seed ${SEED}: most changes do`).toBeLessThan(MUTANTS * 0.7);
  expect(middle, `seed ${SEED}: the usual time`).toBeLessThan(USUAL_MS);
  expect(times.at(-1), `seed ${SEED}: the longest time`).toBeLessThan(MOST_MS);
});
