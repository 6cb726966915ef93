import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CounterRules, judge, NEW_COUNTER } from '../../gateway/image/counter-guard.ts';
import { decimalOf, difference } from '../../gateway/model/decimal.ts';
import { type Decimal, decimalText } from '../../gateway/model/sample.ts';
import { monoMs } from '../../gateway/model/units.ts';

const DECIMALS = 2;
/** In hundredths: 2^53 is passed by every site. */
const MODULUS = 10n ** 18n;
const RATE_PER_SECOND = 500n;
const RULES: CounterRules = {
  modulus: { unscaled: MODULUS, decimals: DECIMALS },
  maxRatePerHour: (Number(RATE_PER_SECOND) / 10 ** DECIMALS) * 3600,
  decimals: DECIMALS,
};

/** A poll after some seconds: what the meter counted meanwhile (of its rate), and what is read instead. */
interface Poll {
  readonly seconds: number;
  readonly share: number;
  readonly glitch: bigint | undefined;
}

/** Far from everything that the meter can have counted in the test; often the same nonsense again. */
const glitch = fc.oneof(
  fc.constant(MODULUS / 3n),
  fc.bigInt({ min: MODULUS / 4n, max: MODULUS / 2n }),
);
const polls: fc.Arbitrary<readonly Poll[]> = fc.array(
  fc.record({
    seconds: fc.integer({ min: 1, max: 100_000 }),
    share: fc.integer({ min: 0, max: 100 }),
    glitch: fc.option(glitch, { freq: 2, nil: undefined }),
  }),
  { minLength: 1, maxLength: 60 },
);

const exact = (unscaled: bigint): Decimal => ({ unscaled, decimals: DECIMALS });
const wrapped = (value: bigint): bigint => ((value % MODULUS) + MODULUS) % MODULUS;
/** As a driver hands it over. */
const asRead = (unscaled: bigint): number | Decimal =>
  unscaled < 10n ** 15n ? Number(unscaled) / 10 ** DECIMALS : exact(unscaled);

/**
 * Plays a meter that counts on while some of its readings are nonsense, never three in a row. Returns what was
 * counted from the accepted readings, and by the meter.
 */
function play(start: bigint, sequence: readonly Poll[]) {
  let state = NEW_COUNTER;
  let total = start;
  let at = 0;
  let inARow = 0;
  let accepted = 0n;
  const events: string[] = [];
  const bases: string[] = [];
  const step = (read: bigint) => {
    const before = state.base?.value;
    const verdict = judge(state, RULES, asRead(read), monoMs(at));
    state = verdict.state;
    const { value = exact(0n) } = state.base ?? {};
    if (before) accepted += wrapped(toHundredths(difference(value, before)));
    if (verdict.event) events.push(verdict.event.kind);
    bases.push(decimalText(value));
    return verdict;
  };
  step(start);
  for (const { seconds, share, glitch: nonsense } of sequence) {
    at += seconds * 1000;
    total += (RATE_PER_SECOND * BigInt(seconds) * BigInt(share)) / 100n;
    const isGlitch = nonsense !== undefined && inARow < 2;
    inARow = isGlitch ? inARow + 1 : 0;
    step(wrapped(isGlitch ? total + nonsense : total));
  }
  return { accepted, counted: total - start, events, bases, endsSure: inARow === 0 };
}

const toHundredths = ({ unscaled, decimals }: Decimal): bigint =>
  unscaled * 10n ** BigInt(DECIMALS - decimals);

const starts = fc.oneof(
  fc.bigInt({ min: 0n, max: 10n ** 6n }),
  fc.bigInt({ min: MODULUS - 10n ** 8n, max: MODULUS - 1n }),
  fc.bigInt({ min: 0n, max: MODULUS - 1n }),
);

describe('the counter guard', () => {
  it('never counts more than the meter, and all of it once a reading is right again', () => {
    fc.assert(
      fc.property(starts, polls, (start, sequence) => {
        const { accepted, counted, endsSure } = play(start, sequence);
        expect(accepted).toBeLessThanOrEqual(counted);
        if (endsSure) expect(accepted).toBe(counted);
      }),
      { numRuns: 300 },
    );
  });

  it('takes no meter that only glitches for a new one, and no glitch for its base', () => {
    fc.assert(
      fc.property(starts, polls, (start, sequence) => {
        const { events, bases } = play(start, sequence);
        expect(events).not.toContain('swap');
        const clean = play(
          start,
          sequence.map((poll) => ({ ...poll, glitch: undefined })),
        );
        expect(new Set(clean.bases)).toEqual(new Set([...clean.bases, ...bases]));
      }),
      { numRuns: 300 },
    );
  });

  it('judges every value there is without an error, and passes no number that is none', () => {
    const value = fc.oneof(
      fc.double(),
      fc.bigInt(),
      fc.string(),
      fc.boolean(),
      fc.record({ unscaled: fc.bigInt(), decimals: fc.nat({ max: 22 }) }),
    );
    fc.assert(
      fc.property(fc.array(value, { maxLength: 20 }), (readings) => {
        let state = NEW_COUNTER;
        for (const [i, reading] of readings.entries()) {
          const verdict = judge(state, RULES, reading, monoMs(i * 1000));
          state = verdict.state;
          if (decimalOf(reading) === undefined) expect(verdict.isSuspect).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
