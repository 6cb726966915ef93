/** The scripts of the attack `clock`: what happens to the clock of a gateway, and when. */
import type { ClockTrust } from '../../gateway/model/clock-mark.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** `at` in ms since the script began, by a clock that nothing moves. */
export type ClockAct = { readonly at: number } & (
  | { readonly kind: 'step'; readonly by: number }
  | { readonly kind: 'set'; readonly to: number | 'truth' }
  | { readonly kind: 'trust'; readonly trust: ClockTrust }
  | { readonly kind: 'broker'; readonly is: 'up' | 'down' }
  | { readonly kind: 'worker-restart' }
  /** The machine is off for so long, and begins with this wall time and trust. */
  | {
      readonly kind: 'reboot';
      readonly off: number;
      readonly wall: number | 'truth';
      readonly trust: ClockTrust;
    }
);

export interface ClockScript {
  readonly name: string;
  /** What time it really is when the script begins. */
  readonly truth: number;
  /** What the clock shows then; the truth where it is left out. */
  readonly wall?: number;
  readonly trust: ClockTrust;
  readonly acts: readonly ClockAct[];
  readonly length: number;
  readonly every: number;
  readonly keep: number;
}

export const NOON = Date.UTC(2026, 10, 30, 4);
const YEAR_1970 = 5 * SECOND;

const script = (
  name: string,
  acts: readonly ClockAct[],
  more: Partial<ClockScript> = {},
): ClockScript => ({
  name,
  truth: NOON,
  trust: 'synced',
  acts,
  length: 25 * MINUTE,
  every: 5 * SECOND,
  keep: 8 * MINUTE,
  ...more,
});

const unset = (wall: number): Partial<ClockScript> => ({ wall, trust: 'unsynced' });
const set = (at: number, to: number | 'truth'): ClockAct => ({ kind: 'set', at, to });
const step = (at: number, by: number): ClockAct => ({ kind: 'step', at, by });
const trust = (at: number, to: ClockTrust): ClockAct => ({ kind: 'trust', at, trust: to });
const broker = (at: number, is: 'up' | 'down'): ClockAct => ({ kind: 'broker', at, is });
const worker = (at: number): ClockAct => ({ kind: 'worker-restart', at });
const reboot = (at: number, off: number, wall: number | 'truth', to: ClockTrust): ClockAct => ({
  kind: 'reboot',
  at,
  off,
  wall,
  trust: to,
});
/** A time server sets the clock; the gateway hears of it a while later. */
const sync = (at: number, heard = 4 * SECOND): readonly ClockAct[] => [
  set(at, 'truth'),
  trust(at + heard, 'synced'),
];

const STEPS: readonly (readonly [string, number])[] = [
  ['an hour', HOUR],
  ['a day', DAY],
  ['a year', YEAR],
  ['20 years', 20 * YEAR],
];
const DATES: readonly (readonly [string, number])[] = [
  ['2036-02-07, the end of the first era of NTP', Date.UTC(2036, 1, 7, 6, 28, 16)],
  ['2038-01-19, the end of 32 bits of seconds', Date.UTC(2038, 0, 19, 3, 14, 8)],
  ['2100-03-01, after a February without its 29th', Date.UTC(2100, 2, 1)],
];
/** So that not everything happens just when something is read. */
const AT = 5 * MINUTE + 1_234;

