/**
 * Wear shows as a slow change: of a cycle time, a vacuum build-up, a motor current. What is normal is learnt from the
 * first samples of each recipe, and what comes after is compared with it. It warns while there is time to act.
 */
import type { EngineMs } from '../../effect.ts';
import {
  type Baseline,
  baselineOf,
  daysUntil,
  isBeyond,
  levelsOf,
  middleOf,
  type Threshold,
  type Toward,
} from './cell-wear-trend.ts';

/** Recipes that are remembered; the one that ran longest ago is forgotten first. */
export const MOST_RECIPES = 8;
/** Limits of the options. */
export const MOST_LEARNT = 100;
export const MOST_OVER = 50;
export const MOST_OF_M = 50;
/** Points of the trend that are kept. */
const POINTS = 32;
const DAY = 86_400_000;

export interface WearConfig {
  readonly name: string;
  /** Samples that are learnt from. */
  readonly learn: number;
  /** Samples whose median is compared. */
  readonly over: number;
  readonly warn: Threshold;
  readonly limit: Threshold | undefined;
  readonly toward: Toward;
  /** So many of the last so many medians; more than half. */
  readonly of: { readonly n: number; readonly m: number };
  /** Of running, after it had not run for as long: ignored. */
  readonly warmUp: number;
  /** The time between samples; undefined: one with each cycle. */
  readonly every: number | undefined;
  /** The trend looks so far back, in ms. */
  readonly trend: number;
  /** It warns when the limit will be reached within so long, in ms. */
  readonly ahead: number;
}

export type WearLevel = 'learning' | 'ok' | 'warn' | 'limit';

export type RecipeWear = {
  readonly recipe: string;
  readonly baseline: Baseline | null;
  /** Samples: those learnt so far, or the last `over`. */
  readonly samples: readonly number[];
  /** Of the last m medians: 0 fine, 1 too far or soon at the limit, 2 at the limit. */
  readonly marks: readonly number[];
  readonly points: readonly (readonly [EngineMs, number])[];
  readonly level: WearLevel;
  /** In days; null: nobody can tell. */
  readonly forecast: number | null;
};

export type Wear = {
  /** The one that ran last stands last. */
  readonly recipes: readonly RecipeWear[];
  readonly isRunning: boolean;
  /** Since when it does not run; null: nobody saw it run yet. */
  readonly stopped: EngineMs | null;
  readonly warmAt: EngineMs;
  readonly sampled: EngineMs | null;
  /** The command to learn anew was true. */
  readonly isRelearning: boolean;
  readonly isWarned: boolean;
  readonly isAtLimit: boolean;
};

export const NEW_WEAR: Wear = {
  recipes: [],
  isRunning: false,
  stopped: null,
  warmAt: 0,
  sampled: null,
  isRelearning: false,
  isWarned: false,
  isAtLimit: false,
};

export interface WearLook {
  readonly now: EngineMs;
  /** Undefined: unknown. */
  readonly value: number | undefined;
  /** Production is settled. */
  readonly isRunning: boolean;
  /** A cycle ended in this moment. */
  readonly isCycle: boolean;
  readonly recipe: string;
  /** All that was learnt is forgotten where this becomes true. */
  readonly relearn: boolean;
}

export type AlarmChange = 'active' | 'cleared';

export interface Worn {
  readonly wear: Wear;
  /** Of the warning, which stays while the limit is reached, and of the limit. */
  readonly warning: AlarmChange | undefined;
  readonly limit: AlarmChange | undefined;
}

export function worn(before: Wear, look: WearLook, config: WearConfig): Worn {
  const run = withRun(before, look, config);
  const anew = look.relearn && !before.isRelearning ? [] : run.recipes;
  const wear = { ...run, recipes: anew, isRelearning: look.relearn };
  const { value, now } = look;
  const isDue =
    config.every === undefined
      ? look.isCycle
      : wear.sampled === null || now - wear.sampled >= config.every;
  const isWanted = value !== undefined && Number.isFinite(value) && isDue;
  if (!isWanted || !look.isRunning || now < wear.warmAt) return turned(wear, look.recipe);
  const recipe = recipeIn(wear, look.recipe) ?? newRecipe(look.recipe);
  const next = withSample(recipe, value, now, config);
  const others = wear.recipes.filter(({ recipe: name }) => name !== look.recipe);
  const recipes = [...others, next].slice(-MOST_RECIPES);
  return turned({ ...wear, recipes, sampled: now }, look.recipe);
}

