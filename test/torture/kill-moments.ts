/** When a victim of the attack `kill` is killed, drawn from the seed. */
import type { Random } from '../../gateway/model/backoff.ts';

/**
 * `open`: between the start of the process and the open journal · `check`: while the journal of a process that was killed
 * is opened and checked · `first-commit` · `steady` · `checkpoint`: when the main file changes, which only a checkpoint
 * does · `retention`: around the first round of it, a second after the open · `worker`: some time after its worker thread was ended and another took
 * over what was under way · `stop`: while it stops in order.
 */
export const MOMENTS = [
  'open',
  'check',
  'first-commit',
  'steady',
  'checkpoint',
  'retention',
  'worker',
  'stop',
] as const;
export type Moment = (typeof MOMENTS)[number];

/** Of a hundred kills. */
const WEIGHTS: Readonly<Record<Moment, number>> = {
  open: 12,
  check: 18,
  'first-commit': 20,
  steady: 13,
  checkpoint: 16,
  retention: 4,
  worker: 5,
  stop: 12,
};

export interface KillPlan {
  readonly moment: Moment;
  /** Where in the moment's own span, 0 to 1. */
  readonly place: number;
  readonly lossWindowMs: number;
}

/** With the commit itself these stay below the second that is asked for. */
const LOSS_WINDOWS_MS = [50, 100, 250, 500];

export function drawPlan(random: Random): KillPlan {
  const moment = HUNDRED[Math.floor(random() * HUNDRED.length)] as Moment;
  const place = random();
  const lossWindowMs = LOSS_WINDOWS_MS[Math.floor(random() * LOSS_WINDOWS_MS.length)] as number;
  return { moment, place, lossWindowMs };
}

/** Each moment as often as it has to come. */
const HUNDRED = MOMENTS.flatMap((moment) => Array<Moment>(WEIGHTS[moment]).fill(moment));
