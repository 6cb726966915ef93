import { describe, expect, it } from 'vitest';
import type { Truth } from '../../../../../rules/expression.ts';
import { DARK_LAMPS, lampsSeen } from '../../../../../rules/kinds/cell/cell-lamps.ts';

const BLINK = 2_000;

/** What the red lamp counts as at each time, and when it would count as dark. */
function led(trace: readonly (readonly [now: number, red: Truth])[]) {
  let lamps = DARK_LAMPS;
  return trace.map(([now, red]) => {
    const step = lampsSeen(lamps, { red, running: true }, now, BLINK);
    lamps = step.lamps;
    return [step.signals.red, step.wake];
  });
}

describe('a lamp', () => {
  it('is lit all the time while it blinks', () => {
    const seen = led([
      [0, true],
      [700, false],
      [1_400, true],
      [2_100, false],
      [4_099, false],
      [4_100, false],
    ]);
    expect(seen).toEqual([
      [true, undefined],
      [true, 2_700],
      [true, undefined],
      [true, 4_100],
      [true, 4_100],
      [false, undefined],
    ]);
  });

  it('that nobody sees is unknown once it would have gone dark', () => {
    const seen = led([
      [0, true],
      [1_000, undefined],
      [3_000, undefined],
    ]);
    expect(seen.map(([red]) => red)).toEqual([true, true, undefined]);
  });

  it('that the cell has not is not made up', () => {
    const { signals, lamps, wake } = lampsSeen(DARK_LAMPS, { running: true }, 0, BLINK);
    expect([signals, lamps, wake]).toEqual([{ running: true }, DARK_LAMPS, undefined]);
  });
});
