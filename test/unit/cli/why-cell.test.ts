/** `headgate why` of a machine cell, its tags and its alarms, in both languages. */
import { describe, expect, it } from 'vitest';
import { localStamps } from '../../../gateway/cli/local-stamp.ts';
import { renderWhy } from '../../../gateway/cli/why/why-view.ts';
import { stateText } from '../../../gateway/cli/why/why-words.ts';
import { answerWhy } from '../../../gateway/health/why.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { monoMs, utcMs } from '../../../gateway/model/units.ts';
import { RuleEngine } from '../../../rules/engine/engine.ts';
import { CELL_SIGNALS, conditionOf } from '../../../rules/kinds/cell/cell-state.ts';
import { conditionText } from '../../../rules/kinds/cell-words.ts';
import { manualClock } from '../../../rules/tests/manual-clock.ts';
import { RecentEffects } from '../../../rules/why/recent-effects.ts';
import { builtRules } from '../../support/built-rules.ts';
import { samplesOf } from '../../support/rules-fixture.ts';

const TAGS = {
  running: 'discrete:1',
  full: 'discrete:2',
  gripper: 'discrete:3',
  clear: 'discrete:4',
};
const CELL = `
rules:
  cell-1:
    cell:
      running: plc.running
      blocked: plc.full
      handshakes: [{ name: part, after: plc.gripper, expect: plc.clear, within: 3s }]
    record: { shifts: ["08:00", "20:00"], breaks: [{ from: "12:00", to: "12:30" }] }
`;

/** A handshake was missed 10 s ago, and the outfeed has just become full. */
function asked() {
  const { set, problems } = builtRules('plc', TAGS, CELL);
  expect(problems).toEqual([]);
  const clock = manualClock(utcMs(Date.UTC(2026, 0, 1)));
  const recent = new RecentEffects();
  const engine = new RuleEngine(set, { clock, log: silentLog, emit: recent.add.bind(recent) });
  engine.start();
  const calm = { 'plc.running': true, 'plc.full': false, 'plc.gripper': false, 'plc.clear': false };
  engine.apply(samplesOf(calm));
  clock.moveTo(monoMs(7_000));
  engine.apply(samplesOf({ 'plc.gripper': true }));
  clock.moveTo(monoMs(20_000));
  engine.apply(samplesOf({ 'plc.running': false, 'plc.full': true }));
  const tags = [
    ...set.derived,
    ...Object.keys(TAGS).map((name) => ({ id: `plc.${name}`, unit: undefined })),
  ];
  const sources = { rules: set, tags, engine, recent, alarms: [], utc: clock.utc() };
  return (name: string, language: 'en' | 'zh') => {
    const answer = answerWhy({ name }, sources as Parameters<typeof answerWhy>[1]);
    if (answer.found === 'several' || answer.found === 'nothing') throw new Error(answer.found);
    const stamp = localStamps('Asia/Shanghai');
    return renderWhy(answer, { language, stamp, paint: (_, word) => word });
  };
}

describe('why of a cell', () => {
  it('says what it sees, what it is, and what it did', () => {
    const text = asked()('cell-1', 'en');
    for (const part of [
      'cell-1  machine cell  active',
      'running               plc.running',
      'handshake part        plc.gripper → plc.clear < 3s',
      'shifts begin at       08:00, 20:00',
      'breaks                12:00–12:30',
      'now: Execute, then Suspended (blocked), 1 s left',
      'handshake 1 expect\n  ✗ plc.clear',
      'did not come within 3s after plc.gripper',
    ])
      expect(text).toContain(part);
  });

  it('says it in Chinese', () => {
    const text = asked()('cell-1', 'zh');
    for (const part of [
      '机器工作站',
      '当前：运行 Execute，即将转为 外部等待 Suspended（下游堵料），剩余 1 秒',
      '握手 1 跟随',
      '下游堵料',
    ])
      expect(text).toContain(part);
  });

  it.each(['cell-1/handshake-part', 'cell-1/handshake-part#1', 'cell_1.state'])(
    'is found by %s',
    (name) => expect(asked()(name, 'en')).toContain('cell-1  machine cell'),
  );

  it('has Chinese words for every state', () => {
    for (const signal of CELL_SIGNALS)
      for (const is of [true, false, undefined]) {
        const condition = conditionOf({ running: false, [signal]: is });
        const text = stateText(conditionText(condition, null), undefined, 'zh');
        // The names of PackML stay what they are.
        expect(text.replace(/[A-Z][a-z]+/g, '')).not.toMatch(/[a-z]/);
        expect(text).toMatch(/\p{Script=Han}/u);
      }
  });
});
