/**
 * Alarms about the rules themselves: one that is stopped by a fault of ours, and rules that were rolled back because nobody
 * confirmed them. They stand among the alarms of rules; they cannot be shelved.
 */

import { AlarmBook } from '../../rules/alarms/alarm-book.ts';
import {
  type AlarmRule,
  type AlarmStatus,
  type Moment,
  NO_CAUSES,
} from '../../rules/alarms/alarm-entry.ts';
import type { AcknowledgeAct, AcknowledgeResult } from '../../rules/alarms/alarm-outcome.ts';
import type { AlarmEffect } from '../../rules/effect.ts';
import type { FloodLimit } from '../../rules/rule.ts';
import type { Kept } from '../host/state-store.ts';
import { millis } from '../model/units.ts';

/** Behind the name of a rule; no name of a rule has a dot. */
const STOPPED = '.stopped';
/** The name under which the alarm of a rollback stands. */
export const ROLLED_BACK = 'rules.rolled-back';

const STOPPED_SEVERITY = 800;
const ROLLED_BACK_SEVERITY = 700;
/** None is held back: there are fewer rules than that, and it takes longer. */
const NO_FLOOD: FloodLimit = { most: 10_000, within: millis(1) };

const alarm = (name: string, severity: number, latch: boolean): AlarmRule => ({
  name,
  isShadow: false,
  fingerprint: '',
  config: {
    severity,
    message: { en: [], zh: [] },
    latch,
    realarm: undefined,
    firstOut: undefined,
    suppressWhen: undefined,
  },
});

const rolledBackAlarm = alarm(ROLLED_BACK, ROLLED_BACK_SEVERITY, true);

export class OwnAlarms {
  readonly #book: AlarmBook;
  readonly #stopped = new Set<string>();

  constructor(kept: Kept | undefined, moment: Moment) {
    this.#book = new AlarmBook({ rules: [rolledBackAlarm], flood: NO_FLOOD });
    if (kept !== undefined) this.#book.restore(kept, moment);
  }

  has(name: string): boolean {
    return name === ROLLED_BACK || name.endsWith(STOPPED);
  }

  /** Whether the alarm of a rollback is active. */
  get isRolledBack(): boolean {
    return this.#book.stateOf(ROLLED_BACK)?.isActive === true;
  }

  /** A rule threw. Its alarm stands until other rules run, whether or not somebody saw it. */
  stopped(rule: string, reason: string, moment: Moment): readonly AlarmEffect[] {
    const name = rule + STOPPED;
    this.#stopped.add(name);
    const ended = this.#know(moment);
    const message = {
      en: `rule ${rule} is stopped by a fault of the gateway: ${reason}`,
      zh: `规则 ${rule} 因网关自身故障已停止：${reason}`,
    };
    return [...ended, ...this.#book.turn(name, 'active', message, NO_CAUSES, moment)];
  }

  /** Other rules run. */
  replaced(moment: Moment): readonly AlarmEffect[] {
    this.#stopped.clear();
    return this.#know(moment);
  }

  /** The rules before run again: they were not confirmed in time, or the gateway ended before. */
  rolledBack(reason: 'time' | 'restart', config: string, moment: Moment): readonly AlarmEffect[] {
    const name = config.slice(0, 8);
    const message =
      reason === 'time'
        ? {
            en: `nobody confirmed rules ${name} in time: those before them run again`,
            zh: `规则 ${name} 未在规定时间内确认，已恢复为之前的规则`,
          }
        : {
            en: `the gateway ended before rules ${name} were confirmed: those before them run again`,
            zh: `规则 ${name} 确认之前网关已停止，已恢复为之前的规则`,
          };
    const over = this.#book.turn(ROLLED_BACK, 'cleared', undefined, NO_CAUSES, moment);
    return [...over, ...this.#book.turn(ROLLED_BACK, 'active', message, NO_CAUSES, moment)];
  }

  /** Rules were applied, or those that run are again those of the files. */
  settled(moment: Moment): readonly AlarmEffect[] {
    return this.#book.turn(ROLLED_BACK, 'cleared', undefined, NO_CAUSES, moment);
  }

  acknowledge(name: string, act: AcknowledgeAct, moment: Moment): AcknowledgeResult {
    return this.#book.acknowledge(name, act, moment);
  }

  states(): readonly AlarmStatus[] {
    return this.#book.states();
  }

  /** Without the stopped rules, which are tried again after a start. */
  save(): Kept {
    return this.#book.save();
  }

  #know(moment: Moment): readonly AlarmEffect[] {
    const stopped = [...this.#stopped].map((name) => alarm(name, STOPPED_SEVERITY, false));
    return this.#book.replace([rolledBackAlarm, ...stopped], NO_FLOOD, moment);
  }
}
