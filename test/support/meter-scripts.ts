/** What is known to happen to meters, one script each; played by `played-meter.ts`, numbers in steps of the last digit. */
import type { Family, MeterSeries } from './meter-series.ts';
import { type MeterMake, PlayedMeter } from './played-meter.ts';

export interface MeterScript {
  readonly name: string;
  readonly family: Family | 'undeclared';
  readonly decimals: number;
  readonly range: bigint;
  /** Undefined: not declared. */
  readonly maxRate?: bigint;
  readonly isDeclared?: false;
  readonly isSigned?: true;
  readonly refresh?: number;
  readonly start: bigint;
  readonly play: (meter: PlayedMeter) => void;
  /** What an account without a declared width must be wrong by. */
  readonly error?: bigint;
}

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** So many readings, so far apart, with so much between them. */
const reads = (meter: PlayedMeter, count: number, amount: bigint, span = QUARTER): void => {
  for (let i = 0; i < count; i++) {
    meter.run(span, amount);
    meter.read();
  }
};
const misread = (meter: PlayedMeter, value: bigint, span = QUARTER, amount = 0n): void => {
  meter.run(span, amount);
  meter.misread(value);
};

const kwh = { decimals: 2, range: 100_000_000n, maxRate: 1000n } as const;
const water = { decimals: 3, range: 100_000_000n, maxRate: 3100n } as const;

