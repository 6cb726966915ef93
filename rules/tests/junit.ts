/** The results of rule tests as JUnit XML, as CI servers read it: one suite a rule. Pure. */
import type { Language } from '../../gateway/model/errors.ts';
import { differenceText } from './rule-test-words.ts';
import type { TestResult } from './test-run.ts';

/** `seconds` of wall time, by the order of the results. */
export function junitOf(
  results: readonly (TestResult & { readonly seconds?: number })[],
  language: Language,
): string {
  const suites = [...Map.groupBy(results, ({ rule }) => rule)];
  const failures = (of: readonly TestResult[]) => of.filter(isRed).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    element('testsuites', { tests: results.length, failures: failures(results), errors: 0 }, [
      ...suites.map(([rule, own]) =>
        element(
          'testsuite',
          { name: rule, tests: own.length, failures: failures(own), errors: 0, skipped: 0 },
          own.map((result) => caseOf(result, language)),
        ),
      ),
    ]),
    '',
  ].join('\n');
}

const isRed = ({ differences }: TestResult): boolean => differences.length > 0;

function caseOf(
  { rule, test, differences, seconds = 0 }: TestResult & { readonly seconds?: number },
  language: Language,
): string {
  const { file, line, col } = test.place;
  const attributes = { classname: rule, name: test.name, file, line, time: seconds.toFixed(3) };
  const sentences = differences.map((one) => differenceText(one, rule, language));
  const [first] = sentences;
  if (first === undefined) return element('testcase', attributes);
  const body = escaped([`${file}:${line}:${col}`, ...sentences].join('\n'));
  return element('testcase', attributes, [
    element('failure', { message: first, type: differences[0]?.kind ?? '' }, [body]),
  ]);
}

function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  content: readonly string[] = [],
): string {
  const written = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escaped(String(value)).replace(/[\n\t]/g, ' ')}"`)
    .join('');
  return content.length === 0
    ? `<${name}${written}/>`
    : `<${name}${written}>\n${content.join('\n')}\n</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
/** Characters that XML 1.0 cannot hold at all (§2.2) become U+FFFD. */
const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
