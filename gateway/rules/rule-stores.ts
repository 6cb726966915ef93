/**
 * Where the state of the rules outlives a restart and a kill: in two small files beside the journal. What changes often is
 * in one; the samples of windows, which are most of it and may be some minutes old, are in the other.
 */

import { dirname, join } from 'node:path';
import type { SavedRules } from '../../rules/engine/engine.ts';
import type { Clock } from '../host/clock.ts';
import { isFields, type KeptFields } from '../host/kept-fields.ts';
import type { Log } from '../host/log.ts';
import {
  type ChangingStateStore,
  changingMemoryStore,
  type FileStateStore,
  fileStateStore,
  type Kept,
  type StateLimits,
} from '../host/state-store.ts';
import { millis, seconds } from '../model/units.ts';

export interface RuleStores {
  readonly state: ChangingStateStore;
  readonly windows: ChangingStateStore;
}

/** One key for each rule and one for each tag that they use, and a handful of others. */
const LIMITS: StateLimits = { keys: 50_000, characters: 16_000_000, gather: millis(500) };
/** Windows are saved one after the other, and written when all are. */
const WINDOW_LIMITS: StateLimits = { ...LIMITS, gather: seconds(10) };

/** The files of a gateway with this journal, read before it resolves. */
export async function openRuleStores(
  journal: string,
  clock: Clock,
  log: Log,
): Promise<{ readonly [store in keyof RuleStores]: FileStateStore & ChangingStateStore }> {
  const open = (name: string, limits: StateLimits) =>
    fileStateStore(join(dirname(journal), name), clock, log, limits);
  const [state, windows] = await Promise.all([
    open('rules.json', LIMITS),
    open('rules-windows.json', WINDOW_LIMITS),
  ]);
  return { state, windows };
}

/** For a gateway that ends without a trace. */
export const memoryRuleStores = (): RuleStores => ({
  state: changingMemoryStore(),
  windows: changingMemoryStore(),
});

const RULE = 'rule ';
const TAG = 'tag ';

/** Puts what an engine saved into the stores, the samples of windows where there are any. */
export function keep({ state, windows }: RuleStores, saved: SavedRules): void {
  const { rules, tags, alarms, numbers, now, utc, isSynced } = saved;
  state.set('time', { now, utc, isSynced });
  state.set('alarms', alarms);
  state.set('numbers', numbers);
  const known = new Set<string>();
  const put = (key: string, value: Kept) => {
    known.add(key);
    state.set(key, value);
  };
  for (const [name, rule] of Object.entries(rules)) put(RULE + name, rule);
  for (const [tag, fields] of Object.entries(tags)) {
    const { arrivals, values, ...rest } = fields as KeptFields;
    put(TAG + tag, rest);
    if (arrivals !== undefined && values !== undefined)
      keepWindow({ windows }, tag, { arrivals, values });
  }
  for (const key of state.keys())
    if ((key.startsWith(RULE) || key.startsWith(TAG)) && !known.has(key)) state.delete(key);
  for (const key of windows.keys()) if (!known.has(key)) windows.delete(key);
}

/** The samples of one window, which may be newer than the state. */
export function keepWindow(
  { windows }: Pick<RuleStores, 'windows'>,
  tag: string,
  window: Kept,
): void {
  windows.set(TAG + tag, window);
}

/** What an earlier engine saved; undefined: nothing, or nothing that can be read. */
export function kept({ state, windows }: RuleStores): SavedRules | undefined {
  const time = state.get('time');
  if (!isFields(time)) return undefined;
  const { now, utc, isSynced } = time;
  if (typeof now !== 'number' || typeof utc !== 'number') return undefined;
  const entries = (prefix: string, of: (key: string) => Kept | undefined) =>
    Object.fromEntries(
      state
        .keys()
        .filter((key) => key.startsWith(prefix))
        .map((key) => [key.slice(prefix.length), of(key) ?? null]),
    );
  return {
    now,
    utc,
    isSynced: isSynced === true,
    alarms: state.get('alarms') ?? null,
    numbers: state.get('numbers') ?? null,
    rules: entries(RULE, (key) => state.get(key)),
    tags: entries(TAG, (key) => withWindow(state.get(key), windows.get(key), now)),
  };
}

/** Samples that are newer than the state, because only one of the two files was written, are left out. */
function withWindow(
  tag: Kept | undefined,
  window: Kept | undefined,
  now: number,
): Kept | undefined {
  if (!isFields(tag) || !isFields(window)) return tag;
  const { arrivals, values } = window;
  if (!Array.isArray(arrivals) || !Array.isArray(values)) return tag;
  const length = arrivals.findLastIndex((arrival) => Number(arrival) <= now) + 1;
  return { ...tag, arrivals: arrivals.slice(0, length), values: values.slice(0, length) };
}
