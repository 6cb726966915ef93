/** Messages of alarms: text with expressions in braces. Pure. */

import { printable } from '../../gateway/host/quoted.ts';
import type { AlarmConfig, Message } from '../rule.ts';
import { unknownPlaceholder } from './build-names.ts';
import type { RuleScope } from './build-scope.ts';
import type { Path } from './build-site.ts';
import type { MessageText } from './options-value.ts';

/** The message in both languages; a language that is missing says what the other does. */
export function messagesOf(
  scope: RuleScope,
  inside: Path,
  written: string | MessageText,
): AlarmConfig['message'] {
  if (typeof written === 'string') {
    const both = messageOf(scope, inside, written);
    return { en: both, zh: both };
  }
  const { en, zh } = written;
  // Of a map that is wrong altogether that was told.
  if (en === undefined && zh === undefined && !scope.source.isBroken)
    scope.find(inside, 'rules.message-empty');
  const of = (language: 'en' | 'zh', text: string | undefined): Message | undefined =>
    text === undefined ? undefined : messageOf(scope, [...inside, language], text);
  const english = of('en', en);
  const chinese = of('zh', zh);
  return { en: english ?? chinese ?? [], zh: chinese ?? english ?? [] };
}

function messageOf(scope: RuleScope, inside: Path, text: string): Message {
  const parts: Message[number][] = [];
  let words = '';
  const flush = () => {
    if (words !== '') parts.push(words);
    words = '';
  };
  let at = 0;
  const wide = text.search(/[｛｝]/);
  if (wide >= 0) {
    const found = text.charAt(wide);
    const instead = found === '｛' ? '{' : '}';
    scope.find(inside, 'rule.full-width', { found, instead }, { offset: wide });
    return [];
  }
  while (at < text.length) {
    const two = text.slice(at, at + 2);
    if (two === '{{' || two === '}}') {
      words += two.charAt(0);
      at += 2;
      continue;
    }
    const isPlaceholder = two === '${';
    if (text[at] !== '{' && text[at] !== '}' && !isPlaceholder) {
      words += text.charAt(at);
      at += 1;
      continue;
    }
    const start = at + (isPlaceholder ? 2 : 1);
    const end = text[at] === '}' ? undefined : closingBrace(text, start);
    if (end === undefined) {
      scope.find(inside, 'rules.message-brace', {}, { offset: at });
      return [];
    }
    if (isPlaceholder) words += placeholder(scope, inside, text.slice(start, end), start);
    else {
      flush();
      const part = filledIn(scope, inside, text.slice(start, end), start);
      if (part !== undefined) parts.push(part);
    }
    at = end + 1;
  }
  flush();
  return parts;
}

function placeholder(scope: RuleScope, inside: Path, name: string, offset: number): string {
  const { names } = scope.source;
  const meaning = names.get(name);
  if (meaning !== undefined) return String(meaning.written);
  const { code, details } = unknownPlaceholder(name, names);
  scope.find(inside, code, details, { offset });
  return '';
}

/** The brace that ends an expression; those in its texts are letters. */
function closingBrace(text: string, start: number): number | undefined {
  let quote = '';
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at);
    if (quote !== '') {
      if (character === '\\') at++;
      else if (character === quote) quote = '';
    } else if (character === "'" || character === '"') quote = character;
    else if (character === '}') return at;
    else if (character === '{') return undefined;
  }
  return undefined;
}

/** Digits stand behind a colon at the end, and not where it belongs to a question mark. */
const DIGITS = /:(\d{1,2})$/;
/** Something else behind the colon, and no text in quotes in which it might be. */
const NO_DIGITS = /:[^:'"]*$/;
const MOST_DIGITS = 15;

function filledIn(
  scope: RuleScope,
  inside: Path,
  text: string,
  offset: number,
): Message[number] | undefined {
  if (text.trim() === 'step') {
    if (isSequence(scope)) return { isStep: true };
    scope.find(inside, 'rules.message-step', {}, { offset });
    return undefined;
  }
  const [suffix = '', digits] = DIGITS.exec(text) ?? [];
  const before = text.slice(0, text.length - suffix.length);
  const isDigits = suffix !== '' && count(before, '?') <= count(before, ':');
  if (!isDigits && !text.includes('?') && NO_DIGITS.test(text)) {
    const found = printable(text.slice(text.lastIndexOf(':')));
    scope.find(
      inside,
      'rules.message-digits',
      { found },
      { offset: offset + text.lastIndexOf(':') },
    );
    return undefined;
  }
  const value = scope.expression(inside, isDigits ? before : text, 'value', offset);
  const shown = isDigits ? Math.min(Number(digits), MOST_DIGITS) : undefined;
  return value && { value, digits: shown };
}

const isSequence = ({ source }: RuleScope): boolean => 'sequence' in source.options;

/** How often a character stands in an expression outside of its texts. */
const count = (expression: string, character: string): number =>
  expression.replace(/'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"/g, '').split(character).length - 1;
