/** Rules in the real gateway process: what they do reaches the field and the broker, and changes while they run. */
import { expect, it } from 'vitest';
import { countingSubscriber } from '../support/counting-subscriber.ts';
import { disposals } from '../support/disposals.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { testWith } from '../support/real-parts.ts';
import { hotRule, type PressSite, runningSite, startPress } from '../support/rules-site.ts';
import { until } from '../support/waiting.ts';

const keep = disposals();
const PATIENCE = { timeout: 60_000 };

async function pressWith(site: Omit<PressSite, 'port'>) {
  const press = keep(await startPress(), (one) => one.stop());
  const gateway = keep(runningSite(press, site), (one) => one.dispose());
  await gateway.start();
  await until('a first value', async () => (await gateway.latest('press.oil'))?.value === 20);
  const apply = (...more: readonly string[]) =>
    gateway.headgate('rules', 'apply', gateway.folder, ...more);
  const stateOf = async (rule: string) => {
    const answer = await gateway.ask('why', { name: rule });
    const { rule: told } = answer as { rule?: { live?: { after?: string; state?: unknown } } };
    return told?.live;
  };
  const alarms = async () => {
    const { alarms: list } = (await gateway.ask('alarms')) as {
      alarms: { id: string; activation: string; state: string; messages: { zh: string } }[];
    };
    return list.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  };
  return { press, gateway, apply, stateOf, alarms };
}

const DOUBLE = `
  double:
    derive: { tag: press.double, value: press.oil * 2, decimals: 0 }
`;

testWith(['mosquitto'])(
  'an alarm is stored and forwarded, a write reaches the device, a record and a derived tag arrive',
  PATIENCE,
  async () => {
    const broker = keep(await startMosquitto(), (one) => one.dispose());
    const subscriber = keep(await countingSubscriber(broker.url), (one) => one.close());
    const { press, gateway, alarms } = await pressWith({
      broker: broker.url,
      rules: hotRule(75, DOUBLE),
    });
    const arrived = (kind: string, device: string, quantity: string) =>
      subscriber.received
        .filter(({ topic }) => topic === `headgate/v1/rules/${kind}/${device}`)
        .flatMap(({ text }) => JSON.parse(text).samples[quantity] ?? [])
        .map(([, value]: [number, unknown]) => value);
    const events = (kind: string, quantity: string) =>
      arrived(kind, 'rules', quantity).map((value: unknown) => JSON.parse(String(value)));

    await until('the derived tag upstream', () =>
      arrived('telemetry', 'press', 'double').includes(40),
    );
    expect(press.pump()).toBe(true);
    press.heat(80);
    await until('the pump to stop', () => !press.pump());
    const writes = () =>
      arrived('alarm', 'commands', 'event').map((of: unknown) => JSON.parse(String(of)));
    await until('the story of the command', () => writes().length > 1);
    await until('the record', () => events('record', 'record_event').length > 0);
    expect(events('alarm', 'alarm_event')).toMatchObject([
      { id: 'hot', activation: 'hot#1', change: 'active', messages: { zh: '油温 80' } },
    ]);
    expect(writes()).toMatchObject([
      { state: 'intent', rule: 'hot', tag: 'press.pump', value: false, before: true },
      { state: 'ended', rule: 'hot', outcome: 'verified', read_back: false },
    ]);
    const [command] = writes();
    expect(command.causes.inputs).toMatchObject([{ tag: 'press.oil', value: 80 }]);
    expect(events('record', 'record_event')).toMatchObject([
      { rule: 'hot', name: 'peak', values: { oil: 80 } },
    ]);
    expect(await alarms()).toMatchObject([{ id: 'hot', state: 'active' }]);
    await until('the new derived value', () =>
      arrived('telemetry', 'press', 'double').includes(160),
    );
    const metrics = await gateway.metrics();
    expect(metrics).toMatch(/gateway_rules_evaluations_total [1-9]/);
    expect(metrics).toContain('gateway_rules_effects_total{kind="command"} 1\n');
    expect(metrics).toContain('gateway_commands_total{outcome="verified"} 1\n');
    expect(metrics).toContain('gateway_rules_faulty 0\n');
    const status = await gateway.headgate('status', gateway.folder);
    expect(status.stdout).toContain('rules: 2');
    expect(await gateway.stop()).toBe(0);
  },
);

