/** A cell in words: the names of its states, and what its alarms say in both languages. Pure. */
import type { Language } from '../../gateway/model/errors.ts';
import type { CellRule } from '../cell-rule.ts';
import { durationText } from '../tests/rule-test-words.ts';
import type { CellTurn } from './cell/cell.ts';
import type { CellState } from './cell/cell-memory.ts';
import { type Condition, reasonOf, stateNumbers } from './cell/cell-state.ts';
import { recipeIn } from './cell/cell-wear.ts';
import { levelsOf, middleOf } from './cell/cell-wear-trend.ts';

/** The names of PackML (ISA-TR88.00.02), by number. */
export const PACKML: Readonly<Record<number, string>> = {
  2: 'Stopped',
  4: 'Idle',
  5: 'Suspended',
  6: 'Execute',
  9: 'Aborted',
  11: 'Held',
};

/** Undefined: nobody knows. */
export const stateName = (condition: Condition): string | undefined => {
  const { packmlState } = stateNumbers(condition);
  return packmlState === null ? undefined : PACKML[packmlState];
};

/** `Suspended (starved)`, `Execute`, `unknown (no_signal)`. */
export function conditionText(condition: Condition, faultCode: string | null): string {
  const reason = reasonOf(condition, faultCode);
  const name = stateName(condition) ?? 'unknown';
  return reason.toLowerCase() === name.toLowerCase() ? name : `${name} (${reason})`;
}

type Words = Readonly<Record<Language, string>>;

/** What an alarm says when it becomes active. */
export function turnMessage({ of, index }: CellTurn, state: CellState, rule: CellRule): Words {
  return of === 'handshake'
    ? handshakeMessage(index, rule)
    : wearMessage(index, of === 'wear-limit', state, rule);
}

function handshakeMessage(index: number, { roles, cell }: CellRule): Words {
  const { name = '', within = 0 } = cell.config.handshakes[index] ?? {};
  const text = (part: string) =>
    roles.find(([role]) => role === `cell.handshakes[${index}].${part}`)?.[1].text ?? '';
  const [after, expect, time] = [text('after'), text('expect'), durationText(within)];
  return {
    en: `handshake ${name}: ${expect} did not come within ${time} after ${after}`,
    zh: `握手 ${name}：${after} 之后 ${time} 内未出现 ${expect}`,
  };
}

function wearMessage(index: number, isAtLimit: boolean, state: CellState, rule: CellRule): Words {
  const config = rule.cell.config.wear[index];
  const wear = state.wear[index];
  const product = state.batch.product ?? '';
  const recipe = wear && recipeIn(wear, product);
  if (config === undefined || recipe === undefined || recipe.baseline === null)
    return { en: 'wear', zh: '磨损' };
  const { name, warn, limit, toward } = config;
  const value = middleOf(recipe.samples);
  const { median } = recipe.baseline;
  const threshold = isAtLimit && limit ? limit : warn;
  const { up, down } = levelsOf(threshold, recipe.baseline, toward);
  const at = value >= median ? up : down;
  const [now, learnt, level] = [value, median, at].map((of) => (of === null ? '—' : short(of)));
  const days = recipe.forecast === null ? undefined : short(recipe.forecast);
  const of = product === '' ? { en: '', zh: '' } : { en: ` (${product})`, zh: `（${product}）` };
  const soon = isAtLimit || days === undefined;
  return {
    en: `${name}${of.en} is ${now}, was ${learnt} when learnt, ${isAtLimit ? 'limit' : 'warning'} at ${level}${
      soon ? '' : `; at the limit in ${days} days`
    }`,
    zh: `${name}${of.zh} 为 ${now}，学习值 ${learnt}，${isAtLimit ? '极限' : '预警'}值 ${level}${
      soon ? '' : `；预计 ${days} 天后到极限`
    }`,
  };
}

const short = (value: number): string => String(Number(value.toPrecision(4)));