/** The recipe's part of it; undefined: nothing was learnt of it. */
export const recipeIn = ({ recipes }: Wear, name: string): RecipeWear | undefined =>
  recipes.find(({ recipe }) => recipe === name);

const newRecipe = (recipe: string): RecipeWear => ({
  recipe,
  baseline: null,
  samples: [],
  marks: [],
  points: [],
  level: 'learning',
  forecast: null,
});

/** The machine is warm when it has run for `warmUp`, and cools down as slowly. */
function withRun(wear: Wear, { now, isRunning }: WearLook, { warmUp }: WearConfig): Wear {
  if (isRunning === wear.isRunning) return wear;
  if (!isRunning) return { ...wear, isRunning, stopped: now };
  const isCold = wear.stopped === null || now - wear.stopped >= warmUp;
  return { ...wear, isRunning, warmAt: isCold ? now + warmUp : wear.warmAt };
}

function withSample(
  before: RecipeWear,
  sample: number,
  now: EngineMs,
  config: WearConfig,
): RecipeWear {
  const { baseline } = before;
  if (baseline === null) {
    const samples = [...before.samples, sample];
    return samples.length < config.learn
      ? { ...before, samples }
      : { ...before, samples: [], baseline: baselineOf(samples), level: 'ok' };
  }
  const samples = [...before.samples, sample].slice(-config.over);
  if (samples.length < config.over) return { ...before, samples };
  const median = middleOf(samples);
  const points = withPoint(before.points, [now, median], config.trend);
  const warnAt = levelsOf(config.warn, baseline, config.toward);
  const limitAt = config.limit && levelsOf(config.limit, baseline, config.toward);
  const forecast = limitAt === undefined ? null : daysUntil(points, now, limitAt, baseline);
  const isSoon = forecast !== null && forecast * DAY <= config.ahead;
  const mark =
    limitAt && isBeyond(median, limitAt) ? 2 : isSoon || isBeyond(median, warnAt) ? 1 : 0;
  const marks = [...before.marks, mark].slice(-config.of.m);
  return { ...before, samples, points, forecast, marks, level: levelAfter(before, marks, config) };
}

/** A level is entered when n of the last m say so, and left when n of them do not any more. */
function levelAfter(
  { level }: RecipeWear,
  marks: readonly number[],
  { of: { n, m } }: WearConfig,
): WearLevel {
  const atLeast = (mark: number) => marks.filter((other) => other >= mark).length;
  const isAt = (mark: number, isThere: boolean) => atLeast(mark) >= (isThere ? m - n + 1 : n);
  if (isAt(2, level === 'limit')) return 'limit';
  return isAt(1, level === 'limit' || level === 'warn') ? 'warn' : 'ok';
}

/** Points are as far apart as fills the trend. */
function withPoint(
  points: RecipeWear['points'],
  point: readonly [EngineMs, number],
  trend: number,
): RecipeWear['points'] {
  const last = points[points.length - 1];
  if (last !== undefined && point[0] - last[0] < trend / POINTS) return points;
  return [...points, point].filter(([at]) => at > point[0] - trend).slice(-POINTS);
}

/** The alarms are those of the recipe that runs. */
function turned(wear: Wear, recipe: string): Worn {
  const level = recipeIn(wear, recipe)?.level;
  const isAtLimit = level === 'limit';
  const isWarned = level === 'warn' || isAtLimit;
  return {
    wear: { ...wear, isWarned, isAtLimit },
    warning: changeOf(wear.isWarned, isWarned),
    limit: changeOf(wear.isAtLimit, isAtLimit),
  };
}

function changeOf(before: boolean, after: boolean): AlarmChange | undefined {
  if (before === after) return undefined;
  return after ? 'active' : 'cleared';
}
