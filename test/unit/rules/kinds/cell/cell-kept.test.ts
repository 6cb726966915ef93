import { describe, expect, it } from 'vitest';
import type { Kept } from '../../../../../gateway/host/state-store.ts';
import { restoredCell } from '../../../../../rules/kinds/cell/cell-kept.ts';
import { type CellState, newCell } from '../../../../../rules/kinds/cell/cell-memory.ts';
import { cellRule, Plant } from '../../../../support/cell-fixture.ts';

const rule = cellRule({
  handshakes: [{ name: 'clear', within: 3_000 }],
  wear: [
    {
      name: 'motor',
      learn: 2,
      over: 1,
      warn: { kind: 'percent', by: 5 },
      limit: undefined,
      toward: 'up',
      of: { n: 1, m: 1 },
      warmUp: 0,
      every: undefined,
      trend: 86_400_000,
      ahead: 0,
    },
  ],
});
const { config } = rule;

/** A state in which everything that can be there is there. */
function busy(): CellState {
  const picture = {
    running: true,
    fault: false,
    total: 0,
    ideal: 12,
    product: 'A',
    'clear.after': false,
    'clear.expect': false,
    'wear.motor': 10,
    red: false,
  };
  const plant = new Plant({
    rule,
    begin: Date.parse('2026-03-02T08:00:00+08:00'),
    tick: 60_000,
    picture,
  });
  plant.happen(0, []);
  for (let at = 12_000; at < 120_000; at += 12_000)
    plant.happen(at, [{ kind: 'add', to: { total: 1 } }]);
  plant.happen(120_000, [{ kind: 'set', picture: { fault: true, faultCode: 'E1', red: true } }]);
  plant.happen(123_000, [{ kind: 'set', picture: { 'clear.after': true, red: false } }]);
  plant.happen(124_000, [{ kind: 'set', picture: { fault: false } }]);
  return plant.state;
}

const asKept = (state: CellState): Kept => JSON.parse(JSON.stringify(state));

describe('a cell that was kept', () => {
  const state = busy();

  it('has everything in it that can be there', () => {
    expect(state.dwell.pending).not.toBeNull();
    expect(state.stop).not.toBeNull();
    expect(state.failure).not.toBeNull();
    expect(state.handshakes[0]?.due).toBe(126_000);
    expect(state.wear[0]?.recipes[0]?.points).toHaveLength(1);
    expect(state.lamps.red).toBe(125_000);
  });

  it('goes on where it was, and nobody looked since', () => {
    const restored = restoredCell(asKept(state), 5_000, config);
    expect(restored).toEqual({
      ...state,
      isRestarted: true,
      lamps: { red: null, yellow: null, green: null },
      cycle: { ...state.cycle, isBlind: true },
      handshakes: [{ after: true, due: null, isBlind: false, isMissed: false }],
    });
  });

  it('does not judge counters by a time that nobody knows', () => {
    const restored = restoredCell(asKept(state), 0, config);
    expect(restored?.counters.total).toEqual({ value: 9, since: null, seen: null });
    expect(restored?.watched.isLost).toBe(true);
  });

  it('begins anew where it had not begun', () => {
    expect(restoredCell(asKept(newCell(config)), 0, config)).toEqual(newCell(config));
  });

  it('cannot be used with other handshakes or indicators', () => {
    const kept = asKept(state);
    expect(restoredCell(kept, 0, { ...config, handshakes: [] })).toBeUndefined();
    expect(restoredCell(kept, 0, { ...config, wear: [] })).toBeUndefined();
  });

  /** Every place in it, as a path. */
  const paths = (value: Kept, path: readonly string[] = []): (readonly string[])[] =>
    typeof value === 'object' && value !== null
      ? [path, ...Object.entries(value).flatMap(([key, inner]) => paths(inner, [...path, key]))]
      : [path];
  const damaged = (value: Kept, [key, ...rest]: readonly string[], by: Kept): Kept => {
    if (key === undefined) return by;
    if (Array.isArray(value))
      return value.map((inner, index) =>
        String(index) === key ? damaged(inner, rest, by) : inner,
      );
    const fields = value as { readonly [key: string]: Kept };
    return { ...fields, [key]: damaged(fields[key] ?? null, rest, by) };
  };

  it('cannot be used with damage at any place', () => {
    const kept = asKept(state);
    const places = paths(kept);
    expect(places.length).toBeGreaterThan(150);
    for (const path of places) {
      expect(
        restoredCell(damaged(kept, path, { x: 1 }), 0, config),
        path.join('.'),
      ).toBeUndefined();
      expect(restoredCell(damaged(kept, path, [[]]), 0, config), path.join('.')).toBeUndefined();
    }
    expect(restoredCell({ ...(kept as object), more: 1 }, 0, config)).toBeUndefined();
  });
});
