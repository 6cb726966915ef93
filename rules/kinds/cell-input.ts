/** What a cell sees, from the values of its expressions by their roles in the YAML. Pure. */
import type { CellRule } from '../cell-rule.ts';
import type { Maybe, Truth } from '../expression.ts';
import type { StepInput } from '../kind.ts';
import type { CellInput } from './cell/cell.ts';
import { COUNTERS } from './cell/cell-memory.ts';
import { CELL_SIGNALS } from './cell/cell-state.ts';

type Values = readonly Maybe[];
type Moment = Pick<StepInput<Values>, 'now' | 'utc' | 'isSynced' | 'values'>;
type Of<T> = (values: Values) => T;

/** The names of signals as YAML writes them. */
export const snake = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * The roles are looked up once; what it returns is called at every evaluation. `lastCycle`: what the last cycle took, in
 * seconds.
 */
export function cellInputs({
  roles,
  cell,
}: CellRule): (moment: Moment, lastCycle: number | undefined) => CellInput {
  const { config, seconds } = cell;
  const places = new Map(roles.map(([role], place) => [role, place]));
  const placeOf = (role: string): number => places.get(`cell.${role}`) ?? -1;
  const has = (role: string): boolean => placeOf(role) >= 0;
  const value = (role: string): Of<Maybe> => {
    const place = placeOf(role);
    return (values) => values[place];
  };
  const truth = (role: string): Of<Truth> => {
    const place = placeOf(role);
    return (values) => asTruth(values[place]);
  };
  const amount = (role: string, times = 1): Of<number | undefined> => {
    const place = placeOf(role);
    return (values) => asNumber(values[place], times);
  };

  const roleOfSignal = (name: string) => (name === 'cycleActive' ? 'cycle.active' : snake(name));
  const signals = named(CELL_SIGNALS, roleOfSignal, has, truth);
  const roleOfCounter = (name: string) => (name === 'total' ? 'cycle.count' : name);
  const counts = named(COUNTERS, roleOfCounter, has, amount);
  const isByActive = has('cycle.active');
  const start = truth(isByActive ? 'cycle.active' : 'cycle.start');
  const end = truth(isByActive ? 'cycle.active' : 'cycle.end');
  const ideal = amount('cycle.ideal', seconds.ideal);
  const cycleTime = amount('cycle.time', seconds.time);
  const [faultCode, result, serial] = [value('fault_code'), value('result'), value('part.serial')];
  const [order, product, relearn] = [value('order'), value('product'), truth('relearn')];
  const partValues = config.partValues.map((name) => value(`part.values.${name}`));
  const handshakes = config.handshakes.map((_, index) => ({
    after: truth(`handshakes[${index}].after`),
    expect: truth(`handshakes[${index}].expect`),
  }));
  const wear = config.wear.map(({ name }) => {
    const role = `wear.${name}.value`;
    return has(role) ? amount(role) : undefined;
  });

  return ({ now, utc, isSynced, values }, lastCycle) => ({
    now,
    utc,
    isSynced,
    signals: seenIn(signals, values),
    counts: seenIn(counts, values),
    start: start(values),
    end: isByActive ? inverse(end(values)) : end(values),
    ideal: ideal(values),
    cycleTime: cycleTime(values),
    faultCode: faultCode(values),
    result: result(values),
    serial: serial(values),
    order: order(values),
    product: product(values),
    relearn: relearn(values),
    partValues: partValues.map((of) => of(values)),
    handshakes: handshakes.map(({ after, expect }) => ({
      after: after(values),
      expect: expect(values),
    })),
    wear: wear.map((of) => (of ? of(values) : lastCycle)),
  });
}

/** Those of the names that the cell has, each with what reads it. */
const named = <Name extends string, T>(
  names: readonly Name[],
  roleOf: (name: Name) => string,
  has: (role: string) => boolean,
  reader: (role: string) => Of<T>,
): readonly (readonly [Name, Of<T>])[] =>
  names.filter((name) => has(roleOf(name))).map((name) => [name, reader(roleOf(name))]);

function seenIn<Name extends string, T>(
  readers: readonly (readonly [Name, Of<T>])[],
  values: Values,
): { [N in Name]?: T } {
  const seen: { [N in Name]?: T } = {};
  for (const [name, of] of readers) seen[name] = of(values);
  return seen;
}

const asTruth = (value: Maybe): Truth => (typeof value === 'boolean' ? value : undefined);
const asNumber = (value: Maybe, times: number): number | undefined =>
  typeof value === 'number' ? value * times : undefined;
const inverse = (truth: Truth): Truth => (truth === undefined ? undefined : !truth);
