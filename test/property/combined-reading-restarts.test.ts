/** Whenever a gateway is restarted, or its rules are loaded anew, the records of a household are what they would have been. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../gateway/host/random.ts';
import { local } from '../support/reading-fixture.ts';
import { PlayedReading } from '../support/reading-site.ts';

const READING = `electricity: { total: em_1203.total, frozen: { days: em_1203.day_* } }
water: { total: wm_1203.volume, status: { battery: wm_1203.battery_low } }
every: 1h
freeze: "00:00"
freeze_command: em_1203.freeze`;

const HOURS = 60;
const START = '2026-02-27 22:30';

/** A household from a seed; what `disturb` does happens between its samples. */
function life(seed: number, disturb: (run: PlayedReading, now: string) => void): PlayedReading {
  const random = seededRandom(seed);
  const run = new PlayedReading(READING, START);
  let [energy, water] = [999_990, 5];
  let now = local(START);
  while (now < local(START) + HOURS * 3_600_000) {
    now += 60_000 * Math.ceil(random() * 25);
    run.until(now);
    const rest = (value: number) => value % 1_000_000;
    energy += Math.round(random() * 300) / 100;
    water += Math.round(random() * 30) / 1000;
    if (random() < 0.8) run.give({ 'em_1203.total': Math.round(rest(energy) * 100) / 100 });
    if (random() < 0.5) run.give({ 'wm_1203.volume': Math.round(water * 1000) / 1000 });
    if (random() < 0.1) run.give({ 'wm_1203.battery_low': random() < 0.5 });
    if (random() < 0.1) run.give({ 'wm_1203.volume': { value: null, quality: 'bad:comm' } });
    if (random() < 0.05) run.give({ 'wm_1203.volume': { value: 0, quality: 'good' } });
    disturb(run, new Date(now + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' '));
  }
  return run;
}

const seeds = process.env.SEED ? [Number(process.env.SEED)] : [1, 2, 3, 4];

describe.each(seeds)('a household, seed %i', (seed) => {
  const told = (run: PlayedReading) => ({
    records: run.records,
    events: run.events.map(({ values }) => values),
    turns: run.turns,
    writes: run.writes.map(({ time, tag }) => `${time} ${tag}`),
    reads: run.reads,
  });
  const undisturbed = told(life(seed, () => {}));

  it('has something to tell', () => {
    expect(undisturbed.records.length).toBeGreaterThan(HOURS);
    expect(undisturbed.events.length).toBeGreaterThan(0);
    expect(undisturbed.writes.length).toBeGreaterThan(HOURS - 5);
  });

  it('tells the same through restarts', () => {
    const random = seededRandom(seed + 1_000);
    const run = life(seed, (one, now) => {
      if (random() < 0.3) one.restart(now);
    });
    expect(told(run)).toEqual(undisturbed);
  });

  it('tells the same when its rules are loaded anew', () => {
    const random = seededRandom(seed + 2_000);
    const run = life(seed, (one) => {
      if (random() < 0.2) one.replace(READING);
    });
    expect(told(run)).toEqual(undisturbed);
  });
});
