/** A daemon that is killed and goes on, asked for the trend of a tag through its command line. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seqOf } from '../../gateway/journal/journal.ts';
import type { TrendPoint } from '../../gateway/journal/trend-question.ts';
import { bytes, millis } from '../../gateway/model/units.ts';
import { daemon } from '../support/daemon.ts';
import { disposals } from '../support/disposals.ts';
import { everything, journalAt } from '../support/journal-fixture.ts';
import { samplesOf } from '../support/journal-samples.ts';
import { plcSite, startPlc } from '../support/plc.ts';
import { until } from '../support/waiting.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'gateway', 'main.ts');
const keep = disposals();

const called = (folder: string, ...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [MAIN, 'trend', ...args, join(folder, 'gateway.yaml')],
    { encoding: 'utf8', env: { ...process.env, HEADGATE_LANG: 'en' } },
  );
  return { status, stdout, stderr };
};

test('a trend has what was stored, before and behind a kill, and nothing between', async () => {
  const plant = keep(await startPlc(2), (one) => one.stop());
  const site = plcSite(plant, {
    ...{ gateway: 'trended', tags: 2, scan: '100ms', lossWindow: '100ms' },
    broker: 'mqtt://127.0.0.1:9',
  });
  const gateway = keep(daemon({ site }), (one) => one.dispose());
  const blocks = async () => (await gateway.status()).north.journal.head;
  await gateway.start();
  await until('ten blocks', async () => (await blocks()) >= 10);
  await gateway.kill();
  await gateway.start();
  const restarted = await blocks();
  await until('ten more', async () => (await blocks()) >= restarted + 10);

  const json = called(gateway.folder, 'plc.t0', '--since', '5m', '--points', '10000', '--json');
  expect(json).toMatchObject({ status: 0, stderr: '' });
  const { from, to, trends } = JSON.parse(json.stdout);
  const points: readonly TrendPoint[] = trends[0].points;
  const plain = called(gateway.folder, 'plc.t0', 'plc.t1', '--since', '5m');
  expect(plain.status).toBe(0);
  for (const tag of ['plc.t0', 'plc.t1'])
    expect(plain.stdout).toMatch(new RegExp(`^${tag} {2}last \\d+ `, 'm'));
  expect(plain.stdout).toMatch(/[\u2801-\u28ff]/);
  expect(plain.stdout).not.toContain('\u001b');
  const unknown = called(gateway.folder, 'plc.t', '--since', '5m');
  expect(unknown).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/the likeliest first: plc\.t[01]/),
  });
  await gateway.stop();
  expect(called(gateway.folder, 'plc.t0').stderr).toContain('headgate run <site>');

  const path = join(gateway.folder, 'data', 'journal.db');
  const journal = journalAt(path, { maxSize: bytes(2 ** 28), keep: millis(1e12) });
  expect(journal.head).toBeGreaterThan(seqOf(20));
  const stored = everything(journal)
    .filter((block) => block.class === 'telemetry')
    .flatMap(samplesOf)
    .filter(({ tag, value, time }) => tag === 'plc.t0' && value !== null && time <= to);
  await journal.close();
  // What was measured last may have waited for its commit when it was asked.
  const told = stored.slice(
    0,
    stored.findLastIndex(({ time }) => time <= Number(points.at(-1)?.to)) + 1,
  );
  expect(stored.length - told.length).toBeLessThan(20);
  expect(told.every(({ time }) => time >= from)).toBe(true);
  const values = told.map(({ value }) => Number(value));
  expect(points.flatMap(({ low, high }) => (low === high ? [low] : [low, high]))).toEqual(
    expect.arrayContaining([values[0], values.at(-1)]),
  );
  for (const { low, high, last, from: begin, to: end } of points) {
    const within = told.filter(({ time }) => time >= begin && time <= end);
    const numbers = within.map(({ value }) => Number(value));
    expect([low, high, last]).toEqual([Math.min(...numbers), Math.max(...numbers), numbers.at(-1)]);
  }
  const isIn = (time: number) => points.some((point) => time >= point.from && time <= point.to);
  expect(told.filter(({ time }) => !isIn(time))).toEqual([]);
  const gapOf = (times: readonly number[]) =>
    Math.max(...times.slice(1).map((time, i) => time - (times[i] ?? time)));
  expect(gapOf(points.map((point) => point.from))).toBe(gapOf(told.map(({ time }) => time)));
}, 60_000);
