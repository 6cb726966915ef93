/** What a group of actions does to the ledger. Pure: it is shown what is known, decides, and the ledger writes. */
import type { LedgerEntry } from '../../command/ledger.ts';
import type { CommandOutcome } from '../../model/command.ts';
import type { SampleBatch } from '../batch.ts';
import type { Intent, LedgerAction, LedgerAnswer } from './ledger-action.ts';
import { withEnd } from './ledger-ends.ts';

/** Commands without an end; the door has some hundred at most, what is beyond was left behind by crashes. */
export const OPEN_COMMANDS_MAX = 10_000;

export interface LedgerEnd {
  readonly key: string;
  readonly outcome: CommandOutcome;
  readonly end: string | undefined;
}

export interface LedgerPlan {
  /** One for each action, in order. */
  readonly answers: readonly LedgerAnswer[];
  readonly intents: readonly Intent[];
  /** Of commands that are known or among the intents. */
  readonly ends: readonly LedgerEnd[];
  readonly audit: readonly SampleBatch[];
}

/** `find` gives what is stored, `open` says how many commands without an end that are. */
export function ledgerPlan(
  actions: readonly LedgerAction[],
  find: (key: string) => LedgerEntry | undefined,
  open: number,
): LedgerPlan {
  const answers: LedgerAnswer[] = [];
  const intents = new Map<string, Intent>();
  const ends = new Map<string, LedgerEnd>();
  const audit: SampleBatch[] = [];
  for (const action of actions) {
    const key = action.kind === 'intend' ? action.intent.key : action.key;
    const planned = intents.get(key);
    const known = planned ? entryOf(planned) : find(key);
    if (action.kind === 'settle') {
      answers.push({ kind: 'ended' });
      if (isEnded(ends.get(key) ?? known)) continue;
      if (known === undefined && action.intent) intents.set(key, action.intent);
      if (known ?? action.intent) ends.set(key, action);
      audit.push(action.audit);
    } else if (known) answers.push({ kind: 'known', entry: withEnd(known, ends.get(key)) });
    else if (open + intents.size >= OPEN_COMMANDS_MAX) answers.push({ kind: 'full' });
    else {
      answers.push({ kind: 'new' });
      intents.set(key, action.intent);
      audit.push(action.audit);
    }
  }
  return { answers, intents: [...intents.values()], ends: [...ends.values()], audit };
}

/** For good: an outcome without an end is the ledger's own and gives way. */
const isEnded = (known: { readonly outcome: unknown; readonly end: unknown } | undefined) =>
  known?.outcome !== undefined && known.end !== undefined;

function entryOf({ key, origin, tag, time, facts }: Intent): LedgerEntry {
  const parsed = JSON.parse(facts);
  return { key, origin, tag, time, facts: parsed, outcome: undefined, end: undefined };
}
