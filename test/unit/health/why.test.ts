import { describe, expect, it } from 'vitest';
import { localStamps } from '../../../gateway/cli/local-stamp.ts';
import { renderWhy, type WhyView } from '../../../gateway/cli/why/why-view.ts';
import {
  answerWhy,
  type WhyAlarm,
  type WhyAnswer,
  type WhySources,
} from '../../../gateway/health/why.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import type { Quality } from '../../../gateway/model/quality.ts';
import type { Sample } from '../../../gateway/model/sample.ts';
import { monoMs, utcMs } from '../../../gateway/model/units.ts';
import { RuleEngine } from '../../../rules/engine/engine.ts';
import type { RuleConfig } from '../../../rules/rule.ts';
import { manualClock } from '../../../rules/tests/manual-clock.ts';
import { RecentEffects } from '../../../rules/why/recent-effects.ts';
import { scheduleRule } from '../../support/kind-fixture.ts';
import {
  alarmOf,
  conditionRule,
  deriveRule,
  expressionOf,
  pressOverheat,
  ruleSet,
  tagOf,
  write,
} from '../../support/rule-test-fixture.ts';

const T0 = Date.UTC(2026, 0, 1);

const OVERHEAT: RuleConfig = {
  ...pressOverheat({
    when: expressionOf(
      'press.oil_temp > 75 && !(press.maintenance == true) || press.power / press.load > 2',
    ),
    alarm: alarmOf({ latch: true, message: { en: ['oil too hot'], zh: ['油温过高'] } }),
  }),
  tags: ['press.oil_temp', 'press.maintenance', 'press.power', 'press.load'].map(tagOf),
  description: 'the cooler may be blocked',
  place: { file: 'rules/press.yaml', line: 12 },
};
const SHADOW = conditionRule('try-out', 'press.oil_temp > 70', {
  mode: 'shadow',
  do: [write('press.fan', 'true')],
});
const OFF = conditionRule('unused', 'press.load > 1', { mode: 'off' });
const POWER = deriveRule('press.power', 'press.volts * press.amps');

function running(rules: readonly RuleConfig[] = [POWER, OVERHEAT, SHADOW, OFF]) {
  const clock = manualClock(utcMs(T0));
  const recent = new RecentEffects();
  const set = ruleSet(rules);
  const engine = new RuleEngine(set, {
    clock,
    log: silentLog,
    emit: (effects) => recent.add(effects),
  });
  engine.start();
  const apply = (at: number, values: Readonly<Record<string, number | boolean | Quality>>) => {
    clock.moveTo(monoMs(at));
    engine.apply(
      Object.entries(values).map(([tag, value]): Sample => {
        const isBad = typeof value === 'string';
        const quality = isBad ? value : 'good';
        return {
          tag: tagOf(tag),
          value: isBad ? null : value,
          quality,
          time: clock.utc(),
          timeBasis: 'gateway',
        };
      }),
    );
  };
  const units: Readonly<Record<string, string>> = { 'press.oil_temp': '°C', 'press.power': 'kW' };
  const tags = [
    'press.oil_temp',
    'press.maintenance',
    'press.power',
    'press.load',
    'press.pump',
  ].map((id) => ({
    id: tagOf(id),
    unit: units[id],
  }));
  const why = (name: string, alarms: readonly WhyAlarm[] = []): WhyAnswer => {
    const sources: WhySources = { rules: set, tags, engine, recent, alarms, utc: clock.utc() };
    const answer = answerWhy({ name }, sources);
    // It crosses a socket.
    expect(JSON.parse(JSON.stringify(answer))).toEqual(answer);
    return answer;
  };
  return { clock, engine, recent, apply, why };
}

const view = (language: WhyView['language']): WhyView => ({
  language,
  stamp: localStamps('Asia/Shanghai'),
  paint: (_, text) => text,
});

async function expectViews(answer: WhyAnswer, name: string): Promise<void> {
  if (answer.found === 'nothing' || answer.found === 'several') throw new Error(answer.found);
  for (const language of ['en', 'zh'] as const) {
    const text = `${renderWhy(answer, view(language))}\n`;
    await expect(text).toMatchFileSnapshot(`../../golden/why/${name}.${language}.txt`);
  }
}

const PLAIN = { 'press.maintenance': false, 'press.load': 10, 'press.volts': 2, 'press.amps': 3 };

