/** A cell in the words of its YAML, one entry a line. Pure. */
import type { CellRule } from '../cell-rule.ts';
import type { CalendarConfig } from '../kinds/cell/cell-calendar.ts';
import type { Threshold } from '../kinds/cell/cell-wear-trend.ts';
import { durationText } from '../tests/rule-test-words.ts';

type Line = { readonly key: string; readonly text: string };

/** Its signals, what is made of them, and when its records come. */
export function cellLines({ roles, cell, makes = [] }: CellRule): readonly Line[] {
  const { config, calendar } = cell;
  const { dwell, microStop, handshakes, wear } = config;
  return [
    ...roles
      .filter(([role]) => !/^cell\.(handshakes|wear)\b/.test(role))
      .map(([role, of]) => ({ key: role.replace(/^cell\./, ''), text: of.text })),
    { key: 'dwell', text: durationText(dwell) },
    { key: 'micro_stop', text: durationText(microStop) },
    ...handshakes.map(({ name, within }, index) => {
      const [after, expect] = ['after', 'expect'].map((part) =>
        textOf(roles, `cell.handshakes[${index}].${part}`),
      );
      return { key: `handshake ${name}`, text: `${after} → ${expect} < ${durationText(within)}` };
    }),
    ...wear.map(({ name, warn, limit }) => {
      const value = textOf(roles, `cell.wear.${name}.value`) ?? 'cycle_time';
      const levels = [warn, ...(limit ? [limit] : [])].map(thresholdText).join(', ');
      return { key: `wear ${name}`, text: `${value}: ${levels}` };
    }),
    ...calendarLines(calendar),
    { key: 'tags', text: makes.map(({ id }) => id).join(', ') },
  ];
}

const textOf = (roles: CellRule['roles'], wanted: string): string | undefined =>
  roles.find(([role]) => role === wanted)?.[1].text;

function thresholdText(threshold: Threshold): string {
  if (threshold.kind === 'value') return `${threshold.at}`;
  return `±${threshold.by}${threshold.kind === 'percent' ? '%' : ''}`;
}

const calendarLines = ({ shifts, breaks }: CalendarConfig): readonly Line[] => [
  { key: 'shifts', text: shifts.join(', ') },
  ...(breaks.length === 0
    ? []
    : [{ key: 'breaks', text: breaks.map(({ from, to }) => `${from}–${to}`).join(', ') }]),
];
