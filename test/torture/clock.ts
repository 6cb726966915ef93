/** `clock`: whatever happens to wall time, order, timers, retention and rules go on, and unset times are told and mended. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtSite } from '../support/built-rules.ts';
import type { Attack, AttackReport, Law } from './attack.ts';
import { type ClockBreaches, CORRECTED_WITHIN, noBreaches } from './clock-account.ts';
import { daemonScripts, FAKETIME, runDaemonScript } from './clock-daemon.ts';
import { CLOCK_RULES } from './clock-rules.ts';
import { VIRTUAL_SCRIPTS } from './clock-scripts.ts';
import { ClockTrial } from './clock-trial.ts';
import { noneOf } from './laws.ts';
import { grouped } from './spread.ts';

const FAILURES_MAX = 10;
const SCRIPTS = VIRTUAL_SCRIPTS.length + daemonScripts().length;

/** What is broken when a breach of this kind was seen. */
const PROMISES: Readonly<Record<keyof ClockBreaches, string>> = {
  reordered: 'the order of seqs is the order of measurement',
  stuck: 'polls and commits go on within their period, and all samples are delivered',
  unflagged: 'every sample of an unset clock is flagged',
  uncorrected:
    'none stays unsynced of a boot that was synchronised, at the receiver and in the journal',
  wrong: `corrected times are within ${CORRECTED_WITHIN} ms of the truth`,
  early: 'nothing is removed before its time',
  late: 'nothing that is acknowledged is kept for ever',
  rules: 'no rule makes up for years',
};

export const clockAttack: Attack = {
  name: 'clock',
  title:
    'wall time is unset, set, stepped from an hour to 20 years, lost and found, over dates, outages, restarts and boots',
  limits:
    'Most scripts run in virtual time, in one thread, where a step falls between two timers. The daemon has the wall time of libfaketime and a folder in the place of systemd-timesyncd; its boot is always the same one.',
  few: SCRIPTS,
  many: SCRIPTS,
  async run({ count, progress }) {
    const sum = new Sum();
    const { set, problems } = builtSite(CLOCK_RULES);
    if (problems.length > 0) throw new Error(problems.join('\n'));
    const daemons = FAKETIME === undefined ? [] : daemonScripts();
    const of = Math.min(count, VIRTUAL_SCRIPTS.length + daemons.length);
    for (const script of VIRTUAL_SCRIPTS.slice(0, of)) {
      const folder = mkdtempSync(join(tmpdir(), 'headgate-clock-'));
      const trial = new ClockTrial(script, join(folder, 'journal.db'), set);
      await trial.run();
      trial.account.judgeReceiver();
      rmSync(folder, { recursive: true, force: true });
      sum.add(trial.account);
      progress(sum.scripts, of);
    }
    for (const script of daemons.slice(0, of - VIRTUAL_SCRIPTS.length)) {
      const told = setInterval(() => progress(sum.scripts, of), 1_000);
      try {
        sum.add(await runDaemonScript(script));
      } finally {
        clearInterval(told);
      }
    }
    progress(of, of);
    return sum.report(daemons.length);
  },
};

interface Verdict {
  readonly breaches: ClockBreaches;
  readonly told: readonly string[];
  readonly samples: number;
  readonly corrected: number;
  readonly worst: number;
}

class Sum {
  scripts = 0;
  readonly #breaches = noBreaches();
  readonly #told: string[] = [];
  #samples = 0;
  #corrected = 0;
  #worst = 0;

  add({ breaches, told, samples, corrected, worst }: Verdict): void {
    this.scripts++;
    for (const kind of kinds) this.#breaches[kind] += breaches[kind];
    this.#told.push(...told);
    this.#samples += samples;
    this.#corrected += corrected;
    this.#worst = Math.max(this.#worst, worst);
  }

  report(daemons: number): AttackReport {
    const of = `${grouped(this.#samples)} samples`;
    const worst: Law = {
      promise: 'something was corrected, and the worst of it',
      found: `${grouped(this.#corrected)} times, off by at most ${Math.round(this.#worst)} ms`,
      goal: `more than 0, within ${CORRECTED_WITHIN} ms and what the PLC's own register is late`,
      holds: this.#corrected > 0,
    };
    return {
      counts: {
        scripts: this.scripts,
        daemons,
        samples: this.#samples,
        corrected: this.#corrected,
      },
      laws: [...kinds.map((kind) => noneOf(PROMISES[kind], this.#breaches[kind], of)), worst],
      failures: this.#told.slice(0, FAILURES_MAX),
    };
  }
}

const kinds = Object.keys(PROMISES) as (keyof ClockBreaches)[];