testWith(['mosquitto'])(
  'a reload keeps a latch, adds a derived tag up to the broker, and takes one out of service',
  PATIENCE,
  async () => {
    const broker = keep(await startMosquitto(), (one) => one.dispose());
    const subscriber = keep(await countingSubscriber(broker.url), (one) => one.close());
    const site = (more: string) => ({ broker: broker.url, rules: hotRule(75, more) });
    const { press, gateway, apply, alarms } = await pressWith(site(''));
    press.heat(80);
    await until('the pump to stop', () => !press.pump());
    press.heat(20);
    const before = (await gateway.status()).config;
    gateway.edit(site(DOUBLE));
    const planned = await apply('--dry-run');
    expect(planned).toMatchObject({ status: 0, stderr: '' });
    expect(planned.stdout).toContain('kept, with their state: 1');
    expect(planned.stdout).toContain('added: 1 — double');
    expect(planned.stdout).toContain('derived tags added: 1 — press.double');
    expect((await gateway.status()).config).toBe(before);

    expect((await apply()).stdout).toContain('applied');
    const { config, rules } = await gateway.status();
    expect(config).not.toBe(before);
    expect(rules.rules).toBe(2);
    const newest = () =>
      subscriber.received.findLast(({ topic }) => topic === 'headgate/v1/rules/status')?.text;
    await until('the new hash upstream', () => JSON.parse(newest() ?? '{}').config === config);
    const doubles = () =>
      subscriber.received
        .filter(({ topic }) => topic === 'headgate/v1/rules/telemetry/press')
        .flatMap(({ text }) => JSON.parse(text).samples.double ?? [])
        .map(([, value]: [number, unknown]) => value);
    await until('the derived tag upstream', () => doubles().includes(40));
    // The latch held although the oil is cold: nothing was written, the alarm is the same.
    expect(press.pump()).toBe(false);
    expect(await alarms()).toMatchObject([{ activation: 'hot#1', state: 'active' }]);

    gateway.edit(site(''));
    await apply();
    expect(await gateway.latest('press.double')).toMatchObject({ quality: 'bad:out-of-service' });
    gateway.edit(site(DOUBLE));
    await apply();
    await until(
      'the tag again',
      async () => (await gateway.latest('press.double'))?.quality === 'good',
    );
    expect(await gateway.stop()).toBe(0);
  },
);

it(
  'a rule that leaves shadow while its condition is true does what it only showed before',
  PATIENCE,
  async () => {
    const shadow = (mode: string) => hotRule(75).replace('    when', `    mode: ${mode}\n    when`);
    const { press, gateway, apply, alarms, stateOf } = await pressWith({ rules: shadow('shadow') });
    press.heat(80);
    await until('on', async () => (await stateOf('hot'))?.after === 'on');
    expect([press.pump(), await alarms()]).toEqual([true, []]);
    gateway.edit({ rules: shadow('active') });
    expect((await apply()).stdout).toContain('begin anew: 1 — hot');
    await until('the pump to stop', () => !press.pump());
    expect(await alarms()).toMatchObject([{ activation: 'hot#2', state: 'active' }]);
    gateway.edit({ rules: shadow('shadow') });
    expect((await apply()).stdout).toContain('begin anew: 1 — hot');
    expect(await alarms()).toEqual([]);
  },
);

