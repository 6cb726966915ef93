/** Commands and their audit that the tests of the ledger store; free of the test runner, for child processes. */
import type { LedgerEntry } from '../../gateway/command/ledger.ts';
import type { Block } from '../../gateway/journal/journal.ts';
import type { Intent, LedgerAction } from '../../gateway/journal/ledger/ledger-action.ts';
import type { CommandOrigin, CommandOutcome } from '../../gateway/model/command.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import { utcMs } from '../../gateway/model/units.ts';
import { batchOf, sampleOf, samplesOf, T0 } from './journal-samples.ts';

export type Entry = Omit<LedgerEntry, 'outcome' | 'end'>;

/** A command of which only what the test is about is said. */
export const entryOf = (id: string, over: Partial<Entry> = {}): Entry => {
  const origin: CommandOrigin = over.origin ?? 'remote';
  return {
    key: `${origin}/${id}`,
    origin,
    tag: 'press.t0',
    time: utcMs(T0),
    facts: { value: true, by: 'dispatch' },
    ...over,
  };
};

/** One sample that says of which command it tells, and what. */
export const auditOf = (key: string, state: string): Sample[] => [sampleOf(`${state} ${key}`, 7)];

/** What the audit among these blocks tells, in order. */
export const auditIn = (blocks: readonly Block[]): string[] =>
  blocks.flatMap(samplesOf).flatMap(({ value }) => (typeof value === 'string' ? [value] : []));

export const intentOf = (id: string, over: Partial<Intent> = {}): Intent => {
  const { facts, ...entry } = entryOf(id);
  const origin = over.origin ?? entry.origin;
  const key = `${origin}/${id}`;
  const rest = { facts: JSON.stringify(facts), counter: undefined, issued: undefined };
  return { ...entry, ...rest, key, ...over };
};

export const intend = (id: string, over: Partial<Intent> = {}): LedgerAction => {
  const intent = intentOf(id, over);
  return { kind: 'intend', intent, audit: batchOf(auditOf(intent.key, 'intent')) };
};

export const settle = (
  id: string,
  outcome: CommandOutcome = 'verified',
  over: Partial<Extract<LedgerAction, { kind: 'settle' }>> = {},
): LedgerAction => {
  const key = over.key ?? `remote/${id}`;
  const audit = batchOf(auditOf(key, 'ended'));
  return { kind: 'settle', key, outcome, end: '{"took_ms":12}', audit, intent: undefined, ...over };
};
