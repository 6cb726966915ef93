/**
 * A book as it was kept by an earlier run, which may be damaged or of another version: nothing of it is believed
 * unseen.
 */
import type { Kept } from '../../../gateway/host/state-store.ts';
import { METHODS, SOURCES } from './alignment.ts';
import { MOST_TALLIES } from './estimate.ts';
import { FINDING_KEYS } from './finding.ts';
import { MOST_NIGHTS } from './flow-watch.ts';
import {
  type Check,
  isCount,
  isExact,
  isFlag,
  isScalar,
  isText,
  isTime,
  listOf,
  mapOf,
  nullOr,
  oneOf,
  shapeOf,
} from './kept-check.ts';
import type { Book } from './reading-book.ts';
import { PERIOD_KINDS } from './reading-periods.ts';
import { MOST_METERS } from './reading-setup.ts';
import { FAILURES } from './reread-plan.ts';
import { MOST_POINTS, ORIGINS, type SeriesState } from './series-state.ts';

const isPoint = shapeOf({
  time: isTime,
  value: isExact,
  total: isExact,
  segment: isCount,
  doubts: isCount,
  origin: oneOf(...ORIGINS),
});
const isHeld = shapeOf({ time: isTime, value: isExact, unit: isText, origin: oneOf(...ORIGINS) });
const isTurn = shapeOf({
  kind: oneOf('rollover', 'reset', 'jump', 'swap'),
  from: isPoint,
  since: isTime,
  at: isTime,
});
const isSeriesShape = shapeOf({
  base: nullOr(isPoint),
  since: isTime,
  total: isExact,
  segment: isCount,
  doubts: isCount,
  held: nullOr(isHeld),
  turn: nullOr(isTurn),
  unit: isText,
  serial: nullOr(isText),
  began: isTime,
  points: listOf(isPoint, MOST_POINTS),
});

/** Points in their order, the base the last of them. */
function isSeries(kept: Kept): boolean {
  if (!isSeriesShape(kept)) return false;
  const { base, points } = kept as SeriesState;
  const isOrdered = points.every(({ time }, i) => time >= (points[i - 1]?.time ?? time));
  return isOrdered && (base === null || JSON.stringify(base) === JSON.stringify(points.at(-1)));
}

const isFlow = shapeOf({
  time: nullOr(isTime),
  total: isExact,
  moved: isTime,
  flowing: nullOr(isTime),
  flowingFrom: isExact,
  bursting: nullOr(isTime),
  nights: listOf(isExact, MOST_NIGHTS),
});
const isStatus = shapeOf({
  cover: nullOr(isScalar),
  magnetic: nullOr(isScalar),
  close: nullOr(isTime),
  reverseTotal: nullOr(isExact),
  isReverse: nullOr(isFlag),
});
const isStanding = shapeOf({}, Object.fromEntries(FINDING_KEYS.map((key) => [key, isTime])));
const isTally = shapeOf({
  start: isTime,
  end: isTime,
  weekday: oneOf(1, 2, 3, 4, 5, 6, 7),
  amount: isExact,
});
const isMeter = shapeOf({
  series: isSeries,
  flow: isFlow,
  status: isStatus,
  standing: isStanding,
  tallies: listOf(isTally, MOST_TALLIES),
  unsettled: isCount,
  isSilent: isFlag,
  heardAt: isTime,
  askedAt: isTime,
  night: isTime,
  clockOff: nullOr(isTime),
  said: mapOf(isScalar, MOST_METERS),
});

const isPeriod = shapeOf({ kind: oneOf(...PERIOD_KINDS), key: isText, start: isTime, end: isTime });
const isItem = shapeOf({
  source: oneOf(...SOURCES),
  method: nullOr(oneOf(...METHODS)),
  time: nullOr(isTime),
  value: nullOr(isExact),
  total: nullOr(isExact),
  doubts: isCount,
  span: nullOr(isTime),
  isTimeDeclared: isFlag,
});
const isStart = shapeOf({ total: nullOr(isExact), doubts: isCount, isGood: isFlag });
const isAttempts = shapeOf({
  count: isCount,
  last: isTime,
  refusals: isCount,
  unmet: isCount,
  failure: oneOf(...FAILURES),
});
const isRecord = shapeOf({
  period: isPeriod,
  opened: isTime,
  morning: isTime,
  version: isCount,
  isChanged: isFlag,
  items: mapOf(isItem, MOST_METERS),
  starts: mapOf(nullOr(isStart), MOST_METERS),
  attempts: mapOf(isAttempts, MOST_METERS),
});
const isTail = shapeOf({ end: isTime, starts: mapOf(isStart, MOST_METERS) });
const perKind = (check: Check): Check =>
  shapeOf({}, Object.fromEntries(PERIOD_KINDS.map((kind) => [kind, check])));

/** Records of all kinds together. */
export const MOST_OPEN = 400;

const isBook = shapeOf({
  meters: mapOf(isMeter, MOST_METERS),
  open: listOf(isRecord, MOST_OPEN),
  tails: perKind(isTail),
  seen: perKind(isTime),
  balance: isStanding,
});

/** The book behind it; undefined: it cannot be used. */
export const keptBook = (kept: Kept): Book | undefined =>
  isBook(kept) ? (kept as Book) : undefined;
