/**
 * The gateway is killed again and again while rules hold latches and timers. What its rules decided ten seconds before
 * the kill is there again: the latch, its alarm with the same activation, and a timer that goes on where it was.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sleep, systemClock } from '../../gateway/host/clock.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import { millis } from '../../gateway/model/units.ts';
import { disposals } from '../support/disposals.ts';
import { cases } from '../support/long-run.ts';
import { hotRule, runningSite, startPress } from '../support/rules-site.ts';
import { until } from '../support/waiting.ts';

const KILLS = cases(4, 100);
const SEED = Number(process.env.SEED ?? 7);
/** As long as a change may be on its way to the disk. */
const PROMISED_MS = 10_000;
const LONGEST_LIFE_MS = 1_000;
const clock = systemClock();
const keep = disposals();

/** A timer that takes longer than the whole test. */
const TIMER = `
  long-hot:
    when: held(press.oil > 75, "1h")
    do: [ { write: press.valve, value: 9 } ]
`;

it(`keeps latches, alarms and timers over ${KILLS} kills (seed ${SEED})`, {
  timeout: 60_000 + KILLS * 5_000,
}, async () => {
  const random = seededRandom(SEED);
  const press = keep(await startPress(), (one) => one.stop());
  const gateway = keep(runningSite(press, { rules: hotRule(75, TIMER) }), (one) => one.dispose());
  const heldSince = async () => {
    const { 'rule long-hot': rule } = await savedState();
    return rule?.memories?.[0]?.since;
  };
  const savedState = async () =>
    JSON.parse(await readFile(join(gateway.folder, 'data', 'rules.json'), 'utf8')).kept;
  await gateway.start();
  press.heat(80);
  await until('the pump to stop', () => !press.pump());
  const decided = clock.mono();
  await until('the latch on disk', async () => {
    const state = await savedState().catch(() => undefined);
    return state?.['rule hot']?.state?.state?.phase === 'on';
  });
  expect(clock.mono() - decided).toBeLessThan(PROMISED_MS);
  const since = await heldSince();
  expect(since).toBeTypeOf('number');
  press.heat(20);
  press.heat(80);
  for (let kill = 0; kill < KILLS; kill++) {
    await sleep(clock, 'life', millis(random() * LONGEST_LIFE_MS));
    await gateway.kill();
    await gateway.start();
    const { alarms } = (await gateway.ask('alarms')) as { alarms: readonly object[] };
    expect(alarms).toMatchObject([{ id: 'hot', activation: 'hot#1', state: 'active' }]);
    const restored = gateway.lines.findLast(({ event }) => event === 'rules.state-restored');
    expect(restored).toMatchObject({ kept: 2, changed: 0, added: 0, removed: 0 });
  }
  // Nothing was decided again: the command went out once, and the timer is as old as it was, less the time off.
  const { rules } = await gateway.status();
  expect(rules.effects.command).toBe(0);
  await gateway.stop();
  expect(await heldSince()).toBeGreaterThanOrEqual(since);
  expect(await heldSince()).toBeLessThan(since + 60_000);
  expect(press.valve()).toBe(0);
});

it('begins anew with both copies of the state damaged, and says so', {
  timeout: 60_000,
}, async () => {
  const press = keep(await startPress(), (one) => one.stop());
  const gateway = keep(runningSite(press, { rules: hotRule(75) }), (one) => one.dispose());
  await gateway.start();
  press.heat(80);
  await until('the pump to stop', () => !press.pump());
  await gateway.stop();
  press.heat(20);
  for (const name of ['rules.json', 'rules.json.old'])
    await writeFile(join(gateway.folder, 'data', name), '{"format":1,"sha');
  await gateway.start();
  expect(gateway.lines.filter(({ event }) => event === 'state.lost')).toHaveLength(1);
  await gateway.line(({ event }) => event === 'rules.state-new');
  const { alarms } = (await gateway.ask('alarms')) as { alarms: readonly object[] };
  expect(alarms).toEqual([]);
});