export const VIRTUAL_SCRIPTS: readonly ClockScript[] = [
  script('nothing happens', []),
  ...[0, 4 * SECOND, 60 * SECOND].map((heard) =>
    script(
      `1970 at the boot, set after five minutes, heard of ${heard} ms later`,
      sync(AT, heard),
      {
        ...unset(YEAR_1970),
      },
    ),
  ),
  script('1970 at the boot, set at once', sync(1_500), unset(YEAR_1970)),
  script('1970 at the boot, never set', [], unset(YEAR_1970)),
  script('a saved time of yesterday at the boot, then set', sync(AT), unset(NOON - DAY)),
  script('a dead battery, 2047, then set', sync(AT), unset(NOON + 21 * YEAR)),
  ...STEPS.flatMap(([name, by]) => [
    script(`${name} forward and set right`, [step(AT, by), ...sync(AT + 7 * MINUTE)]),
    script(`${name} back and set right`, [step(AT, -by), ...sync(AT + 7 * MINUTE)]),
    script(`unset, ${name} forward, then set`, [step(AT, by), ...sync(AT + 7 * MINUTE)], {
      ...unset(YEAR_1970 + YEAR),
    }),
    script(`unset, ${name} back, then set`, [step(AT, -by), ...sync(AT + 7 * MINUTE)], {
      ...unset(NOON - DAY),
    }),
  ]),
  script(
    'a step each 20 s, to and fro',
    Array.from({ length: 40 }, (_, i) => step(MINUTE + i * 20_111, (i % 2 === 0 ? 1 : -1) * HOUR)),
  ),
  script(
    'unset, a step each 20 s, further each time, then set',
    [
      ...Array.from({ length: 30 }, (_, i) => step(MINUTE + i * 20_111, (i + 1) * 37_777)),
      ...sync(12 * MINUTE),
    ],
    unset(YEAR_1970),
  ),
  script(
    'unset, steps of 15 ms that add up, then set',
    [...Array.from({ length: 60 }, (_, i) => step(MINUTE + i * 7_000, 15)), ...sync(10 * MINUTE)],
    unset(YEAR_1970),
  ),
  ...DATES.map(([name, date]) => script(`across ${name}`, [], { truth: date - 10 * MINUTE })),
  ...DATES.map(([name, date]) =>
    script(`1970, then set just before ${name}`, sync(AT), {
      truth: date - 10 * MINUTE,
      ...unset(YEAR_1970),
    }),
  ),
  script('a leap second, as one step back', [step(AT, -SECOND), ...sync(AT + MINUTE)]),
  script(
    'a leap second, smeared over the script',
    // The kernel's clock is slewed as well: against it nothing moves. What it is off by stays below the smear's 1 s.
    [],
  ),
  script('no time server for 30 days', [trust(DAY, 'holdover')], {
    length: 30 * DAY,
    every: HOUR,
    keep: 5 * DAY,
  }),
  script('no time server for 30 days since the boot', [], {
    length: 30 * DAY,
    every: HOUR,
    keep: 5 * DAY,
    ...unset(YEAR_1970),
  }),
  script('no time server for 30 days, then one', [trust(DAY, 'holdover'), ...sync(30 * DAY)], {
    length: 31 * DAY,
    every: HOUR,
    keep: 5 * DAY,
  }),
  script(
    'set while the broker is away',
    [broker(MINUTE, 'down'), ...sync(AT), broker(15 * MINUTE, 'up')],
    {
      ...unset(YEAR_1970),
    },
  ),
  script(
    'unset, a year forward while the broker is away, set after',
    [broker(MINUTE, 'down'), step(AT, YEAR), broker(AT + MINUTE, 'up'), ...sync(12 * MINUTE)],
    unset(YEAR_1970),
  ),
  script('20 years forward while the broker is away', [
    broker(MINUTE, 'down'),
    step(AT, 20 * YEAR),
    ...sync(12 * MINUTE),
    broker(20 * MINUTE, 'up'),
  ]),
  ...[YEAR_1970, NOON - DAY].map((wall) =>
    script(`unset at ${wall}, the worker restarts, then set`, [worker(3 * MINUTE), ...sync(AT)], {
      ...unset(wall),
    }),
  ),
  script('set while the worker restarts', [worker(AT), ...sync(AT)], unset(YEAR_1970)),
  script('20 years back while the worker restarts', [
    worker(AT),
    step(AT, -20 * YEAR),
    ...sync(9 * MINUTE),
  ]),
  script(
    'set, and the worker restarts afterwards',
    [...sync(AT), worker(9 * MINUTE)],
    unset(YEAR_1970),
  ),
  script(
    'two boots, both unset, the second is set',
    [reboot(AT, MINUTE, YEAR_1970, 'unsynced'), ...sync(12 * MINUTE)],
    unset(YEAR_1970),
  ),
  script(
    'two boots, both unset, none is set',
    [reboot(AT, MINUTE, YEAR_1970, 'unsynced')],
    unset(YEAR_1970),
  ),
  script(
    'set, then a boot in 1970 that is set late',
    [...sync(MINUTE), reboot(AT, MINUTE, YEAR_1970, 'unsynced'), ...sync(15 * MINUTE)],
    unset(YEAR_1970),
  ),
  script('a boot with 20 years too many, unset, then set', [
    reboot(AT, MINUTE, NOON + 20 * YEAR, 'unsynced'),
    ...sync(15 * MINUTE),
  ]),
  script('a boot with 20 years too many that is believed', [
    reboot(AT, MINUTE, NOON + 20 * YEAR, 'holdover'),
    ...sync(15 * MINUTE),
  ]),
  script('a boot a day behind the last block, unset, then set', [
    reboot(AT, MINUTE, NOON - DAY, 'unsynced'),
    ...sync(15 * MINUTE),
  ]),
  script('four boots in a row, unset, the last is set', [
    ...[3, 6, 9].map((minutes) => reboot(minutes * MINUTE, 10 * SECOND, YEAR_1970, 'unsynced')),
    ...sync(14 * MINUTE),
  ]),
  script('sync is lost and found', [
    trust(4 * MINUTE, 'holdover'),
    trust(8 * MINUTE, 'synced'),
    trust(12 * MINUTE, 'unsynced'),
    ...sync(16 * MINUTE),
  ]),
];
