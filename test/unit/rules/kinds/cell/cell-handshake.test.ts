import { describe, expect, it } from 'vitest';
import type { Truth } from '../../../../../rules/expression.ts';
import {
  handshakeAfterRestart,
  NEW_HANDSHAKE,
  shaken,
} from '../../../../../rules/kinds/cell/cell-handshake.ts';

const T = true;
const F = false;
const U = undefined;
const WITHIN = 3_000;

type Moment = readonly [
  now: number,
  after: Truth,
  expect: Truth,
  outcome?: string | undefined,
  alarm?: string,
];

const TRACES: readonly (readonly [string, readonly Moment[]])[] = [
  [
    'is done in time',
    [
      [0, F, F],
      [10, T, F],
      [3_010, T, T, 'done'],
      [3_020, T, F],
    ],
  ],
  [
    'is done at once where the answer is there already',
    [
      [0, F, T],
      [10, T, T, 'done'],
    ],
  ],
  [
    'is missed at its time',
    [
      [0, F, F],
      [10, T, F],
      [3_009, F, F],
      [3_010, F, F, 'missed', 'active'],
    ],
  ],
  [
    'does not begin without an edge',
    [
      [0, T, F],
      [5_000, T, F],
    ],
  ],
  [
    'does not begin after a blind spot',
    [
      [0, F, F],
      [10, U, F],
      [20, T, F],
      [9_000, T, F],
    ],
  ],
  [
    'is not judged where the answer may have come unseen',
    [
      [0, F, F],
      [10, T, F],
      [20, T, U],
      [30, T, F],
      [3_010, T, F, 'unseen'],
    ],
  ],
  [
    'is done after a blind spot, too',
    [
      [0, F, F],
      [10, T, U],
      [20, T, T, 'done'],
    ],
  ],
  [
    'is not begun anew while it is awaited',
    [
      [0, F, F],
      [10, T, F],
      [20, F, F],
      [30, T, F],
      [3_010, T, F, 'missed', 'active'],
    ],
  ],
  [
    'keeps its alarm until the answer is seen, and counts every miss',
    [
      [0, F, F],
      [10, T, F],
      [3_010, F, F, 'missed', 'active'],
      [4_000, T, F],
      [7_000, F, F, 'missed'],
      [8_000, F, T, undefined, 'cleared'],
    ],
  ],
  [
    'clears its alarm with the next success',
    [
      [0, F, F],
      [10, T, F],
      [3_010, F, F, 'missed', 'active'],
      [4_000, T, F],
      [4_500, T, T, 'done', 'cleared'],
    ],
  ],
];

describe('a handshake', () => {
  it.each(TRACES)('%s', (_name, moments) => {
    let handshake = NEW_HANDSHAKE;
    for (const [now, after, answer, outcome, alarm] of moments) {
      const step = shaken(handshake, { after, expect: answer }, now, WITHIN);
      handshake = step.handshake;
      expect([now, step.outcome, step.alarm]).toEqual([now, outcome, alarm]);
    }
  });

  it('awaits nothing after a restart, and keeps its alarm', () => {
    const awaited = { after: true, due: 5, isBlind: true, isMissed: true };
    expect(handshakeAfterRestart(awaited)).toEqual({
      after: true,
      due: null,
      isBlind: false,
      isMissed: true,
    });
  });
});
