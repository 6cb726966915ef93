import { describe, expect, it } from 'vitest';
import { seconds } from '../../../gateway/model/units.ts';
import { junitOf } from '../../../rules/tests/junit.ts';
import { runTest, type TestResult } from '../../../rules/tests/test-run.ts';
import {
  pressOverheat,
  ruleSet,
  ruleTest,
  type TestInput,
} from '../../support/rule-test-fixture.ts';

/** Elements as `name attribute=value` and texts, after the grammar of XML 1.0; throws where a text breaks it. */
function read(xml: string): string[] {
  const found: string[] = [];
  const open: string[] = [];
  const TOKEN =
    /<\?xml version="1.0" encoding="UTF-8"\?>|<(\/?)([a-z]+)((?: [a-z]+="[^<"]*")*)(\/?)>|[^<]+/gy;
  let end = 0;
  for (const token of xml.matchAll(TOKEN)) {
    if (token.index !== end) break;
    end += token[0].length;
    const [text, close, name = '', attributes = '', empty] = token;
    if (/&(?!(amp|lt|gt|quot|apos);)/.test(text)) throw new Error(`a bare & in ${text}`);
    if (text.startsWith('<?') || text.trim() === '') continue;
    if (!text.startsWith('<')) found.push(text.trim());
    else if (close) {
      if (open.pop() !== name) throw new Error(`</${name}> closes another`);
    } else {
      found.push(name + attributes);
      if (!empty) open.push(name);
    }
  }
  if (end !== xml.length || open.length > 0)
    throw new Error(`not XML at ${end}: ${xml.slice(end, end + 80)}`);
  return found;
}

function result(input: TestInput, rule = pressOverheat()): TestResult {
  return runTest(ruleSet([rule]), rule, ruleTest(input));
}

describe('the results as JUnit XML', () => {
  const series = { 'press.oil_temp': '60x10 80x20 65x5' };
  const green = result({ name: 'green', series });
  const red = result({ name: 'red', series, expect: { writes: [] } });

  it('are one suite a rule and one case a test', () => {
    const other = { ...green, rule: 'other' };
    expect(read(junitOf([{ ...green, seconds: 0.5 }, red, other], 'en'))).toEqual([
      'testsuites tests="3" failures="1" errors="0"',
      'testsuite name="press-overheat" tests="2" failures="1" errors="0" skipped="0"',
      'testcase classname="press-overheat" name="green" file="rules/press.yaml" line="12" time="0.500"',
      'testcase classname="press-overheat" name="red" file="rules/press.yaml" line="12" time="0.000"',
      'failure message="at 20s came: write press.pump false; it was not expected" type="unexpected"',
      [
        'rules/press.yaml:12:9',
        'at 20s came: write press.pump false; it was not expected',
        'at 30s came: write press.pump true; it was not expected',
      ].join('\n'),
      'testsuite name="other" tests="1" failures="0" errors="0" skipped="0"',
      'testcase classname="other" name="green" file="rules/press.yaml" line="12" time="0.000"',
    ]);
  });

  it('are in Chinese for who reads Chinese', () => {
    expect(junitOf([red], 'zh')).toContain('message="20s：写入 press.pump false；并非预期"');
  });

  it('stay XML whatever stands in names and messages', () => {
    const name = '</testcase> & "two" \'one\'\n\u0000\u0007\ud800 ]]> 油温';
    const alarms = [
      { at: seconds(20), to: 'active', rule: 'press-overheat', message: `<&"${name}` },
    ] as const;
    const xml = junitOf([result({ name, series, expect: { alarms } })], 'en');
    expect(() => read(xml)).not.toThrow();
    expect(xml).toContain(
      '&lt;/testcase&gt; &amp; &quot;two&quot; &apos;one&apos; \ufffd\ufffd\ufffd ]]&gt; 油温',
    );
    expect(xml.isWellFormed()).toBe(true);
  });

  it('are empty without tests', () => {
    expect(read(junitOf([], 'en'))).toEqual(['testsuites tests="0" failures="0" errors="0"']);
  });
});
