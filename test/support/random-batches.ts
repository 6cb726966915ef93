/** Polls of a made-up site, one after the other: values that stay, walk, leap and change their kind, from a seed. */
import { type SampleBatch, toBatch } from '../../gateway/journal/batch.ts';
import { isBad, QUALITIES, type Quality } from '../../gateway/model/quality.ts';
import { type Sample, type TimeBasis, tagId, type Value } from '../../gateway/model/sample.ts';
import { utcMs } from '../../gateway/model/units.ts';

type Random = () => number;
type Life = (random: Random) => Value;

const ODD_NUMBERS = [
  0,
  -0,
  Number.NaN,
  Infinity,
  -Infinity,
  Number.MAX_VALUE,
  Number.MIN_VALUE,
  2 ** 53,
];
const WORDS = ['', 'run', 'stop', 'ä°油', '\ud800', 'x'.repeat(300)];
const BASES: readonly TimeBasis[] = ['source', 'gateway', 'unsynced', 'corrected'];

const whole = (random: Random, below: number): number => Math.floor(random() * below);
const oneOf = <T>(random: Random, values: readonly T[]): T =>
  values[whole(random, values.length)] as T;

/** How one tag lives; the state is in the closure. */
const LIVES: readonly ((random: Random) => Life)[] = [
  (random) => {
    let step = whole(random, 100_000) - 50_000;
    const scale = 10 ** whole(random, 8);
    return (next) => {
      step += whole(next, 7) - 3;
      return step / scale;
    };
  },
  (random) => {
    let step = whole(random, 10_000);
    return (next) => {
      step += whole(next, 7) - 3;
      return Math.fround(step / 100);
    };
  },
  () => (next) => Math.fround(Math.sin(next()) * 1000),
  () => (next) => Math.sqrt(next()) * 10 ** (whole(next, 40) - 20),
  () => (next) => oneOf(next, ODD_NUMBERS),
  (random) => {
    let count = whole(random, 2 ** 31) * (random() < 0.3 ? 2 ** 20 : 1);
    return (next) => {
      count += whole(next, 1000);
      return count;
    };
  },
  () => (next) => next() < 0.3,
  (random) => {
    let count = BigInt(whole(random, 2 ** 31)) ** BigInt(whole(random, 8));
    return (next) => {
      count += BigInt(whole(next, 1000)) - 300n;
      return next() < 0.02 ? -count : count;
    };
  },
  () => (next) => oneOf(next, WORDS),
  (random) => {
    let unscaled = BigInt(whole(random, 2 ** 31)) ** 2n;
    return (next) => {
      unscaled += BigInt(whole(next, 50));
      return { unscaled, decimals: next() < 0.9 ? 3 : whole(next, 20) - 3 };
    };
  },
];

/** Gives a batch for each call: the next moments of the same site. */
export function randomSite(random: Random): () => SampleBatch {
  const far = random() < 0.1 ? 4_000_000_000 : random() < 0.5 ? 90_000 : 0;
  const tags = Array.from({ length: whole(random, 40) + 1 }, (_, index) => ({
    number: index * (whole(random, 3) + 1) + far,
    lives: [oneOf(random, LIVES)(random), oneOf(random, LIVES)(random)] as const,
  }));
  const [mixed, bad, gaps, odd] = [0, 0, 0, 0].map(() => (random() < 0.5 ? 0 : random() * 0.3));
  const isFine = random() < 0.1;
  let time = 1_767_225_600_000;
  const sample = (tag: (typeof tags)[number]): Sample => {
    time += random() < 0.3 ? whole(random, 20) - 2 : 0;
    const quality: Quality = random() < (bad as number) ? oneOf(random, QUALITIES) : 'good';
    const value = tag.lives[random() < (mixed as number) ? 1 : 0](random);
    return {
      tag: tagId('d', String(tag.number)),
      value: isBad(quality) ? null : value,
      quality,
      time: utcMs(isFine ? time + random() : random() < 0.001 ? -0 : time),
      timeBasis: random() < (odd as number) ? oneOf(random, BASES) : 'gateway',
    };
  };
  return () => {
    time += 1000;
    const samples: Sample[] = [];
    for (let poll = whole(random, 4); poll >= 0; poll--)
      for (const tag of tags) if (random() >= (gaps as number)) samples.push(sample(tag));
    return toBatch(samples, (tag) => Number(tag.slice(2)));
  };
}