export const SCRIPTS: readonly MeterScript[] = [
  {
    name: 'a zero between two readings of an electricity meter',
    family: 'glitch',
    ...kwh,
    start: 1_234_567n,
    play: (meter) => {
      reads(meter, 3, 25n);
      misread(meter, 0n);
      reads(meter, 3, 25n);
    },
  },
  {
    name: 'a zero, and the flow of two intervals behind it',
    family: 'glitch',
    ...kwh,
    start: 1_234_567n,
    play: (meter) => {
      reads(meter, 3, 250n);
      misread(meter, 0n, QUARTER, 250n);
      reads(meter, 3, 250n);
    },
  },
  {
    name: 'all bits set, then a digit too many',
    family: 'glitch',
    ...kwh,
    start: 1_234_567n,
    play: (meter) => {
      reads(meter, 3, 25n);
      misread(meter, 99_999_999n);
      misread(meter, 12_345_700n);
      reads(meter, 3, 25n);
    },
  },
  {
    name: 'a zero just before the register turns over',
    family: 'glitch',
    ...kwh,
    start: 99_999_900n,
    play: (meter) => {
      reads(meter, 3, 20n);
      misread(meter, 0n, QUARTER, 20n);
      reads(meter, 4, 20n);
    },
  },
  {
    name: 'a zero just behind the turn',
    family: 'glitch',
    ...kwh,
    start: 99_999_900n,
    play: (meter) => {
      reads(meter, 8, 20n);
      misread(meter, 0n, QUARTER, 20n);
      reads(meter, 3, 20n);
    },
  },
  {
    name: 'a pulse counter of 16 bits, twice round in a day',
    family: 'rollover-16',
    decimals: 0,
    range: 2n ** 16n,
    maxRate: 6000n,
    start: 60_000n,
    play: (meter) => reads(meter, 96, 1400n),
  },
  {
    name: '65535 and then 0',
    family: 'rollover-16',
    decimals: 0,
    range: 2n ** 16n,
    start: 65_533n,
    play: (meter) => reads(meter, 8, 1n),
  },
  {
    name: 'a register of 23 bits in tenths of a watt-hour: 838860.7 and then 0',
    family: 'rollover-24',
    decimals: 1,
    range: 2n ** 23n,
    maxRate: 100_000n,
    start: 8_388_500n,
    play: (meter) => reads(meter, 8, 40n),
  },
  {
    name: 'a register of 24 bits, read every minute and brought up to date every ten',
    family: 'rollover-24',
    decimals: 0,
    range: 2n ** 24n,
    maxRate: 60_000n,
    refresh: 10 * MINUTE,
    start: 16_776_000n,
    play: (meter) => reads(meter, 60, 40n, MINUTE),
  },
  {
    name: '4294967295 and then 3',
    family: 'rollover-32',
    decimals: 0,
    range: 2n ** 32n,
    maxRate: 1_000_000n,
    start: 4_294_967_292n,
    play: (meter) => reads(meter, 6, 3n),
  },
  {
    name: '999999.99 kWh and then 0.00',
    family: 'rollover-decimal',
    ...kwh,
    start: 99_999_997n,
    play: (meter) => reads(meter, 8, 1n),
  },
  {
    name: 'a water meter with five wheels that is read once a day',
    family: 'rollover-decimal',
    decimals: 0,
    range: 100_000n,
    maxRate: 5n,
    start: 99_990n,
    play: (meter) => reads(meter, 10, 3n, DAY),
  },
  {
    name: 'set back to zero between two readings',
    family: 'reset',
    ...kwh,
    start: 1_234_567n,
    play: (meter) => {
      reads(meter, 4, 25n);
      meter.run(5 * MINUTE, 8n);
      meter.reset();
      meter.run(10 * MINUTE, 17n);
      meter.read();
      reads(meter, 4, 25n);
    },
  },
  {
    name: 'set back to zero, and its midnight freeze read an hour later',
    family: 'reset',
    ...kwh,
    start: 1_234_567n,
    play: (meter) => {
      reads(meter, 4, 25n);
      meter.run(5 * MINUTE, 8n);
      const tell = meter.freeze();
      meter.run(2 * MINUTE, 3n);
      meter.reset();
      meter.run(8 * MINUTE, 14n);
      meter.read();
      reads(meter, 4, 25n);
      tell();
    },
  },
  {
    name: 'set back to zero twice in a day',
    family: 'reset',
    ...kwh,
    start: 9_000_000n,
    play: (meter) => {
      reads(meter, 4, 25n);
      meter.reset();
      reads(meter, 40, 250n);
      meter.reset();
      reads(meter, 4, 25n);
    },
  },
  {
    name: 'exchanged, and both values told',
    family: 'swap',
    ...kwh,
    start: 1_234_567n,
    play: (meter) => {
      reads(meter, 4, 25n);
      meter.run(5 * MINUTE, 8n);
      meter.exchange(37n, 'declared');
      reads(meter, 4, 25n);
    },
  },
  {
    name: 'exchanged for one that has counted more, known by its serial number',
    family: 'swap',
    ...kwh,
    start: 1_234_567n,
    play: (meter) => {
      reads(meter, 4, 25n);
      meter.run(5 * MINUTE, 8n);
      meter.exchange(1_234_900n, 'serial');
      reads(meter, 4, 25n);
    },
  },
  {
    name: 'water that runs back a little into the main',
    family: 'negative',
    ...water,
    start: 4_567_890n,
    play: (meter) => {
      reads(meter, 4, 20n);
      meter.run(QUARTER, -15n);
      meter.read();
      reads(meter, 4, 2n);
      reads(meter, 4, 20n);
    },
  },
  {
    name: 'import less export over a sunny day',
    family: 'signed',
    ...kwh,
    isSigned: true,
    start: 500n,
    play: (meter) => {
      reads(meter, 12, 30n);
      reads(meter, 40, -60n);
      reads(meter, 20, 40n);
    },
  },
  {
    name: 'nobody at home for a month',
    family: 'freeze',
    ...water,
    start: 4_567_890n,
    play: (meter) => {
      reads(meter, 4, 20n);
      reads(meter, 30, 0n, DAY);
      reads(meter, 4, 20n);
    },
  },
  {
    name: 'a line that was cut for a week',
    family: 'gap',
    ...kwh,
    start: 1_234_567n,
    play: (meter) => {
      reads(meter, 4, 25n);
      meter.run(7 * DAY, 6720n);
      meter.read();
      reads(meter, 4, 25n);
    },
  },
  {
    name: 'a line that was cut while the register turned over',
    family: 'gap',
    ...kwh,
    start: 99_999_000n,
    play: (meter) => {
      reads(meter, 4, 25n);
      meter.run(7 * DAY, 6720n);
      meter.read();
      reads(meter, 4, 25n);
    },
  },
  {
    name: 'ten midnights that the meter kept, read when the line was back',
    family: 'late',
    ...kwh,
    start: 1_234_567n,
    play: (meter) => {
      reads(meter, 4, 25n);
      const tell = Array.from({ length: 10 }, (_, day) => {
        meter.run(DAY, 960n + BigInt(day));
        return meter.freeze();
      });
      meter.run(8 * HOUR, 320n);
      meter.read();
      for (const kept of tell) kept();
      reads(meter, 4, 25n);
    },
  },
  {
    name: 'midnights around a rollover, the newest first',
    family: 'late',
    ...kwh,
    start: 99_996_000n,
    play: (meter) => {
      reads(meter, 4, 25n);
      const tell = Array.from({ length: 8 }, () => {
        meter.run(DAY, 960n);
        return meter.freeze();
      });
      meter.run(8 * HOUR, 320n);
      meter.read();
      reads(meter, 2, 25n);
      for (const kept of tell.reverse()) kept();
      reads(meter, 2, 25n);
    },
  },
  {
    name: 'a rollover, a zero, a pause, a reset and an exchange',
    family: 'combination',
    ...kwh,
    start: 99_999_950n,
    play: (meter) => {
      reads(meter, 6, 25n);
      misread(meter, 0n, QUARTER, 25n);
      reads(meter, 4, 25n);
      meter.run(20 * DAY, 19_200n);
      meter.read();
      reads(meter, 4, 25n);
      meter.reset();
      reads(meter, 6, 25n);
      meter.exchange(5_000_000n, 'declared');
      reads(meter, 4, 25n);
    },
  },
  ...([16n, 24n, 32n] as const).map(
    (bits): MeterScript => ({
      name: `a register of ${bits} bits whose width nobody declared`,
      family: 'undeclared',
      decimals: 0,
      range: 2n ** bits,
      maxRate: 400n,
      isDeclared: false,
      start: 2n ** bits - 50n,
      play: (meter) => reads(meter, 8, 20n),
      error: -10n,
    }),
  ),
  ...([5n, 6n, 8n] as const).map(
    (digits): MeterScript => ({
      name: `a register of ${digits} wheels whose width nobody declared`,
      family: 'undeclared',
      decimals: 1,
      range: 10n ** digits,
      maxRate: 400n,
      isDeclared: false,
      start: 10n ** digits - 50n,
      play: (meter) => reads(meter, 8, 20n),
      error: -10n,
    }),
  ),
  {
    name: 'neither width nor rate declared, and nothing happens',
    family: 'undeclared',
    decimals: 2,
    range: 100_000_000n,
    isDeclared: false,
    start: 1_234_567n,
    play: (meter) => reads(meter, 20, 25n),
    error: 0n,
  },
  {
    name: 'neither width nor rate declared, and a zero',
    family: 'undeclared',
    decimals: 2,
    range: 100_000_000n,
    isDeclared: false,
    start: 1_234_567n,
    play: (meter) => {
      reads(meter, 4, 25n);
      misread(meter, 0n);
      reads(meter, 4, 25n);
    },
    error: 0n,
  },
  {
    name: 'neither width nor rate declared, and a reset',
    family: 'undeclared',
    decimals: 2,
    range: 100_000_000n,
    isDeclared: false,
    start: 1_234_567n,
    play: (meter) => {
      reads(meter, 4, 25n);
      meter.reset();
      reads(meter, 4, 25n);
    },
    error: 0n,
  },
  {
    name: 'neither width nor rate declared, and an exchange that is told',
    family: 'undeclared',
    decimals: 2,
    range: 100_000_000n,
    isDeclared: false,
    start: 1_234_567n,
    play: (meter) => {
      reads(meter, 4, 25n);
      meter.exchange(900n, 'declared');
      reads(meter, 4, 25n);
    },
    error: 0n,
  },
];

/** One script as a series, its first reading at `start`. */
export function scripted(script: MeterScript, start: number): MeterSeries {
  const make: MeterMake = {
    range: script.range,
    isSigned: script.isSigned ?? false,
    refresh: script.refresh ?? 0,
  };
  const needsSerial = script.family === 'swap' || script.family === 'combination';
  const meter = new PlayedMeter(make, {
    register: script.start,
    time: start,
    ...(needsSerial && { serial: 'A' }),
  });
  meter.read();
  script.play(meter);
  return {
    family: script.family === 'undeclared' ? 'plain' : script.family,
    decimals: script.decimals,
    modulus: script.isDeclared === false ? undefined : script.range,
    maxRate: script.maxRate,
    isSigned: script.isSigned ?? false,
    played: meter.played,
    truth: meter.truth(),
  };
}
