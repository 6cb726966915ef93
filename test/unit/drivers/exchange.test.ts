import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  broadcast,
  characters,
  type Exchanged,
  exchange,
  type FrameFinder,
} from '../../../drivers/line/exchange.ts';
import type { Line, SerialSettings } from '../../../drivers/line/line.ts';
import { type StreamEvents, streamLine } from '../../../drivers/line/stream-line.ts';
import { type VirtualClock, virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis } from '../../../gateway/model/units.ts';

const never = new AbortController().signal;
/** One character lasts a millisecond. */
const WIRE: SerialSettings = { baud: 10_000, format: '8N1' };
const REQUEST = Buffer.from('<ask>');
const PATIENCE = 100;
const PAUSE = 20;
const LONGEST = 300;
/** When the last byte of the request is over. */
const SENT = 5;

/** Frames of this test's wire: `(…)`. An opening parenthesis within one hides what follows until `finish`. */
function finderOf(): FrameFinder<string> & { readonly pushed: string[] } {
  const pushed: string[] = [];
  return {
    pushed,
    push(bytes) {
      pushed.push(String(bytes));
      return /^[^(]*(\([^()]*\))/.exec(pushed.join(''))?.[1];
    },
    finish: () => /\(\w+\)/.exec(pushed.join(''))?.[0],
  };
}

let clock: VirtualClock;
let line: Line;
let events: StreamEvents;
let written: string[];
let finder: ReturnType<typeof finderOf>;

beforeEach(async () => {
  clock = virtualClock();
  written = [];
  finder = finderOf();
  line = streamLine({
    resource: 'test',
    settings: WIRE,
    clock,
    open: async (own) => {
      events = own;
      return {
        write: (bytes) => void written.push(String(bytes)),
        drop: async () => {},
        close: async () => {},
      };
    },
  });
  await line.connect(never);
});

function ask(signal = never): Promise<Exchanged<string>> {
  return exchange(
    {
      line,
      clock,
      request: REQUEST,
      finder,
      patience: millis(PATIENCE),
      pause: millis(PAUSE),
      longest: millis(LONGEST),
    },
    signal,
  );
}

/** Plays what arrives when, and returns how the exchange ended and when. */
async function play(arrivals: readonly (readonly [at: number, text: string])[]) {
  let ended: number | undefined;
  const exchanged = ask().finally(() => {
    ended = clock.mono();
  });
  for (const [at, text] of arrivals) {
    await clock.advance(millis(at - clock.mono()));
    events.data(Buffer.from(text));
  }
  await clock.advance(millis(10_000));
  expect(clock.pending()).toEqual([]);
  return { ...(await exchanged), ended };
}

describe('an exchange', () => {
  test('sends the request once and hears its answer', async () => {
    expect(await play([[40, '(yes)']])).toEqual({
      kind: 'answer',
      frame: '(yes)',
      sent: SENT,
      firstByte: 36,
      ended: 40,
    });
    expect(written).toEqual(['<ask>']);
  });

  test('hears an answer in pieces, and dates its first byte', async () => {
    const exchanged = await play([
      [40, '('],
      [55, 'y'],
      [74, 'es)'],
    ]);
    expect(exchanged).toMatchObject({ frame: '(yes)', firstByte: 40, ended: 74 });
  });

  test('is silent when nothing came in time', async () => {
    expect(await play([])).toEqual({ kind: 'silent', ended: SENT + PATIENCE });
  });

  test('lets an answer begin at the last moment and still be complete', async () => {
    expect(
      await play([
        [104, '('],
        [123, 'yes)'],
      ]),
    ).toMatchObject({ kind: 'answer', frame: '(yes)', firstByte: 104 });
  });

  test('hears nothing that begins too late', async () => {
    expect(await play([[106, '(yes)']])).toEqual({ kind: 'silent', ended: SENT + PATIENCE });
    expect(finder.pushed).toEqual([]);
  });

  test('is garbled when what came was no answer, a pause after its last byte', async () => {
    expect(
      await play([
        [40, 'noi'],
        [50, 'se'],
      ]),
    ).toEqual({ kind: 'garbled', ended: 70 });
  });

  test('sees the answer behind noise', async () => {
    expect(
      await play([
        [10, '?!'],
        [15, '!(yes)'],
      ]),
    ).toMatchObject({ kind: 'answer', frame: '(yes)', firstByte: 9 });
  });

  test('has a last look at what noise had hidden', async () => {
    expect(await play([[40, 'noise( (yes)']])).toMatchObject({
      kind: 'answer',
      frame: '(yes)',
      ended: 60,
    });
  });

  test('is over in bounded time however long the babble', async () => {
    const babble = Array.from({ length: 200 }, (_, i) => [10 + 5 * i, 'x'] as const);
    expect(await play(babble)).toEqual({ kind: 'garbled', ended: SENT + PATIENCE + LONGEST });
  });

  test('dates no answer before the end of its request', async () => {
    expect(await play([[6, '(yes)']])).toMatchObject({ kind: 'answer', firstByte: SENT });
  });
});

describe('an adapter that hands back what it sent', () => {
  test('is seen through', async () => {
    const exchanged = await play([
      [5, '<ask>'],
      [40, '(yes)'],
    ]);
    expect(exchanged).toMatchObject({ frame: '(yes)', firstByte: 36 });
    expect(finder.pushed).toEqual(['(yes)']);
  });

  test('answers nothing by itself', async () => {
    expect(await play([[5, '<ask>']])).toEqual({ kind: 'silent', ended: SENT + PATIENCE });
  });

  test('that cuts its echo makes noise', async () => {
    expect(await play([[5, '<as']])).toEqual({ kind: 'garbled', ended: SENT + PATIENCE });
    expect(
      await play([
        [10_005, '<as'],
        [10_020, '(yes)'],
      ]),
    ).toMatchObject({ kind: 'answer', frame: '(yes)' });
  });

  test('takes nothing from an answer that begins like its request', async () => {
    await play([
      [40, '<a'],
      [45, 's!'],
    ]);
    expect(finder.pushed).toEqual(['<as!']);
  });

  test('does not shorten the wait for an answer that begins like its request', async () => {
    const exchanged = await play([
      [104, '<a'],
      [115, '(yes)'],
    ]);
    expect(exchanged).toMatchObject({ kind: 'answer', frame: '(yes)' });
  });

  test('makes no difference to the answer, in whatever pieces all of it comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 12 }),
        async (echoes, sizes) => {
          const start = clock.mono();
          finder = finderOf();
          let rest = `${echoes ? '<ask>' : ''}(<ask>)`;
          const arrivals: [number, string][] = [];
          for (let i = 0; rest !== ''; i++) {
            const size = sizes[i % sizes.length] ?? 1;
            arrivals.push([start + 6 + i, rest.slice(0, size)]);
            rest = rest.slice(size);
          }
          expect(await play(arrivals)).toMatchObject({ kind: 'answer', frame: '(<ask>)' });
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('what ends an exchange early', () => {
  const settled = (): void => {
    expect(clock.pending()).toEqual([]);
    line.listen({ data() {}, closed() {} })();
  };

  test('an abort ends it at once, with the reason', async () => {
    const stop = new AbortController();
    const exchanged = ask(stop.signal);
    stop.abort(new Error('enough'));
    await expect(exchanged).rejects.toThrow('enough');
    settled();
  });

  test('an abort before it began sends nothing', async () => {
    await expect(ask(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    expect(written).toEqual([]);
    settled();
  });

  test('the loss of the line ends it with line.closed', async () => {
    const exchanged = ask();
    events.lost(new Error('unplugged'));
    await expect(exchanged).rejects.toMatchObject({ code: 'line.closed' });
    settled();
  });

  test('a closed line refuses it', async () => {
    await line.close();
    await expect(ask()).rejects.toMatchObject({ code: 'line.closed' });
    settled();
  });
});

describe('a broadcast', () => {
  const send = (signal = never) =>
    broadcast({ line, clock, request: REQUEST, turnaround: millis(50) }, signal);

  test('lasts until the units listen again', async () => {
    let ended: number | undefined;
    const sent = send().then(() => {
      ended = clock.mono();
    });
    await clock.advance(millis(10_000));
    await sent;
    expect(written).toEqual(['<ask>']);
    expect(ended).toBe(SENT + 50);
  });

  test('is not sent after an abort', async () => {
    await expect(send(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    expect(written).toEqual([]);
  });
});

test('characters take time on a wire and none on a network', () => {
  expect(characters(line, 7)).toBe(7);
  expect(characters({ ...line, timing: undefined }, 7)).toBe(0);
});
