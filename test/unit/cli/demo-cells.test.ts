/** The demo shows what arrived of machine cells, and nothing of sites without them. */
import { expect, it } from 'vitest';
import type { ReceivedPart } from '../../../firmware-sim/subscriber.ts';
import { demoCells } from '../../../gateway/cli/demo-cells.ts';
import { EMPTY_RULES } from '../../../rules/rule.ts';
import { builtRules } from '../../support/built-rules.ts';

const part = (device: string, samples: Readonly<Record<string, unknown>>): ReceivedPart => ({
  gw: 'a',
  epoch: 'e',
  seq: 1,
  part: 0,
  parts: 1,
  device,
  hist: false,
  samples: Object.fromEntries(
    Object.entries(samples).map(([quantity, value]) => [quantity, [[0, value] as const]]),
  ),
});

const event = (record: object) => part('rules', { record_event: JSON.stringify(record) });

const TAGS = { running: 'discrete:1', count: '"input:1"' };
const CELL = `
rules:
  cell-1: { cell: { running: plc.running, cycle: { count: plc.count, ideal: 8s } } }
`;

it('shows the state of each cell and its latest records, in both languages', () => {
  const cells = demoCells(builtRules('plc', TAGS, CELL).set);
  expect(cells.lines('en')).toEqual([]);
  cells.take(part('cell_1', { state: 'Idle', reason: 'idle', parts: 1 }));
  cells.take(part('cell_1', { state: 'Execute', reason: 'execute', cycle_time: 9.5, oee: 0.8 }));
  cells.take(part('plc', { running: true }));
  for (const parts of [1, 2, 3, 4])
    cells.take(event({ rule: 'cell-1', name: 'part', values: { parts } }));
  expect(cells.lines('en')).toEqual([
    'cell_1: Execute (execute), 1 parts, the last in 9.5 s, OEE 0.8',
    ...[2, 3, 4].map((parts) => `cell-1 part { parts: ${parts} }`),
  ]);
  expect(cells.lines('zh')[0]).toBe('cell_1：Execute (execute)，1 件，上一件 9.5 秒，OEE 0.8');
});

it('shows of a record what people read, rounded: no instants, and dots for what is more', () => {
  const cells = demoCells(builtRules('plc', TAGS, CELL).set);
  const values = { begin_utc_ms: 1, cycle_s: 9.886000000000001, serial: 'P7', end_utc_ms: 2 };
  cells.take(event({ rule: 'cell-1', name: 'part', values }));
  const many = Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => [`v${n}`, n]));
  cells.take(event({ rule: 'cell-1', name: 'shift', values: many }));
  const [made, shift] = cells.lines('en');
  expect(made).toBe('cell-1 part { cycle_s: 9.886, serial: "P7" }');
  expect(shift).toMatch(/v8: 8, … }$/);
});

it('shows nothing of a site without cells', () => {
  const cells = demoCells(EMPTY_RULES);
  cells.take(event({ rule: 'hot', name: 'peak', values: {} }));
  cells.take(part('press', { oil: 20 }));
  expect(cells.lines('en')).toEqual([]);
});
