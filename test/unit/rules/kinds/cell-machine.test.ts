/** A cell from its YAML through the real engine: what its tags show, what it records, when it alarms, what it keeps. */
import { describe, expect, it } from 'vitest';
import type { AlarmEffect, Effect, RecordEffect } from '../../../../rules/effect.ts';
import { type RuleSet, ruleOfAlarm } from '../../../../rules/rule.ts';
import { differenceText } from '../../../../rules/tests/rule-test-words.ts';
import { runTest } from '../../../../rules/tests/test-run.ts';
import { builtRules } from '../../../support/built-rules.ts';
import { type Batch, engineFixture } from '../../../support/rules-fixture.ts';

const TAGS = {
  running: 'discrete:1',
  full: 'discrete:2',
  fault_code: '"holding:1"',
  count: '"input:20 uint16", counter: { modulus: 65536 }',
  reject: '"input:22 uint32", counter: {}',
  gripper: 'discrete:3',
  clear: 'discrete:4',
  recipe: '"holding:2"',
  takt: '"holding:3", unit: ms',
  load: '"holding:4 float32", unit: "%"',
};

const CELL = `
rules:
  cell-1:
    cell:
      running: plc.running
      blocked: plc.full
      fault: plc.fault_code != 0
      fault_code: plc.fault_code
      cycle: { count: plc.count, ideal: 10s }
      reject: plc.reject
      product: plc.recipe
      handshakes: [{ name: part, after: plc.gripper, expect: plc.clear, within: 3s }]
      wear:
        load: { value: plc.load, warn: 10%, limit: 20%, toward: up, learn: 3, over: 1, confirm: 1 of 1, every: 1s, warm_up: 0ms }
    record: { shifts: ["08:00", "20:00"] }
`;

/** 19:00 in Shanghai, an hour before the shift changes. */
const START = Date.UTC(2026, 0, 1, 11);
const MINUTE = 60_000;

const CALM: Batch = {
  'plc.running': true,
  'plc.full': false,
  'plc.fault_code': 0,
  'plc.count': 65_530,
  'plc.reject': 7,
  'plc.gripper': false,
  'plc.clear': false,
  'plc.recipe': 4,
  'plc.load': 50,
};

const setOf = (rules = CELL): RuleSet => {
  const { set, problems } = builtRules('plc', TAGS, rules);
  expect(problems).toEqual([]);
  return set;
};

const plant = (set = setOf()) => engineFixture(set, { start: START });
type Plant = ReturnType<typeof plant>;

/** What the cell's tags show now, by quantity; null: bad. */
function shown({ effects }: Plant, device = 'cell_1'): Readonly<Record<string, unknown>> {
  const made = effects.flatMap((effect) =>
    effect.kind === 'derive' && effect.tag.startsWith(`${device}.`)
      ? [[effect.tag.slice(device.length + 1), effect.value]]
      : [],
  );
  return Object.fromEntries(made);
}

const samplesOf = ({ effects }: Plant, tag: string) =>
  effects.filter((effect) => effect.kind === 'derive' && effect.tag === tag);
const recordsOf = ({ effects }: Plant, name: string): readonly RecordEffect[] =>
  effects.filter((effect) => effect.kind === 'record').filter((effect) => effect.name === name);
const alarmsOf = ({ effects }: Plant): readonly AlarmEffect[] =>
  effects.filter((effect: Effect) => effect.kind === 'alarm');

