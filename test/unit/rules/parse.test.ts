import { describe, expect, it } from 'vitest';
import { parseExpression } from '../../../rules/language/parse.ts';
import type { Syntax } from '../../../rules/language/syntax.ts';

/** The form in brackets, the names in angles. */
function shown(of: Syntax): string {
  switch (of.kind) {
    case 'literal':
      return JSON.stringify(of.value);
    case 'name':
      return `<${of.path}>`;
    case 'not':
      return `(! ${shown(of.of)})`;
    case 'negate':
      return `(- ${shown(of.of)})`;
    case 'binary':
      return `(${shown(of.left)} ${of.op} ${shown(of.right)})`;
    case 'choose':
      return `(${shown(of.when)} ? ${shown(of.then)} : ${shown(of.otherwise)})`;
    case 'in':
      return `(${shown(of.of)} in ${of.list.map(shown).join(',')})`;
    case 'call':
      return `${of.isMethod ? '.' : ''}${of.name}(${of.args.map(shown).join(', ')})`;
  }
}

const read = (text: string): string => {
  const parsed = parseExpression(text);
  return parsed.ok ? shown(parsed.root) : parsed.findings.map(({ code }) => code).join(' ');
};

describe('an expression is read', () => {
  it.each([
    ['press.oil_temp > 75', '(<press.oil_temp> > 75)'],
    ['a.b.c', '<a.b.c>'],
    ['a . b\n . c', '<a.b.c>'],
    ['1 + 2 * 3', '(1 + (2 * 3))'],
    ['(1 + 2) * 3', '((1 + 2) * 3)'],
    ['a || b && !c', '(<a> || (<b> && (! <c>)))'],
    ['a < b == c', '((<a> < <b>) == <c>)'],
    ['a ? b : c ? d : e', '(<a> ? <b> : (<c> ? <d> : <e>))'],
    ['-5', '-5'],
    ['--5', '(- -5)'],
    ['-a.b', '(- <a.b>)'],
    ['2 - -1.5e3', '(2 - -1500)'],
    ['0xFF', '255'],
    ["x in [1, -2, 'a', true, limit]", '(<x> in 1,-2,"a",true,<limit>)'],
    ['avg(a.b, "5m")', 'avg(<a.b>, "5m")'],
    ['a.b.contains("x")', '.contains(<a.b>, "x")'],
    ['"a\\"b\\u4e2d"', '"a\\"b中"'],
    ["'it\"s'", '"it\\"s"'],
    ["r'\\d'", '"\\\\d"'],
    ["'''a\nb'''", '"a\\nb"'],
    ['a // b > 5', '<a>'],
  ])('%s', (text, form) => {
    expect(read(text)).toBe(form);
  });

  it.each([
    ['loop.x', '<loop.x>'],
    ['if.true && a.in', '(<if.true> && <a.in>)'],
    ['a. in', '<a.in>'],
    ['a in ["if", "loop.in"]', '(<a> in "if","loop.in")'],
    ['import', '<import>'],
    ['a.null.contains("in")', '.contains(<a.null>, "in")'],
    ['a // in loop', '<a>'],
    ['prototype.__proto__', '<prototype.__proto__>'],
  ])('with names that CEL keeps for itself: %s', (text, form) => {
    expect(read(text)).toBe(form);
  });

  it('keeps the place of every part', () => {
    const parsed = parseExpression(' loop.in  &&\tavg( a . b , "5m" ) > 2');
    if (!parsed.ok || parsed.root.kind !== 'binary') throw new Error('not read');
    expect(parsed.root.left.span).toEqual({ start: 1, end: 8 });
    expect(parsed.root.right.span).toEqual({ start: 13, end: 36 });
    const over = parsed.root.right;
    const call = over.kind === 'binary' ? over.left : undefined;
    expect(call?.kind === 'call' && call.args[0]?.span).toEqual({ start: 18, end: 23 });
  });

  it('takes a chain for one depth, however long', () => {
    expect(parseExpression(Array(150).fill('a').join('||')).ok).toBe(true);
    expect(parseExpression(Array(150).fill('a').join('+')).ok).toBe(true);
  });
});

describe('the limits of an expression', () => {
  const within = (text: string) => parseExpression(text).ok;
  it.each([
    ['characters', 'a'.repeat(2_000), 'a'.repeat(2_001), 'rule.expression-too-long'],
    [
      'nodes',
      Array(200).fill('a').join('+'),
      Array(201).fill('a').join('+'),
      'rule.expression-too-complex',
    ],
    [
      'depth of calls',
      `${'f('.repeat(24)}a${')'.repeat(24)}`,
      `${'f('.repeat(25)}a${')'.repeat(25)}`,
      'rule.expression-too-complex',
    ],
    ['depth of signs', `${'!'.repeat(24)}a`, `${'!'.repeat(25)}a`, 'rule.expression-too-complex'],
    [
      'list',
      `a in [${Array(100).fill('1').join()}]`,
      `a in [${Array(101).fill('1').join()}]`,
      'rule.expression-too-complex',
    ],
    ['text', `"${'x'.repeat(500)}"`, `"${'x'.repeat(501)}"`, 'rule.text-too-long'],
    ['whole numbers', '9007199254740992', '9007199254740993', 'rule.number-too-large'],
  ])('%s', (_, last, first, code) => {
    expect(within(last)).toBe(true);
    expect(read(first)).toBe(code);
  });
});