describe('why', () => {
  it('shows a rule that is about to turn on, part by part', async () => {
    const { apply, clock, why } = running();
    apply(0, { ...PLAIN, 'press.oil_temp': 60 });
    apply(5_000, { 'press.oil_temp': 80 });
    clock.moveTo(monoMs(7_500));
    const answer = why('press-overheat');
    expect(answer).toMatchObject({
      found: 'rule',
      rule: { live: { after: 'on_pending until 15000', now: 7_500 } },
    });
    await expectViews(answer, 'about-to-turn-on');
  });

  it('tells of each unknown part which input makes it so, and where none does', async () => {
    const { apply, why } = running();
    apply(0, { ...PLAIN, 'press.oil_temp': 'bad:comm', 'press.load': 0 });
    await expectViews(why('press-overheat'), 'unknown');
  });

  it('shows what a rule did, and what became of it', async () => {
    const { apply, engine, recent, why } = running();
    apply(0, { ...PLAIN, 'press.oil_temp': 80 });
    apply(10_000, { 'press.oil_temp': 81 });
    const write = recent
      .list()
      .find(({ effect }) => effect.kind === 'command' && effect.tag === 'press.pump')?.effect;
    recent.settle(write?.kind === 'command' ? write.id : '', 'verified');
    apply(20_000, { 'press.oil_temp': 60 });
    engine.acknowledge('press-overheat', { by: 'wang' });
    await expectViews(why('press-overheat'), 'what-it-did');
    await expectViews(why('press-overheat#1'), 'activation');
    await expectViews(why('press.pump'), 'written-tag');
    await expectViews(why('press.power'), 'derived-tag');
  });

  it('says of a shadow rule what it would have done', async () => {
    const { apply, why } = running();
    apply(0, { ...PLAIN, 'press.oil_temp': 72 });
    await expectViews(why('try-out'), 'shadow');
    await expectViews(why('unused'), 'switched-off');
  });

  it('finds an alarm by the beginning of its key, as the activation it is', () => {
    const { apply, why } = running();
    apply(0, { ...PLAIN, 'press.oil_temp': 80 });
    apply(10_000, { 'press.oil_temp': 81 });
    const alarm = { about: 'x', condition: 'Rule', message: 'hot' };
    const alarms: WhyAlarm[] = [
      { ...alarm, key: '4f2a99', device: 'rules', id: 'press-overheat' },
      { ...alarm, key: '4f2b00', device: 'robot', id: 'axis-3' },
    ];
    expect(why('4F2A', alarms)).toMatchObject({
      found: 'rule',
      rule: { name: 'press-overheat' },
      activation: { id: 'press-overheat#1', time: T0 + 10_000 },
    });
    expect(why('4f2b', alarms)).toMatchObject({ found: 'alarm', alarm: { device: 'robot' } });
    const flood = { ...alarm, key: '77aa00', device: 'rules', id: 'alarm-flood' };
    for (const name of ['77aa', 'alarm-flood', 'alarm-flood#3'])
      expect(why(name, [...alarms, flood])).toMatchObject({ found: 'alarm', alarm: flood });
    expect(why('axis-3', alarms)).toMatchObject({ found: 'nothing' });
    expect(why('4f2', alarms)).toMatchObject({ found: 'several' });
    expect(why('4f', alarms)).toMatchObject({ found: 'nothing' });
  });

  it('says that an activation is no longer remembered', () => {
    const { why } = running();
    expect(why('press-overheat#7')).toMatchObject({
      found: 'rule',
      activation: { id: 'press-overheat#7' },
    });
  });

  it('says of an activation that never was which is the latest, and nothing of a time that is none', () => {
    const { apply, engine, why } = running();
    const plain = { language: 'en', stamp: String, paint: (_: string, text: string) => text };
    const told = (name: string) => {
      const answer = why(name);
      return answer.found === 'rule'
        ? renderWhy(answer, { ...plain, language: 'en' })
        : answer.found;
    };
    expect(told('press-overheat')).toContain('\nits alarm never was active\n');
    expect(told('press-overheat#0')).toMatch(/^press-overheat never was active\n/);
    engine.shelve('press-overheat', 60_000, { by: 'li' });
    engine.unshelve('press-overheat', { by: 'li' });
    expect(told('press-overheat')).toMatch(/ {2}alarm shelved by li$/m);
    apply(0, { ...PLAIN, 'press.oil_temp': 80 });
    apply(10_000, { 'press.oil_temp': 81 });
    for (const number of [0, 2])
      expect(told(`press-overheat#${number}`)).toMatch(
        new RegExp(`^press-overheat#${number}: there was none, the latest is press-overheat#1\n`),
      );
    expect(told('press-overheat#1')).toMatch(/^press-overheat#1 became active/);
  });

  it('says in the time of the site for what a schedule waits', () => {
    const { apply, why } = running([
      scheduleRule({ name: 'job', at: { kind: 'cron', cron: '0 6 * * *' } }),
    ]);
    apply(2_000, {});
    const answer = why('job');
    const stamp = localStamps('Asia/Shanghai');
    const view: WhyView = { language: 'en', stamp, paint: (_, text) => text };
    const text = answer.found === 'rule' ? renderWhy(answer, view) : '';
    expect(text).toContain('now: waits for 2026-01-01 14:00:00\n');
  });

  it('names what is likely meant', () => {
    const answer = running().why('pres-overheat');
    expect(answer).toMatchObject({ found: 'nothing' });
    expect(answer.found === 'nothing' && answer.likely[0]).toBe('press-overheat');
  });
});

describe('recent effects', () => {
  const filled = (count: number) => {
    const { apply, recent } = running([conditionRule('hot', 'a.x > 1')]);
    for (let i = 0; i < count; i++) apply(i * 1_000, { 'a.x': i % 2 === 0 ? 2 : 0 });
    return recent;
  };
  it('are bounded, the newest stay', () => {
    const list = filled(1_203).list();
    expect(list).toHaveLength(500);
    expect(list.at(-1)?.effect.at).toBe(1_202_000);
  });

  it('outlive a restart, the newest hundred, before what came since', () => {
    const saved = filled(300).save();
    const later = new RecentEffects();
    later.add([{ kind: 'fault', rule: 'x', at: 1, time: utcMs(T0), reason: 'y' }]);
    later.restore(saved);
    expect(later.list()).toHaveLength(101);
    expect(later.list().at(-1)?.effect.kind).toBe('fault');
    expect(later.list().at(-2)?.effect.at).toBe(299_000);
    expect(JSON.stringify(saved).length).toBeLessThan(200_000);
  });

  it.each([
    [undefined],
    [null],
    ['text'],
    [{ a: 1 }],
    [
      [
        1,
        null,
        'x',
        {},
        { effect: { kind: 'derive' } },
        { effect: { kind: 'alarm', rule: 'x', at: 1, time: 1 } },
      ],
    ],
  ])('take nothing from %j', (kept) => {
    const recent = new RecentEffects();
    recent.restore(kept);
    expect(recent.list()).toEqual([]);
  });
});
