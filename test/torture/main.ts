/**
 * `npm run torture -- --seed N [--only kill,power] [--few | --count n] [--record]`: one JSON object a line for each attack
 * and each of its laws; exits with 1 when a law does not hold. A run with the full count is written down in `docs/faults`.
 */
import { parseArgs } from 'node:util';
import { ATTACKS } from './attacks.ts';
import { recordOf, writeRecord } from './fault-record.ts';
import { startProgress } from './progress-line.ts';

const USAGE = `usage: npm run torture -- [--seed N] [--only ${ATTACKS.map(({ name }) => name).join(',')}] [--few | --count n] [--record]`;

function refuse(what: string): never {
  console.error(`${what}\n${USAGE}`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        seed: { type: 'string', default: '1' },
        only: { type: 'string' },
        count: { type: 'string' },
        few: { type: 'boolean', default: false },
        record: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

const whole = (name: string, text: string): number =>
  /^\d{1,15}$/.test(text) ? Number(text) : refuse(`--${name} is a whole number, not "${text}"`);

const values = readArguments();
const seed = whole('seed', values.seed);
const count = values.count === undefined ? undefined : whole('count', values.count);
if (values.few && count !== undefined) refuse('--few and --count together');
if (count === 0) refuse('--count is 1 or more');
const wanted = values.only?.split(',') ?? ATTACKS.map(({ name }) => name);
const unknown = wanted.filter((name) => !ATTACKS.some((attack) => attack.name === name));
if (unknown.length > 0) refuse(`no attack "${unknown.join('", "')}"`);
const isRecorded = values.record || (!values.few && count === undefined);

let failed = false;
for (const attack of ATTACKS.filter(({ name }) => wanted.includes(name))) {
  const counted = count ?? (values.few ? attack.few : attack.many);
  console.error(`${attack.name}: ${attack.title} (seed ${seed}, ${counted})`);
  const progress = startProgress(attack.name, counted);
  const startedAt = performance.now();
  const report = await attack.run({ seed, count: counted, progress: progress.update });
  progress.end();
  const seconds = (performance.now() - startedAt) / 1000;
  for (const law of report.laws) console.log(JSON.stringify({ attack: attack.name, ...law }));
  for (const failure of report.failures) console.error(`${attack.name}: ${failure}`);
  failed ||= report.laws.some(({ holds }) => !holds);
  if (!isRecorded) continue;
  writeRecord(recordOf({ attack, seed, count: counted, seconds, report }));
  console.error(`${attack.name}: written down in docs/faults; "npm run generate" tells it`);
}
process.exitCode = failed ? 1 : 0;
