/**
 * `damage`: the files of a journal, damaged by hand in every way there is; opened, salvaged and held against what they
 * had been. Most in this process; some under the whole daemon, to see when it polls.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../../gateway/host/random.ts';
import type { Random } from '../../gateway/model/backoff.ts';
import { reasonOf } from '../../gateway/model/errors.ts';
import type { Attack, AttackReport } from './attack.ts';
import { ACTS, type Damaged, type Others } from './damage-acts.ts';
import { type Template, template } from './damage-content.ts';
import { otherDatabase } from './damage-database.ts';
import { type TrialResult, trial } from './damage-trial.ts';
import { grouped, inMillis, spreadOf } from './spread.ts';

const PROGRESS_MS = 1_000;
const FAILURES_MAX = 10;
const SAVED_SHARE = 0.99;
/** One trial on a small file; beyond it hangs. */
const TRIAL_MS_MAX = 10_000;
/** So often a second thing is done to the same files. */
const TWICE = 0.2;

interface Outcome {
  readonly what: string;
  readonly result: TrialResult | undefined;
  readonly error: string | undefined;
}

export const damageAttack: Attack = {
  name: 'damage',
  title:
    'Bits, bytes and pages of the journal damaged, files cut off, swapped, missing, of others; then opened and salvaged',
  limits:
    'The journals are small, some hundred blocks, and the disk under them is memory; a disk that answers with errors is another attack.',
  few: 200,
  many: 10_000,
  async run({ seed, count, progress }) {
    const folder = mkdtempSync(join(memoryFolder(), 'headgate-damage-'));
    const random = seededRandom(seed);
    let done = 0;
    const told = setInterval(() => progress(done, count), PROGRESS_MS);
    try {
      const templates = [
        await template(join(folder, 'killed', 'journal.db'), 0, true),
        await template(join(folder, 'closed', 'journal.db'), 10_000, false),
      ];
      const stranger = await template(join(folder, 'stranger', 'journal.db'), 20_000, true);
      const others: Others = {
        journal: stranger,
        database: otherDatabase(join(folder, 'other.db')),
      };
      const outcomes: Outcome[] = [];
      for (; done < count; done++) {
        const chosen = templates[done % 4 === 3 ? 1 : 0] as Template;
        const { what, damaged } = damage(chosen, random, others);
        outcomes.push(await tried(`${done} ${what}`, folder, chosen, [stranger], damaged));
        if (done % 20 === 0) await new Promise(setImmediate);
      }
      return reportOf(outcomes);
    } finally {
      clearInterval(told);
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function damage(files: Template, random: Random, others: Others) {
  const names = Object.keys(ACTS);
  const times = random() < TWICE ? 2 : 1;
  let damaged: Damaged = { ...files, others: new Map(), mode: 0o600 };
  const done: string[] = [];
  for (let i = 0; i < times; i++) {
    const name = names[Math.floor(random() * names.length)] as string;
    done.push(name);
    damaged = (ACTS[name] as (typeof ACTS)[string])(damaged, random, files, others);
  }
  return { what: done.join(' + '), damaged };
}

async function tried(
  what: string,
  folder: string,
  chosen: Template,
  strangers: readonly Template[],
  damaged: Damaged,
): Promise<Outcome> {
  try {
    return { what, result: await trial(folder, chosen, strangers, damaged), error: undefined };
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : reasonOf(error);
    return { what, result: undefined, error: reason };
  }
}

function reportOf(outcomes: readonly Outcome[]): AttackReport {
  const results = outcomes.flatMap(({ result }) => result ?? []);
  const sum = (of: (result: TrialResult) => number) =>
    results.reduce((total, result) => total + of(result), 0);
  const [undamaged, saved] = [sum((one) => one.undamaged), sum((one) => one.saved)];
  const least = results
    .filter((one) => one.undamaged > 0)
    .reduce((worst, one) => Math.min(worst, one.saved / one.undamaged), 1);
  const mistakes = outcomes.flatMap(({ what, result }) =>
    (result?.mistakes ?? []).map((mistake) => `${what}: ${mistake}`),
  );
  const errors = outcomes.flatMap(({ what, error }) => (error ? [`${what}: ${error}`] : []));
  const short = outcomes.flatMap(({ what, result }) =>
    result && result.saved < result.undamaged * SAVED_SHARE
      ? [`${what}: ${result.saved} of ${result.undamaged} undamaged blocks`]
      : [],
  );
  const times = spreadOf(results.map(({ totalMs }) => totalMs));
  const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
  return {
    counts: {
      files: outcomes.length,
      'set aside': results.filter(({ isQuarantined }) => isQuarantined).length,
      'set aside while they were read': results.filter(({ wasRestarted }) => wasRestarted).length,
      'blocks undamaged': undamaged,
      'blocks saved of these': saved,
      'blocks saved beyond, their file being damaged elsewhere': sum(({ more }) => more),
    },
    laws: [
      {
        promise: 'undamaged blocks are there in the end',
        found: `${percent(undamaged === 0 ? 1 : saved / undamaged)} of ${grouped(undamaged)}, of one file at least ${percent(least)}`,
        goal: '≥ 99 % of each file',
        holds: least >= SAVED_SHARE,
      },
      {
        promise:
          'nothing wrong is told as good, nothing twice, nothing goes without a gap, two files stay in quarantine',
        found: `${grouped(mistakes.length)} mistakes`,
        goal: '0',
        holds: mistakes.length === 0,
      },
      {
        promise: 'a journal is open whatever stands in its place',
        found: `${grouped(errors.length)} times not; with salvage ${inMillis(times)}`,
        goal: `0, each within ${grouped(TRIAL_MS_MAX)} ms`,
        holds: errors.length === 0 && times.max <= TRIAL_MS_MAX,
      },
    ],
    failures: [...errors, ...mistakes, ...short].slice(0, FAILURES_MAX),
  };
}

/** Memory where there is some to write into. */
function memoryFolder(): string {
  return process.platform === 'linux' ? '/dev/shm' : tmpdir();
}
