/**
 * Replays a seeded trace through the rules in the JSON at `argv[2]` and prints the digest of all effects. Imports the
 * rules and nothing native, so that it runs on any machine, also on one that is played.
 */
import { readFileSync, writeSync } from 'node:fs';
import { silentLog } from '../../gateway/host/log.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import type { Quality } from '../../gateway/model/quality.ts';
import type { Sample, TagId } from '../../gateway/model/sample.ts';
import { utcMs } from '../../gateway/model/units.ts';
import { Replay } from '../../rules/replay/replay.ts';
import { EffectDigest } from '../../rules/replay/replay-digest.ts';
import type { RuleSet } from '../../rules/rule.ts';

export interface DigestTask {
  readonly set: RuleSet;
  readonly seed: number;
  readonly batches: number;
  readonly start: number;
  /** A tag and what its values are like. */
  readonly tags: readonly (readonly [tag: string, type: 'number' | 'flag' | 'text'])[];
}

export interface DigestResult {
  readonly arch: string;
  readonly digest: string;
  readonly effects: number;
  /** Rules that did something. */
  readonly rules: readonly string[];
  /** Numbers among the derived values that are no whole ones. */
  readonly fractions: number;
}

export function digestOf({ set, seed, batches, start, tags }: DigestTask): DigestResult {
  const digest = new EffectDigest();
  let [effects, fractions] = [0, 0];
  const rules = new Set<string>();
  const replay = new Replay(
    [set],
    (some) => {
      digest.add(some);
      effects += some.length;
      for (const { rule } of some) rules.add(rule);
      for (const one of some)
        if (one.kind === 'derive' && typeof one.value === 'number' && one.value % 1 !== 0)
          fractions++;
    },
    silentLog,
  );
  for (const batch of traceOf(tags, seededRandom(seed), batches, start)) replay.feed(batch);
  replay.end();
  return { arch: process.arch, digest: digest.end(), effects, rules: [...rules].sort(), fractions };
}

function* traceOf(
  tags: DigestTask['tags'],
  random: () => number,
  batches: number,
  start: number,
): Generator<Sample[]> {
  let time = start;
  const level = new Map<string, number>();
  for (let i = 0; i < batches; i++) {
    time += Math.floor(random() * 3_000);
    const samples: Sample[] = [];
    for (const [tag, type] of tags) {
      if (random() < 0.3) continue;
      const walk = (level.get(tag) ?? 70) + (random() - 0.5) * 5;
      level.set(tag, Math.abs(walk));
      const value =
        type === 'number'
          ? Math.abs(walk)
          : type === 'flag'
            ? random() < 0.5
            : ['auto', 'hand', '停'][Math.floor(random() * 3)];
      const isBad = random() < 0.03;
      const quality: Quality = isBad ? 'bad:comm' : random() < 0.05 ? 'uncertain:range' : 'good';
      samples.push({
        tag: tag as TagId,
        value: isBad ? null : (value ?? null),
        quality,
        time: utcMs(time),
        timeBasis: 'gateway',
      });
    }
    yield samples;
  }
}

const [, script = '', task] = process.argv;
if (task !== undefined && script.endsWith('replay-digest-process.ts'))
  writeSync(1, `${JSON.stringify(digestOf(JSON.parse(readFileSync(task, 'utf8'))))}\n`);
