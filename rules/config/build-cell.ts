/** A rule of the kind `cell`, from its checked options to what the engine runs. Every problem of it is found; pure. */
import { decimalText } from '../../gateway/model/sample.ts';
import type { CellRule } from '../cell-rule.ts';
import type { Expression } from '../expression.ts';
import { type CellConfig, COUNTERS, type CounterName } from '../kinds/cell/cell-memory.ts';
import { CELL_SIGNALS } from '../kinds/cell/cell-state.ts';
import { snake } from '../kinds/cell-input.ts';
import { cellAlarms } from './build-alarms-cell.ts';
import { calendarOf } from './build-calendar-cell.ts';
import type { RuleContext } from './build-parts.ts';
import { Roles } from './build-roles-cell.ts';
import type { RuleScope } from './build-scope.ts';
import type { Path } from './build-site.ts';
import { hasParts } from './build-tags-cell.ts';
import { wearOf } from './build-wear-cell.ts';
import { type CellOptions, type CellParts, MOST_PART_VALUES, MOST_WEAR } from './options-cell.ts';

type MadeCell = Pick<CellRule, 'kind' | 'roles' | 'cell' | 'makes' | 'alarms'>;

export function cellOf(context: RuleContext, options: CellOptions): MadeCell | undefined {
  const { scope, makes } = context;
  const { cell } = options;
  const roles = new Roles(scope);
  signals(roles, cell);
  const { cycle } = cell;
  const ideal = roles.seconds(['cycle', 'ideal'], cycle?.ideal);
  const time = roles.seconds(['cycle', 'time'], cycle?.time);
  const counters = countersOf(roles, cell);
  for (const key of ['fault_code', 'result', 'order', 'product'] as const)
    roles.add([key], cell[key], 'value');
  roles.add(['relearn'], cell.relearn, 'condition');
  roles.add(['part', 'serial'], cell.part?.serial, 'value');
  const partValues = valuesOf(roles, cell);
  const handshakes = handshakesOf(roles, cell);
  const wear = wearOf(roles, cell);
  findMissing(scope, cell);
  const byEdges = cycle?.active !== undefined || cycle?.start !== undefined;
  const config: CellConfig = {
    dwell: cell.dwell,
    microStop: cell.micro_stop,
    linger: cell.attended_for,
    blink: cell.blink,
    cycle: byEdges || !hasParts(cell) ? 'edges' : 'count',
    counters,
    hasResult: cell.result !== undefined,
    partValues,
    handshakes,
    wear,
  };
  const calendar = calendarOf(scope, options.record);
  if (roles.isBroken || calendar === undefined) return undefined;
  return {
    kind: 'cell',
    roles: roles.all,
    cell: { config, calendar, seconds: { ideal, time }, hasPartRecords: cell.part !== undefined },
    makes,
    alarms: cellAlarms(cell),
  };
}

function signals(roles: Roles, cell: CellParts): void {
  const { cycle } = cell;
  for (const key of ['active', 'start', 'end'] as const)
    roles.add(['cycle', key], cycle?.[key], 'condition');
  for (const signal of CELL_SIGNALS) {
    const key = snake(signal);
    if (key in cell) roles.add([key], cell[key as 'running'], 'condition');
  }
}

function countersOf(roles: Roles, cell: CellParts): CellConfig['counters'] {
  const counters: { -readonly [Name in CounterName]?: { readonly modulus: number | undefined } } =
    {};
  const { cycle, good, reject, rework } = cell;
  const written = { total: cycle?.count, good, reject, rework };
  for (const name of COUNTERS) {
    const inside = name === 'total' ? ['cycle', 'count'] : [name];
    const of = roles.add(inside, written[name], 'number');
    if (of === undefined) continue;
    const own = name === 'total' ? cycle?.modulus : undefined;
    counters[name] = { modulus: own ?? modulusOf(roles.scope, of, inside) };
  }
  return counters;
}

/** What the counter's own tag says. */
function modulusOf(scope: RuleScope, { root }: Expression, inside: Path): number | undefined {
  if (root.kind !== 'tag') return undefined;
  const modulus = scope.tag(['cell', ...inside], root.tag)?.counter?.modulus;
  return modulus === undefined ? undefined : Number(decimalText(modulus));
}

/** What the record of a part has of itself. */
const OWN_VALUES: ReadonlySet<string> = new Set([
  ...['parts', 'begin_utc_ms', 'end_utc_ms', 'cycle_s', 'result', 'serial', 'order', 'product'],
]);

function valuesOf(roles: Roles, { part, wear }: CellParts): readonly string[] {
  const { scope } = roles;
  const values = [...(part?.values ?? [])];
  const tooMany = (inside: Path, count: number, max: number) => {
    const key = String(inside.at(-1));
    if (count > max) scope.find(['cell', ...inside], 'rules.too-many', { key, count, max });
  };
  tooMany(['part', 'values'], values.length, MOST_PART_VALUES);
  tooMany(['wear'], wear.size, MOST_WEAR);
  return values.slice(0, MOST_PART_VALUES).map(([name, written]) => {
    const inside = ['part', 'values', name];
    if (OWN_VALUES.has(name))
      scope.find(['cell', ...inside], 'rules.cell-value-taken', { name }, { at: 'key' });
    roles.add(inside, written, 'value');
    return name;
  });
}

function handshakesOf(roles: Roles, { handshakes = [] }: CellParts): CellConfig['handshakes'] {
  const names = new Set<string>();
  return handshakes.map(({ name = '', after, expect, within }, index) => {
    const inside = ['handshakes', index];
    const known = name || String(index + 1);
    if (names.has(known))
      roles.scope.find(['cell', ...inside, 'name'], 'rules.cell-name-twice', { name: known });
    names.add(known);
    roles.add([...inside, 'after'], after, 'condition');
    roles.add([...inside, 'expect'], expect, 'condition');
    return { name: known, within };
  });
}

/** What does nothing without something that the cell has not. */
function findMissing(scope: RuleScope, cell: CellParts): void {
  const { running, green, cycle } = cell;
  if (running === undefined && green === undefined && cycle?.active === undefined)
    scope.find(['cell'], 'rules.cell-never-runs', {}, { at: 'key' });
  const pair = (key: 'start' | 'end' | 'modulus', other: 'start' | 'end' | 'count') => {
    if (cycle?.[key] !== undefined && cycle[other] === undefined)
      scope.find(['cell', 'cycle', key], 'config.pair-missing', { key, other }, { at: 'key' });
  };
  pair('start', 'end');
  pair('end', 'start');
  pair('modulus', 'count');
  const [first, second] = (['count', 'active', 'start'] as const).filter(
    (key) => cycle?.[key] !== undefined,
  );
  if (first && second) {
    const inside = ['cell', 'cycle', second];
    scope.find(inside, 'rules.cell-cycle-twice', { key: first, other: second }, { at: 'key' });
  }
  if (hasParts(cell)) return;
  const useless = [
    ...(['cycle', 'result', 'part'] as const)
      .filter((key) => cell[key] !== undefined)
      .map((key) => [key]),
    ...[...cell.wear].filter(([, { every }]) => every === undefined).map(([key]) => ['wear', key]),
  ];
  for (const inside of useless) {
    const key = String(inside.at(-1));
    scope.find(['cell', ...inside], 'rules.cell-no-parts', { key }, { at: 'key' });
  }
}