describe('what a cell shows', () => {
  it('is its state in words and numbers, once it has lasted', () => {
    const cell = plant().at(0, CALM);
    expect(shown(cell)).toMatchObject({ state: null, reason: 'gateway_off', packml: null });
    cell.at(1_000);
    const running = { state: 'Execute', reason: 'execute', mode: 'production', packml: 6 };
    expect(shown(cell)).toMatchObject({ ...running, machinery_state: 3, machinery_mode: 3 });
    cell.at(5_000, { 'plc.running': false, 'plc.full': true }).at(6_000);
    expect(shown(cell)).toMatchObject({ state: 'Suspended', reason: 'blocked', packml: 5 });
    cell.at(9_000, { 'plc.fault_code': 12 }).at(10_000);
    expect(shown(cell)).toMatchObject({ state: 'Aborted', reason: 'fault:12', packml: 9 });
    cell.at(20_000, { 'plc.fault_code': 'bad:comm' }).at(21_000);
    expect(shown(cell)).toMatchObject({ state: null, mode: null, reason: 'no_signal' });
  });

  it('is a sample only where something changed, and of figures at most one in ten seconds', () => {
    const cell = plant();
    for (let second = 0; second <= 600; second++) cell.at(second * 1_000, CALM);
    expect(samplesOf(cell, 'cell_1.state')).toHaveLength(2);
    expect(samplesOf(cell, 'cell_1.parts')).toHaveLength(1);
    cell.at(601_000, { 'plc.running': false });
    for (let second = 601; second <= 1_200; second++) cell.at(second * 1_000);
    const figures = samplesOf(cell, 'cell_1.availability').map(({ at }) => at);
    expect(figures.length).toBeGreaterThan(20);
    for (const [index, at] of figures.entries())
      if (index > 0) expect(at - (figures[index - 1] ?? 0)).toBeGreaterThanOrEqual(10_000);
  });

  it('counts parts beyond the modulus of the counter that its tag has', () => {
    const cell = plant().at(0, CALM);
    cell.at(60_000, { 'plc.count': 65_535 }).at(120_000, { 'plc.count': 3, 'plc.reject': 8 });
    expect(shown(cell)).toMatchObject({ parts: 9, reject: 1, good: 8, cycle_time: 15 });
  });

  it('has the figures of the shift so far', () => {
    const cell = plant().at(0, CALM).at(1_000);
    cell.at(10 * MINUTE, { 'plc.count': 65_530 + 5, 'plc.running': false });
    cell.at(20 * MINUTE);
    const { availability, effectiveness, quality_ratio, oee } = shown(cell);
    expect(availability).toBeCloseTo(0.5, 2);
    expect(effectiveness).toBeCloseTo(50 / 600, 2);
    expect(quality_ratio).toBe(1);
    expect(oee).toBeCloseTo(50 / 1_200, 2);
  });
});

describe('the tags of a cell', () => {
  it('are those for which it has signals', () => {
    const lights = setOf(`
rules:
  tower-2:
    cell: { green: plc.running, red: plc.full, tags: hall.press }
`);
    const quantities = lights.derived.map(({ id }) => id);
    expect(quantities.filter((id) => !id.startsWith('hall.press.'))).toEqual([]);
    expect(quantities).toContain('hall.press.availability');
    expect(quantities.filter((id) => /parts|oee|quality|cycle_time/.test(id))).toEqual([]);
  });

  it('are known to other rules by type and unit, and come to them in the same moment', () => {
    const set = setOf(`${CELL}
  slow:
    when: cell_1.cycle_time > 20 && cell_1.state == 'Execute'
    alarm: { severity: low, message: "slow" }
  twice:
    derive: { tag: hall.twice, value: cell_1.parts * 2 }
`);
    const { problems } = builtRules(
      'plc',
      TAGS,
      `${CELL}
  wrong:
    when: cell_1.state > 3
    alarm: { severity: low, message: "a" }
`,
    );
    expect(problems).toHaveLength(1);
    const cell = plant(set).at(0, CALM).at(60_000, { 'plc.count': 65_531 });
    expect(cell.told).toContain('60000 hall.twice = 2 good');
    expect(cell.told).toContain('60000 slow active');
  });
});

describe('the records of a cell', () => {
  it('come at the end of the shift, with whole figures', () => {
    const cell = plant().at(0, CALM).at(1_000);
    cell.at(30 * MINUTE, { 'plc.count': 0 });
    cell.at(59 * MINUTE, { 'plc.running': false }).at(61 * MINUTE);
    const [shift, ...others] = recordsOf(cell, 'shift');
    expect(others).toEqual([]);
    expect(shift).toMatchObject({ rule: 'cell-1', at: 60 * MINUTE, name: 'shift' });
    expect(shift?.values).toMatchObject({
      date: '2026-01-01',
      shift: 1,
      length_s: 3_600,
      produced: 6,
      micro_s: 60,
      oee: 60 / 3_600,
      reason_1: 'stopped',
    });
    expect(shown(cell)).toMatchObject({ parts: 0 });
  });

  it('come with another product, and of parts only where they are asked for', () => {
    const cell = plant().at(0, CALM).at(60_000, { 'plc.count': 65_531 });
    cell.at(90_000, { 'plc.recipe': 5 });
    expect(recordsOf(cell, 'part')).toEqual([]);
    expect(recordsOf(cell, 'batch').map(({ values }) => values.product)).toEqual(['4']);

    const parts = plant(
      setOf(
        CELL.replace(
          'reject: plc.reject',
          'reject: plc.reject\n      part: { serial: plc.count, values: { load: plc.load } }',
        ),
      ),
    );
    parts.at(0, CALM).at(60_000, { 'plc.count': 65_531, 'plc.reject': 8 });
    expect(recordsOf(parts, 'part').map(({ values }) => values)).toEqual([
      expect.objectContaining({ parts: 1, result: 'reject', serial: '65531', load: 50 }),
    ]);
  });
});

