import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Log } from '../../../gateway/host/log.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import {
  fileStateStore,
  MOST_CHARACTERS,
  MOST_KEYS,
  memoryStateStore,
  statePath,
} from '../../../gateway/host/state-store.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis, seconds } from '../../../gateway/model/units.ts';
import { temporaryDirectory } from '../../support/journal-fixture.ts';
import { until } from '../../support/waiting.ts';

const place = () => join(temporaryDirectory(), 'state.json');
const clock = virtualClock();
const open = (path: string, log: Log = silentLog) => fileStateStore(path, clock, log);
const loudLog = () => {
  const events: string[] = [];
  const note = (event: string) => void events.push(event);
  return { events, log: { ...silentLog, info: note, warn: note, error: note } };
};

/** A file with two generations: newest {n: 2}, older {n: 1}. */
async function twoGenerations(path: string) {
  const store = await open(path);
  for (const n of [1, 2]) {
    store.set('n', n);
    await store.flush();
  }
}

describe('the state on disk', () => {
  it('lies beside the journal', () => {
    expect(statePath('/var/lib/headgate/journal.db')).toBe('/var/lib/headgate/state.json');
  });

  it('is there again after a restart, whatever JSON can say', async () => {
    const path = place();
    const store = await open(path);
    const values = { text: '€', list: [1, null, { deep: true }], __proto__: 'x', 17: 0.1, 2: -1 };
    for (const [key, value] of Object.entries(values)) store.set(key, value);
    await store.flush();
    const again = await open(path);
    for (const [key, value] of Object.entries(values)) expect(again.get(key)).toEqual(value);
    expect(again.facts()).toEqual({ ...store.facts(), failures: 0, damaged: 0 });
    expect(again.get('never')).toBeUndefined();
  });

  it('is written by itself within ten seconds of the first change, once for all changes', async () => {
    const path = place();
    const own = virtualClock();
    const store = await fileStateStore(path, own, silentLog);
    for (let n = 0; n < 100; n++) {
      store.set('n', n);
      await own.advance(seconds(0.04));
    }
    expect(own.pending()).toEqual(['state.write']);
    await own.advance(seconds(6));
    await until('the file', () => readdirSync(join(path, '..')).includes('state.json'));
    await store.flush();
    expect((await open(path)).get('n')).toBe(99);
    expect(own.pending()).toEqual([]);
  });

  it('does not keep a value that is changed afterwards', async () => {
    const store = await open(place());
    const value = [1];
    store.set('list', value);
    value.push(2);
    expect(store.get('list')).toEqual([1]);
  });

  it('writes nothing when nothing changed', async () => {
    const path = place();
    await twoGenerations(path);
    const store = await open(path);
    store.set('n', 2);
    await store.flush();
    expect(readFileSync(`${path}.old`, 'utf8')).toContain('{"n":1}');
  });

  it('falls back to the copy before when the newest is cut off at any place', async () => {
    const path = place();
    await twoGenerations(path);
    const whole = readFileSync(path);
    for (let length = 0; length < whole.length - 1; length += 7) {
      writeFileSync(path, whole.subarray(0, length));
      const store = await open(path);
      expect([length, store.get('n'), store.facts().damaged]).toEqual([length, 1, 1]);
    }
  });

  it('falls back when one digit of the newest is another one', async () => {
    const path = place();
    await twoGenerations(path);
    writeFileSync(path, readFileSync(path, 'utf8').replace('{"n":2}', '{"n":3}'));
    expect((await open(path)).get('n')).toBe(1);
  });

  it('does not move a damaged newest copy over the good one before it', async () => {
    const path = place();
    await twoGenerations(path);
    writeFileSync(path, 'garbage');
    const store = await open(path);
    store.set('n', 3);
    await store.flush();
    expect((await open(path)).get('n')).toBe(3);
    expect(readFileSync(`${path}.old`, 'utf8')).toContain('{"n":1}');
  });

  it('is found when power went between the two renames', async () => {
    const path = place();
    await twoGenerations(path);
    rmSync(path);
    expect((await open(path)).get('n')).toBe(1);
  });

  it('begins empty, loudly, with both copies damaged', async () => {
    const path = place();
    const { events, log } = loudLog();
    await twoGenerations(path);
    writeFileSync(path, '');
    writeFileSync(`${path}.old`, '{"format":1,"sha256":"","kept":null}');
    const store = await open(path, log);
    expect([store.get('n'), store.facts().damaged, events]).toEqual([undefined, 2, ['state.lost']]);
    store.set('n', 7);
    await store.flush();
    expect((await open(path)).get('n')).toBe(7);
  });

  it('keeps in memory what the disk does not take, says so once and tries again', async () => {
    const folder = temporaryDirectory();
    const path = join(folder, 'data', 'state.json');
    const own = virtualClock();
    const { events, log } = loudLog();
    const store = await fileStateStore(path, own, log);
    writeFileSync(join(folder, 'data'), 'a file where the folder should be');
    store.set('n', 1);
    await store.flush();
    await store.flush();
    expect([store.get('n'), store.facts().failures, events]).toEqual([
      1,
      2,
      ['state.write-failed'],
    ]);
    rmSync(join(folder, 'data'));
    store.set('n', 2);
    await own.advance(seconds(6));
    await until('the write', () => events.includes('state.writing-resumed'));
    expect((await open(path)).get('n')).toBe(2);
  });

  it('has a limit, and counts what it refuses', async () => {
    const store = await open(place());
    for (let n = 0; n <= MOST_KEYS; n++) store.set(`key ${n}`, n);
    expect(store.facts()).toMatchObject({ keys: MOST_KEYS, refused: 1 });
    store.set('key 0', 'x'.repeat(MOST_CHARACTERS));
    expect([store.get('key 0'), store.facts().refused]).toEqual([0, 2]);
    store.set('key 0', 'still there for others');
    expect(store.get('key 0')).toBe('still there for others');
  });

  it('forgets what is deleted, and lists what it keeps', async () => {
    const path = place();
    const store = await open(path);
    store.set('a', 1);
    store.set('b', 'two');
    const { size } = store.facts();
    store.set('c', 3);
    store.delete('c');
    store.delete('never');
    expect(store.keys()).toEqual(['a', 'b']);
    expect(store.facts()).toMatchObject({ keys: 2, size });
    await store.flush();
    const again = await open(path);
    expect(again.keys()).toEqual(['a', 'b']);
    expect(again.get('c')).toBeUndefined();
  });

  it('is found again with keys that look like numbers, in whatever order they came', async () => {
    const path = place();
    const store = await open(path);
    const keys = ['10', 'b', '9', '__proto__', 'a', '01'];
    for (const key of keys) store.set(key, { key });
    await store.flush();
    const again = await open(path);
    expect(again.facts().damaged).toBe(0);
    expect(keys.map((key) => again.get(key))).toEqual(keys.map((key) => ({ key })));
  });

  it('takes other limits, and gathers for another time', async () => {
    const path = place();
    const limits = { keys: 2, characters: 100, gather: millis(500) };
    const store = await fileStateStore(path, clock, silentLog, limits);
    store.set('a', 'x'.repeat(60));
    store.set('b', 'x'.repeat(60));
    expect(store.facts()).toMatchObject({ keys: 1, refused: 1 });
    await clock.advance(millis(499));
    expect((await open(path)).keys()).toEqual([]);
    await clock.advance(millis(1));
    await store.flush();
    expect((await open(path)).keys()).toEqual(['a']);
  });

  it('is no business of other users', async () => {
    const path = place();
    await twoGenerations(path);
    expect(statSync(path).mode & 0o077).toBe(0);
  });
});

it('a store in memory keeps until the process ends', async () => {
  const store = memoryStateStore();
  store.set('n', 1);
  await store.flush();
  expect([store.get('n'), store.get('m')]).toEqual([1, undefined]);
});
