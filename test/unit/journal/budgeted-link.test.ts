import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Clock, systemClock } from '../../../gateway/host/clock.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import type { Commit } from '../../../gateway/journal/journal.ts';
import { CargoQueue } from '../../../gateway/journal/north/cargo-queue.ts';
import { NorthLink } from '../../../gateway/journal/north/north-link.ts';
import { bytes, millis, monoMs } from '../../../gateway/model/units.ts';
import { temporaryDirectory } from '../../support/journal-fixture.ts';
import { numbered, siteTags, TAGS } from '../../support/journal-samples.ts';
import { until } from '../../support/waiting.ts';

/** A second of the worker is a quarter of an hour of the field side. */
const HURRY = 1000;

function hurriedClock(): Clock {
  const clock = systemClock();
  return {
    ...clock,
    mono: () => monoMs(clock.mono() * HURRY),
    at: (name, due, run) => clock.at(name, monoMs(due / HURRY), run),
  };
}

test('a site that writes more than its budget waits longer for company, and says so; alarms do not wait', async () => {
  const told: Record<string, unknown>[] = [];
  const path = join(temporaryDirectory(), 'journal.db');
  const link = new NorthLink({
    site: {
      gateway: { id: 'g', timezone: 'UTC' },
      journal: {
        ...{ path, lossWindow: millis(1000), maxSize: bytes(2 ** 24), keep: millis(1e9) },
        ...{ lossWindowMax: millis(8000), flashBudget: bytes(1e6) },
      },
      uplinks: [],
      tags: siteTags(8),
      hash: 'c0ffee',
    },
    clock: hurriedClock(),
    log: { ...silentLog, warn: (event, fields) => void told.push({ event, ...fields }) },
    random: () => 0,
  });
  onTestFinished(() => link.stop());
  const commits: Commit[] = [];
  link.onCommitted((commit) => commits.push(commit));
  await link.start();
  expect((await link.stats()).link.lossWindow).toMatchObject({ windowMs: 1000, declaredMs: 1000 });
  let round = 0;
  await until('a wider window', async () => {
    link.append('telemetry', numbered(++round));
    link.noteWritten('state', { bytes: 50_000, syncs: 2 });
    return (await link.stats()).link.lossWindow.windowMs > 1000;
  });
  const { journal, link: facts } = await link.stats();
  expect(facts.lossWindow.windowMs).toBeLessThanOrEqual(8000);
  expect(facts.lossWindow.presentDay).toBeGreaterThan(1e6);
  expect(journal.wear.today.causes.state?.bytes).toBeGreaterThanOrEqual(50_000);
  expect(told).toContainEqual(
    expect.objectContaining({
      event: 'journal.loss-window-changed',
      window_ms: facts.lossWindow.windowMs,
      declared_ms: 1000,
      budget_bytes_per_day: 1e6,
    }),
  );
});

test('a wider window is telemetry’s alone, and holds for what waits already', () => {
  const queue = new CargoQueue(millis(1000), (tag) => TAGS.indexOf(tag));
  const clock = { boot: 'b', offset: 0, trust: 'synced' } as const;
  const add = (blockClass: 'telemetry' | 'alarm' | 'record') =>
    queue.add(blockClass, { samples: numbered(1), clock, now: monoMs(0), underWay: 0 });
  add('telemetry');
  const before = queue.due ?? 0;
  queue.lossWindow = millis(4000);
  expect(queue.due).toBe(before * 4);
  add('alarm');
  expect(queue.due).toBe(0);
  queue.take();
  add('record');
  expect(queue.due).toBe(0);
});
