/** What rules write against what the site lets be written: told before the gateway runs. */
import { expect, test } from 'vitest';
import { builtSite } from '../../support/built-rules.ts';

/** The codes that are told of a rule with these actions, and a tag with this policy. */
const told = (policy: string, actions: string): readonly string[] =>
  builtSite(`rules: { hot: { when: pv.power > 5, ${actions} } }
gateway: { id: a }
buses: { line: { tcp: h:502 } }
devices:
  pv:
    bus: line
    protocol: modbus
    tags:
      power: { address: "input:0" }
      limit: { address: "holding:7", access: read-write, write: { ${policy} } }
`).problems.map((line) => / (rules\.\S+) /.exec(line)?.[1] ?? line);

const writes = (value: string | number, more = '') =>
  `do: [ { write: pv.limit, value: ${value} }${more} ]`;
const RELEASE = ', { release: pv.limit }';

test.each<[string, string, string, readonly string[]]>([
  ['a value within the range', 'range: { min: 20, max: 100 }', writes(60), []],
  ['one above it', 'range: { max: 100 }', writes(120), ['rules.write-limits']],
  ['one below it', 'range: { min: 20 }', writes(10), ['rules.write-limits']],
  ['one that is computed', 'range: { max: 100 }', writes('"100 + 20"'), []],
  ['one that is not listed', 'values: [0, 1]', writes(2), ['rules.write-limits']],
  ['one that is listed', 'values: [0, 1]', writes(1), []],
  ['a tag of people alone', 'by: [local]', writes(1), ['rules.write-origin']],
  ['a release behind another value', 'safe: 30', writes(100, RELEASE), ['rules.release-safe']],
  ['a release behind the safe value', 'safe: 30', writes(30, RELEASE), []],
  ['a safe value for crashes only', 'safe: { value: 30, on: [crash] }', writes(9, RELEASE), []],
  [
    'a release alone',
    'safe: 30',
    `do: [ { write: pv.limit, value: 9 } ], on_clear: [ { release: pv.limit } ]`,
    [],
  ],
])('%s', (_, policy, actions, codes) => {
  expect(told(policy, actions)).toEqual(codes);
});

test('says which values the tag takes', () => {
  const { problems } = builtSite(`rules: { hot: { when: pv.power > 5, ${writes(120)} } }
gateway: { id: a }
buses: { line: { tcp: h:502 } }
devices: { pv: { bus: line, protocol: modbus, tags: {
  power: { address: "input:0" }, limit: { address: "holding:7", access: read-write, write: { range: { min: 20, max: 100 } } } } } }
`);
  expect(problems.join()).toContain('pv.limit takes 20 … 100, and never 120');
});