describe('the alarms of a cell', () => {
  it('tell of a handshake that was missed, by its key, in both languages, with causes', () => {
    const cell = plant().at(0, CALM).at(10_000, { 'plc.gripper': true }).at(14_000);
    const [alarm, ...others] = alarmsOf(cell);
    expect(others).toEqual([]);
    expect(alarm).toMatchObject({ rule: 'cell-1/handshake-part', to: 'active', at: 13_000 });
    expect(alarm?.message).toEqual({
      en: 'handshake part: plc.clear did not come within 3s after plc.gripper',
      zh: '握手 part：plc.gripper 之后 3s 内未出现 plc.clear',
    });
    expect(alarm?.causes.inputs.map(({ tag }) => tag)).toContain('plc.gripper');
    cell.at(20_000, { 'plc.clear': true });
    expect(cell.told).toContain('20000 cell-1/handshake-part cleared');
    expect(alarmsOf(cell).map(({ rule }) => ruleOfAlarm(rule))).toEqual(['cell-1', 'cell-1']);
  });

  it('tell of wear before and at the limit, with what was learnt', () => {
    const cell = plant().at(0, CALM);
    for (let second = 1; second <= 10; second++) cell.at(second * 1_000, { 'plc.load': 50 });
    expect(shown(cell)).toMatchObject({ wear_load: 'ok' });
    cell.at(20_000, { 'plc.load': 56 }).at(31_500, { 'plc.load': 61 });
    expect(alarmsOf(cell).map(({ rule, to, message }) => [rule, to, message.en])).toEqual([
      ['cell-1/wear-load', 'active', 'load (4) is 56, was 50 when learnt, warning at 55'],
      ['cell-1/wear-limit-load', 'active', 'load (4) is 61, was 50 when learnt, limit at 60'],
    ]);
    expect(shown(cell)).toMatchObject({ wear_load: 'limit' });
    cell.at(42_500, { 'plc.load': 50 });
    expect(
      alarmsOf(cell)
        .slice(2)
        .map(({ to }) => to),
    ).toEqual(['cleared', 'cleared']);
  });

  it('can be acknowledged by their names', () => {
    const cell = plant().at(0, CALM).at(10_000, { 'plc.gripper': true }).at(14_000);
    cell.engine.acknowledge('cell-1/handshake-part', { by: 'me', comment: '' });
    cell.at(14_001);
    expect(cell.told).toContain('14000 cell-1/handshake-part acknowledged');
  });
});

describe('a restart', () => {
  const half = () =>
    plant()
      .at(0, CALM)
      .at(1_000)
      .at(30 * MINUTE, { 'plc.count': 65_533 });

  it('keeps the shift; the time in which nobody looked is unknown, and the parts of it are counted', () => {
    const cell = half();
    const saved = JSON.parse(JSON.stringify(cell.engine.save()));
    cell.engine.stop();
    const later = engineFixture(setOf(), { start: START + 35 * MINUTE, saved });
    later.at(0, { ...CALM, 'plc.count': 1 }).at(25 * MINUTE);
    const [shift] = recordsOf(later, 'shift');
    expect(shift?.values).toMatchObject({
      length_s: 3_600,
      produced: 7,
      gateway_off_s: 300,
      restarts: 1,
    });
  });

  it('shows every tag anew', () => {
    const cell = half();
    const before = samplesOf(cell, 'cell_1.parts').length;
    cell.restart().at(30 * MINUTE + 1, { ...CALM, 'plc.count': 65_533 });
    expect(samplesOf(cell, 'cell_1.parts').length).toBeGreaterThan(before);
    expect(shown(cell)).toMatchObject({ parts: 3 });
  });

  it('is none where the rules are loaded anew: nothing is unknown, and what is awaited stays awaited', () => {
    const cell = half().at(31 * MINUTE, { 'plc.gripper': true });
    const change = cell.engine.replace(setOf());
    expect(change.kept).toEqual(['cell-1']);
    cell.at(31 * MINUTE + 3_000).at(61 * MINUTE);
    expect(cell.told).toContain(`${31 * MINUTE + 3_000} cell-1/handshake-part active`);
    const [shift] = recordsOf(cell, 'shift');
    expect(shift?.values).toMatchObject({ restarts: 0, gateway_off_s: 0, produced: 3 });
  });

  it('begins anew where another rule stands there, and its alarms clear', () => {
    const cell = plant().at(0, CALM).at(10_000, { 'plc.gripper': true }).at(14_000);
    cell.engine.replace(setOf(CELL.replace('"20:00"', '"19:30"')));
    cell.at(15_000);
    expect(cell.told).toContain('14000 cell-1/handshake-part cleared');
  });

  it('does not believe what was kept and is damaged', () => {
    const cell = half();
    const saved = JSON.parse(
      JSON.stringify(cell.engine.save()).replace('"produced":3', '"produced":"3"'),
    );
    const later = engineFixture(setOf(), { start: START, saved });
    later.at(0, CALM);
    expect(shown(later)).toMatchObject({ parts: 0 });
  });
});

