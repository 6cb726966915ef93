/** A series as it was kept by an earlier run, which may be damaged or of another version: nothing of it is believed unseen. */
import type { Kept } from '../../../gateway/host/state-store.ts';
import { isKeptTime, keptFields } from '../kept-shape.ts';
import { exactOf } from './exact-number.ts';
import {
  type Held,
  MOST_POINTS,
  ORIGINS,
  type Origin,
  type Point,
  type SeriesState,
  type Turn,
} from './series-state.ts';

const MOST_TEXT = 64;
const TURNS = ['rollover', 'reset', 'jump', 'swap'] as const;

/** The state behind it; undefined: it cannot be used. */
export function keptSeries(kept: Kept): SeriesState | undefined {
  const fields = keptFields(kept, [
    ...(['base', 'since', 'total', 'segment', 'doubts', 'held', 'turn'] as const),
    ...(['unit', 'serial', 'began', 'points'] as const),
  ]);
  if (fields === undefined) return undefined;
  const { since, total, segment, doubts, unit, serial, began } = fields;
  const base = fields.base === null ? null : pointOf(fields.base);
  const held = fields.held === null ? null : heldOf(fields.held);
  const turn = fields.turn === null ? null : turnOf(fields.turn);
  const points = listOf(fields.points);
  if (base === undefined || held === undefined || turn === undefined) return undefined;
  if (points === undefined || !isKeptTime(since) || !isKeptTime(began)) return undefined;
  if (!isNumber(total) || !isCount(segment) || !isCount(doubts) || !isText(unit)) return undefined;
  if (serial !== null && !isText(serial)) return undefined;
  const last = points.at(-1);
  if (base !== null && JSON.stringify(base) !== JSON.stringify(last)) return undefined;
  return { base, since, total, segment, doubts, held, turn, unit, serial, began, points };
}

/** Points in their order, none too many. */
function listOf(kept: Kept): readonly Point[] | undefined {
  if (!Array.isArray(kept) || kept.length > MOST_POINTS) return undefined;
  const points: Point[] = [];
  for (const one of kept) {
    const point = pointOf(one);
    const before = points.at(-1);
    if (point === undefined || (before !== undefined && point.time < before.time)) return undefined;
    points.push(point);
  }
  return points;
}

function pointOf(kept: Kept): Point | undefined {
  const fields = keptFields(kept, ['time', 'value', 'total', 'segment', 'doubts', 'origin']);
  if (fields === undefined) return undefined;
  const { time, value, total, segment, doubts } = fields;
  const origin = originOf(fields.origin);
  if (!isKeptTime(time) || !isNumber(value) || !isNumber(total)) return undefined;
  if (!isCount(segment) || !isCount(doubts) || origin === undefined) return undefined;
  return { time, value, total, segment, doubts, origin };
}

function heldOf(kept: Kept): Held | undefined {
  const fields = keptFields(kept, ['time', 'value', 'unit', 'origin']);
  if (fields === undefined) return undefined;
  const { time, value, unit } = fields;
  const origin = originOf(fields.origin);
  if (!isKeptTime(time) || !isNumber(value) || !isText(unit) || !origin) return undefined;
  return { time, value, unit, origin };
}

function turnOf(kept: Kept): Turn | undefined {
  const fields = keptFields(kept, ['kind', 'from', 'since', 'at']);
  if (fields === undefined) return undefined;
  const { since, at } = fields;
  const kind = TURNS.find((name) => name === fields.kind);
  const from = pointOf(fields.from);
  if (!kind || !from || !isKeptTime(since) || !isKeptTime(at)) return undefined;
  return { kind, from, since, at };
}

const originOf = (kept: Kept): Origin | undefined => ORIGINS.find((name) => name === kept);
const isText = (kept: Kept): kept is string => typeof kept === 'string' && kept.length <= MOST_TEXT;
const isNumber = (kept: Kept): kept is string =>
  typeof kept === 'string' && exactOf(kept) !== undefined;
const isCount = (kept: Kept): kept is number => Number.isSafeInteger(kept) && Number(kept) >= 0;
