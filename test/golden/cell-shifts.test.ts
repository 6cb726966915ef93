/**
 * Shifts of cells, scripted as files in cell-shifts/: what happened, and the figures as somebody worked them out by hand.
 * The arithmetic stands beside each of them. Evaluated at two paces, which may make no difference.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { CalendarConfig } from '../../rules/kinds/cell/cell-calendar.ts';
import type { CellConfig } from '../../rules/kinds/cell/cell-memory.ts';
import type { CellRecord } from '../../rules/kinds/cell/cell-records.ts';
import { cellRule, type Happening, type Picture, Plant } from '../support/cell-fixture.ts';

const FOLDER = join(import.meta.dirname, 'cell-shifts');

type Line = { readonly at: string } & (
  | { readonly set: Picture }
  | { readonly count: Record<string, number>; readonly every: number; readonly until: string }
  | { readonly blink: string; readonly every: number; readonly until: string }
  | { readonly clock: number }
  | { readonly synced: boolean }
  | { readonly restart: { readonly off: number; readonly known: boolean } }
);

interface Script {
  readonly title: string;
  readonly zone?: string;
  readonly begin: string;
  readonly cell?: Partial<CellConfig>;
  readonly calendar?: Partial<CalendarConfig>;
  /** The time of each line is real time since the beginning, in hours, minutes and seconds. */
  readonly events: readonly Line[];
  readonly end: string;
  readonly expect: readonly Expected[];
  /** How many records of a name there are. */
  readonly records?: Readonly<Record<string, number>>;
}

interface Expected {
  /** Which record: its name, and its place among those of the name from 0. */
  readonly of: string;
  readonly why: string;
  readonly values: Readonly<Record<string, unknown>>;
}

const msOf = (text: string): number => {
  const [hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number);
  return Math.round(((hours * 60 + minutes) * 60 + seconds) * 1000);
};

/** Every single thing that happens, by its time. */
function happeningsOf(events: readonly Line[]): Map<number, Happening[]> {
  const all = new Map<number, Happening[]>();
  const put = (at: number, happening: Happening) =>
    all.set(at, [...(all.get(at) ?? []), happening]);
  for (const line of events) {
    const at = msOf(line.at);
    if ('set' in line) put(at, { kind: 'set', picture: line.set });
    else if ('clock' in line) put(at, { kind: 'clock', by: line.clock * 1000 });
    else if ('synced' in line) put(at, { kind: 'synced', is: line.synced });
    else if ('restart' in line)
      put(at, { kind: 'restart', off: line.restart.off * 1000, isKnown: line.restart.known });
    else {
      const every = line.every * 1000;
      const until = msOf(line.until);
      if ('count' in line)
        for (let next = at + every; next <= until; next += every)
          put(next, { kind: 'add', to: line.count });
      else
        for (let next = at, lit = true; next < until; next += every, lit = !lit)
          put(next, { kind: 'set', picture: { [line.blink]: lit } });
    }
  }
  return new Map([...all].sort(([a], [b]) => a - b));
}

function played(script: Script, tick: number): readonly CellRecord[] {
  const { zone, cell, calendar, begin, events, end } = script;
  const rule = cellRule(cell, calendar, zone);
  const names = events.flatMap((line) => ('set' in line ? Object.keys(line.set) : []));
  const picture = Object.fromEntries(names.map((name) => [name, null]));
  const plant = new Plant({ rule, begin: Date.parse(begin), tick, picture });
  for (const [at, happenings] of happeningsOf(events)) plant.happen(at, happenings);
  plant.happen(msOf(end), []);
  return plant.records;
}

/** Six digits of a number; everything else as it is. */
const rounded = (value: unknown): unknown =>
  typeof value === 'number' && value !== 0 ? Number(value.toPrecision(6)) : value;

const scripts = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .sort()
  .map((file): [string, Script] => [
    file.replace('.yaml', ''),
    parse(readFileSync(join(FOLDER, file), 'utf8')),
  ]);

describe('scripted shifts', () => {
  it('are thirty and more', () => {
    expect(scripts.length).toBeGreaterThanOrEqual(30);
  });

  describe.each(scripts)('%s', (_name, script) => {
    const records = played(script, 60_000);
    const found = (of: string) => {
      const [name, index] = of.split(' ');
      return records.filter((record) => record.name === name)[Number(index)]?.values;
    };

    it.each(script.expect.map((expected) => [expected.of, expected] as const))(
      `${script.title}: %s`,
      (of, { values, why }) => {
        const seen = found(of);
        expect(seen, `there is no ${of}`).toBeDefined();
        const compared = Object.fromEntries(
          Object.keys(values).map((key) => [key, rounded(seen?.[key])]),
        );
        const wanted = Object.fromEntries(
          Object.entries(values).map(([key, value]) => [key, rounded(value)]),
        );
        expect(compared, why).toEqual(wanted);
      },
    );

    it('has the records it should, and each shift adds up to its length', () => {
      for (const [name, count] of Object.entries(script.records ?? {}))
        expect(records.filter((record) => record.name === name).length, name).toBe(count);
      for (const { name, values } of records) {
        if (name !== 'shift' && name !== 'batch') continue;
        const of = (key: string) => Math.round(Number(values[key]) * 1000);
        const parts = [
          'producing_s',
          'micro_s',
          'aust_s',
          'adet_s',
          'held_s',
          'waiting_s',
          'off_s',
        ];
        const sum = [...parts, 'planned_s', 'unknown_s'].reduce((all, key) => all + of(key), 0);
        expect(sum).toBe(of('length_s'));
      }
    });

    it('is the same at another pace', () => {
      expect(played(script, 7_919)).toEqual(records);
    });
  });
});
