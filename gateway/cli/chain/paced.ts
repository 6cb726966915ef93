/** A long way in turns: Ctrl-C is heard, and who waits is told how far it is. */
import { setImmediate } from 'node:timers/promises';
import { between, later, type MonoMs, millis, seconds } from '../../model/units.ts';
import type { Call } from '../verb.ts';

/** What is over by then shows no progress. */
const FIRST_PROGRESS = seconds(2);
const PROGRESS_EVERY = seconds(1);
const TURN_EVERY = millis(50);

/** `share` tells how much of the way is done, 0…1. Rejects with the reason of the signal when it is aborted. */
export async function* paced<T>(
  items: Iterable<T>,
  { clock, signal, note, language }: Pick<Call, 'clock' | 'signal' | 'note' | 'language'>,
  share: () => number,
): AsyncGenerator<T> {
  const began = clock.mono();
  let [nextTurn, nextProgress] = [later(began, TURN_EVERY), later(began, FIRST_PROGRESS)];
  for (const item of items) {
    yield item;
    const now: MonoMs = clock.mono();
    if (now < nextTurn) continue;
    nextTurn = later(now, TURN_EVERY);
    await setImmediate();
    signal.throwIfAborted();
    if (now < nextProgress) continue;
    nextProgress = later(now, PROGRESS_EVERY);
    const [percent, spent] = [Math.floor(100 * share()), Math.round(between(began, now) / 1000)];
    note(
      language === 'zh' ? `已完成 ${percent} %，用时 ${spent} s` : `${percent} % after ${spent} s`,
    );
  }
}