testWith(['mosquitto'])(
  'a gateway that had no rules takes its first ones, with all that comes of them',
  PATIENCE,
  async () => {
    const broker = keep(await startMosquitto(), (one) => one.dispose());
    const subscriber = keep(await countingSubscriber(broker.url), (one) => one.close());
    const { press, gateway, apply } = await pressWith({ broker: broker.url });
    expect(await apply()).toMatchObject({ status: 0 });
    gateway.edit({ broker: broker.url, rules: hotRule(75, DOUBLE) });
    expect(await apply()).toMatchObject({ status: 0, stderr: '' });
    press.heat(80);
    await until('the pump to stop', () => !press.pump());
    const events = () =>
      subscriber.received
        .filter(({ topic }) => /\/(alarm|record)\/(rules|commands)$/.test(topic))
        .flatMap(({ text }) => Object.keys(JSON.parse(text).samples));
    const wanted = ['alarm_event', 'event', 'record_event'];
    await until('all events', () => wanted.every((quantity) => events().includes(quantity)));
    expect(await gateway.ask('rules')).toMatchObject({
      list: [
        { name: 'hot', kind: 'condition', mode: 'active' },
        { name: 'double', kind: 'derive' },
      ],
    });
    expect(await gateway.stop()).toBe(0);
  },
);

it(
  'a site whose rules are wrong, or whose test fails, is refused, and the running rules go on',
  PATIENCE,
  async () => {
    const { press, gateway, apply } = await pressWith({ rules: hotRule(75) });
    const RED = `
    tests:
      - name: never so
        series: { press.oil: "20x5", step: 1s }
        expect: { alarms: [ { at: 1s, to: active } ] }
`;
    gateway.edit({ rules: hotRule(50, RED) });
    const red = await apply();
    expect(red.status).toBe(1);
    expect(red.stderr).toContain('rules.test-failed');
    gateway.edit({ rules: hotRule(50, '    nonsense: 1\n') });
    expect((await apply()).status).toBe(1);
    // The running gateway is asked all the same.
    expect(await gateway.headgate('status', gateway.folder)).toMatchObject({ status: 0 });
    expect((await gateway.headgate('why', 'hot', gateway.folder)).stdout).toContain('off');
    // Also where somebody asks past the command line.
    expect(await gateway.ask('rules-apply')).toMatchObject({ outcome: 'invalid' });
    gateway.edit({ rules: hotRule(50), scan: '70ms' });
    const more = await apply();
    expect(more).toMatchObject({ status: 1 });
    expect(more.stderr).toContain('rules.restart-needed');
    expect(more.stderr).toContain('device press');
    expect(await gateway.ask('rules-apply', { config: 'other' })).toEqual({ outcome: 'moved' });
    press.heat(60);
    await until('60 °', async () => (await gateway.latest('press.oil'))?.value === 60);
    expect(press.pump()).toBe(true);
    press.heat(80);
    await until('the pump to stop', () => !press.pump());
  },
);

it(
  'rules that nobody confirms are rolled back, with the state of those before',
  PATIENCE,
  async () => {
    const { press, gateway, apply, alarms } = await pressWith({ rules: hotRule(75) });
    const { config: first } = await gateway.status();
    press.heat(80);
    await until('the pump to stop', () => !press.pump());
    press.heat(20);
    gateway.edit({ rules: hotRule(90) });
    expect((await apply('--confirm-within', '6s')).stdout).toContain('on trial');
    const trying = await gateway.headgate('status', gateway.folder);
    expect(trying.stdout).toContain('on trial, to be confirmed within');
    expect((await gateway.status()).config).not.toBe(first);
    const second = await apply();
    expect(second.status).toBe(1);
    expect(second.stderr).toContain('rules.apply-pending');
    await gateway.line(({ event }) => event === 'rules.rolled-back');
    expect((await gateway.status()).config).toBe(first);
    expect((await gateway.headgate('status', gateway.folder)).stdout).toContain('ROLLED BACK');
    const standing = await alarms();
    expect(standing.map(({ id }) => id)).toEqual(['hot', 'rules.rolled-back']);
    expect(standing[0]).toMatchObject({ activation: 'hot#2', state: 'active' });
    expect(standing[1]?.messages.zh).toContain('已恢复为之前的规则');
    const late = await gateway.headgate('rules', 'confirm', gateway.folder);
    expect(late).toMatchObject({ status: 1 });
    expect(late.stderr).toContain('rules.nothing-pending');

    // Until the files change or rules are applied, a restart begins with the rules before, too.
    expect(await gateway.stop()).toBe(0);
    await gateway.start();
    expect((await gateway.status()).config).toBe(first);
    expect((await alarms()).map(({ id }) => id)).toEqual(['hot', 'rules.rolled-back']);
    await apply('--confirm-within', '60s');
    const confirmed = await gateway.headgate('rules', 'confirm', gateway.folder);
    expect(confirmed).toMatchObject({ status: 0, stderr: '' });
    const { config, rules } = await gateway.status();
    expect(config).not.toBe(first);
    expect(rules).not.toHaveProperty('pending');
    expect(rules).not.toHaveProperty('refused');
  },
);