describe('a cell in the words of its YAML', () => {
  it('takes the ideal cycle as a length of time, or from a tag in its unit', () => {
    for (const ideal of ['10s', 'plc.takt', '"plc.takt / 1"']) {
      const cell = plant(setOf(CELL.replace('ideal: 10s', `ideal: ${ideal}`)));
      cell
        .at(0, { ...CALM, 'plc.takt': 10_000 })
        .at(100_000, { 'plc.count': 65_535 })
        .at(110_000);
      expect([ideal, Number(shown(cell).effectiveness) > 0.4]).toEqual([ideal, true]);
      expect([ideal, Number(shown(cell).effectiveness) < 0.6]).toEqual([ideal, true]);
    }
  });

  it('is another rule with other shifts, and the same with other layout', () => {
    const [was] = setOf().rules;
    const [same] = setOf(CELL.replace('blocked: plc.full', 'blocked:   "plc.full"')).rules;
    const [other] = setOf(CELL.replace('"20:00"', '"21:00"')).rules;
    expect(same?.fingerprint).toBe(was?.fingerprint);
    expect(other?.fingerprint).not.toBe(was?.fingerprint);
  });

  it('can be made from a template, each with tags and alarms of its own', () => {
    const set = setOf(`
templates:
  machine:
    parameters:
      running: { kind: tag }
      ideal: { kind: duration, default: 12s }
      prefix: { kind: text }
      start: { kind: text, default: "06:00" }
    rule:
      cell:
        running: running
        cycle: { count: plc.count, ideal: "\${ideal}" }
        handshakes: [{ name: part, after: plc.gripper, expect: plc.clear, within: "\${ideal}" }]
        tags: "\${prefix}"
      record: { shifts: ["\${start}"] }
rules:
  left: { template: machine, arguments: { running: plc.running, prefix: hall.left, ideal: 10s } }
  right: { template: machine, arguments: { running: plc.full, prefix: hall.right } }
`);
    const cells = plant(set).at(0, CALM).at(1_000, { 'plc.gripper': true }).at(20_000);
    expect(shown(cells, 'hall.left')).toMatchObject({ state: 'Execute' });
    expect(shown(cells, 'hall.right')).toMatchObject({ state: 'Stopped' });
    expect(alarmsOf(cells).map(({ at, rule }) => [at, rule])).toEqual([
      [11_000, 'left/handshake-part'],
      [13_000, 'right/handshake-part'],
    ]);
  });

  it('describes itself for people who ask why', () => {
    const cell = plant().at(0, CALM).at(1_000);
    expect(cell.engine.explain('cell-1')?.after).toBe('Execute');
    cell.at(5_000, { 'plc.running': false, 'plc.full': true });
    expect(cell.engine.explain('cell-1')?.after).toBe(
      'Execute, then Suspended (blocked) until 6000',
    );
  });
});

describe('a test of a cell in its YAML', () => {
  it('is told only the values of a record that are not as expected', () => {
    const { set, problems } = builtRules(
      'plc',
      TAGS,
      `${CELL}    tests:
      - name: a shift
        start: 2026-01-01T19:59:00+08:00
        series: { plc.running: "truex60", plc.fault_code: "0x60", plc.full: "falsex60" }
        length: 60s
        expect: { records: [{ at: 60s, shift: { shift: 2, produced: 0, length_s: 60, nothing: bad } }] }
`,
    );
    expect(problems).toEqual([]);
    const [rule] = set.rules;
    const [test] = rule?.tests ?? [];
    if (!rule || !test) throw new Error('no test');
    const { differences } = runTest(set, rule, test);
    expect(differences.map((one) => differenceText(one, rule.name, 'en'))).toEqual([
      'expected at 1m: record shift { shift: 2, nothing: "bad" }; got record shift { shift: 1 }, without "nothing"',
    ]);
  });
});
