/** How a shared wire is treated before a request, and after one that failed. */
import type { Outcome } from '../../drivers/driver.ts';
import type { Line, SerialSettings } from '../../drivers/line/line.ts';
import { type AtOptions, type Clock, sleep } from '../host/clock.ts';
import { between, later, type Millis, seconds } from '../model/units.ts';
import { DRAIN_QUIET } from './probing.ts';

/** A unit that babbles without end does not hold the bus for longer than this. */
const DRAIN_LIMIT: Millis = seconds(1);
const PRECISE: AtOptions = { precise: true };

/** Old input is dropped, the line tuned, and the wire quiet for `silence`. */
export async function prepare(
  line: Line,
  clock: Clock,
  { settings, silence }: { readonly settings: SerialSettings; readonly silence: Millis },
  signal: AbortSignal,
): Promise<void> {
  await line.discardInput();
  await line.tune(settings);
  await untilQuiet(line, clock, silence, signal);
}

/** Waits until the wire has been quiet for `silence`. */
export async function untilQuiet(
  line: Line,
  clock: Clock,
  silence: Millis,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const wait = between(clock.mono(), later(line.busyUntil(), silence));
    if (wait <= 0) return;
    await sleep(clock, 'bus.silence', wait, signal, PRECISE);
  }
}

/**
 * Waits until the wire has been quiet for a while, so that a late answer cannot meet the next request: behind
 * silence from now on, behind a damaged answer since its last byte.
 */
export async function drain(
  line: Line,
  clock: Clock,
  outcome: Outcome,
  signal: AbortSignal,
): Promise<void> {
  const limit = later(clock.mono(), DRAIN_LIMIT);
  let quietAt = later(outcome === 'garbled' ? line.busyUntil() : clock.mono(), DRAIN_QUIET);
  while (clock.mono() < quietAt && clock.mono() < limit) {
    await sleep(clock, 'bus.drain', between(clock.mono(), quietAt), signal);
    quietAt = later(line.busyUntil(), DRAIN_QUIET);
  }
  await line.discardInput();
}