it(
  'a gateway that is killed while rules are on trial begins with those before',
  PATIENCE,
  async () => {
    const { gateway, apply, alarms, press } = await pressWith({ rules: hotRule(75) });
    const { config: first } = await gateway.status();
    gateway.edit({ rules: hotRule(10) });
    await apply('--confirm-within', '1h');
    await until('the pump to stop', () => !press.pump());
    await gateway.kill();
    await gateway.start();
    expect((await gateway.status()).config).toBe(first);
    expect((await alarms()).map(({ id }) => id)).toEqual(['rules.rolled-back']);
    // Killed before anything else is saved, it has not forgotten it.
    await gateway.kill();
    await gateway.start();
    const [rolledBack, ...more] = await alarms();
    expect(rolledBack).toMatchObject({ activation: 'rules.rolled-back#1', state: 'active' });
    expect(more).toEqual([]);
    // What was applied is applied, even if it is killed in the next moment.
    expect(await apply()).toMatchObject({ status: 0 });
    await gateway.kill();
    await gateway.start();
    expect((await gateway.status()).config).not.toBe(first);
    const active = (await alarms()).filter(({ state }) => state === 'active');
    expect(active.map(({ id }) => id)).not.toContain('rules.rolled-back');
    // Other files are other rules: whoever restarts with them means them.
    await gateway.kill();
    gateway.edit({ rules: hotRule(75, DOUBLE) });
    await gateway.start();
    expect((await gateway.status()).rules).toMatchObject({ rules: 2 });
    expect((await gateway.status()).rules).not.toHaveProperty('refused');
  },
);

it(
  '--force puts other rules on trial, and the way back leads to what was confirmed last',
  PATIENCE,
  async () => {
    const { gateway, apply } = await pressWith({ rules: hotRule(75) });
    const { config: first } = await gateway.status();
    gateway.edit({ rules: hotRule(85) });
    await apply('--confirm-within', '1h');
    gateway.edit({ rules: hotRule(95) });
    expect((await apply('--force', '--confirm-within', '1s')).status).toBe(0);
    await gateway.line(({ event }) => event === 'rules.rolled-back');
    expect((await gateway.status()).config).toBe(first);
  },
);

it(
  'a restart keeps a latch and what was counted, and rules that changed begin anew',
  PATIENCE,
  async () => {
    const COUNT = `
  often:
    when: times(press.oil > 75) >= 2
    do: [ { write: press.valve, value: 7 } ]
`;
    const { press, gateway, alarms } = await pressWith({ rules: hotRule(75, COUNT) });
    press.heat(80);
    await until('the pump to stop', () => !press.pump());
    press.heat(20);
    await until('20 °', async () => (await gateway.latest('press.oil'))?.value === 20);
    expect(await gateway.stop()).toBe(0);
    await gateway.start();
    const restored = await gateway.line(({ event }) => event === 'rules.state-restored');
    expect(restored).toMatchObject({ kept: 2, changed: 0, added: 0, removed: 0 });
    expect(await alarms()).toMatchObject([{ activation: 'hot#1', state: 'active' }]);
    expect(press.valve()).toBe(0);
    press.heat(80);
    await until('the second time', () => press.valve() === 7);
    expect(await gateway.stop()).toBe(0);
    gateway.edit({ rules: hotRule(90, COUNT) });
    await gateway.start();
    const lines = gateway.lines.filter(({ event }) => event === 'rules.state-restored');
    expect(lines.at(-1)).toMatchObject({ kept: 1, changed: 1, changed_names: 'hot' });
  },
);
