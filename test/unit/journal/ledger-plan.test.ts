import { expect, test } from 'vitest';
import type { LedgerEntry } from '../../../gateway/command/ledger.ts';
import type { LedgerAction } from '../../../gateway/journal/ledger/ledger-action.ts';
import { ledgerPlan, OPEN_COMMANDS_MAX } from '../../../gateway/journal/ledger/ledger-plan.ts';
import { entryOf, intend, intentOf, settle } from '../../support/ledger-samples.ts';

const open = (id: string): LedgerEntry => ({ ...entryOf(id), outcome: undefined, end: undefined });
const ended = (id: string): LedgerEntry => ({ ...open(id), outcome: 'verified', end: { n: 1 } });
/** The ledger's own end, of an intent that nobody waited for. */
const unwanted = (id: string): LedgerEntry => ({ ...open(id), outcome: 'failed' });

interface Case {
  readonly stored?: readonly LedgerEntry[];
  readonly open?: number;
  readonly actions: readonly LedgerAction[];
  /** Kinds of answers, keys of intents, keys and outcomes of ends, number of audit batches. */
  readonly plan: readonly [string, string, string, number];
}

const cases: Record<string, Case> = {
  'a new command is written down': {
    actions: [intend('a')],
    plan: ['new', 'remote/a', '', 1],
  },
  'a known one stores nothing, ended or not': {
    stored: [open('a'), ended('b')],
    actions: [intend('a'), intend('b')],
    plan: ['known known', '', '', 0],
  },
  'the same one twice at once is known the second time': {
    actions: [intend('a'), intend('a')],
    plan: ['new known', 'remote/a', '', 1],
  },
  'the same id of another origin is another one': {
    stored: [open('a')],
    actions: [intend('a', { origin: 'local', key: 'local/a' })],
    plan: ['new', 'local/a', '', 1],
  },
  'an end ends what is open': {
    stored: [open('a')],
    actions: [settle('a')],
    plan: ['ended', '', 'remote/a verified', 1],
  },
  'an end that comes again changes nothing': {
    stored: [ended('a')],
    actions: [settle('a', 'failed')],
    plan: ['ended', '', '', 0],
  },
  'two ends at once: the first counts': {
    stored: [open('a')],
    actions: [settle('a', 'written'), settle('a', 'failed')],
    plan: ['ended ended', '', 'remote/a written', 1],
  },
  'an intent and its end may come together': {
    actions: [intend('a'), settle('a', 'rejected')],
    plan: ['new ended', 'remote/a', 'remote/a rejected', 2],
  },
  'an end that the ledger made itself gives way': {
    stored: [unwanted('a')],
    actions: [settle('a', 'verified')],
    plan: ['ended', '', 'remote/a verified', 1],
  },
  'an end of a command that is not there leaves its audit': {
    actions: [settle('a')],
    plan: ['ended', '', '', 1],
  },
  'an end may bring its intent along': {
    actions: [settle('a', 'failed', { intent: intentOf('a') })],
    plan: ['ended', 'remote/a', 'remote/a failed', 1],
  },
  'an intent that is brought along and known is not stored twice': {
    stored: [open('a')],
    actions: [settle('a', 'failed', { intent: intentOf('a') })],
    plan: ['ended', '', 'remote/a failed', 1],
  },
  'the last place is taken, and no more': {
    open: OPEN_COMMANDS_MAX - 1,
    actions: [intend('a'), intend('b'), settle('b')],
    plan: ['new full ended', 'remote/a', '', 2],
  },
  'an end finds a place where no intent does': {
    open: OPEN_COMMANDS_MAX,
    actions: [settle('a', 'failed', { intent: intentOf('a') })],
    plan: ['ended', 'remote/a', 'remote/a failed', 1],
  },
};

test.each(Object.entries(cases))('%s', (_name, { stored = [], open: count = 0, actions, plan }) => {
  const { answers, intents, ends, audit } = ledgerPlan(
    actions,
    (key) => stored.find((entry) => entry.key === key),
    count,
  );
  expect([
    answers.map(({ kind }) => kind).join(' '),
    intents.map(({ key }) => key).join(' '),
    ends.map(({ key, outcome }) => `${key} ${outcome}`).join(' '),
    audit.length,
  ]).toEqual(plan);
});

test('says of a known command how it ended, also where the end is in the same group', () => {
  const find = (key: string) => [ended('a'), open('b')].find((entry) => entry.key === key);
  const { answers } = ledgerPlan([intend('a'), settle('b'), intend('b')], find, 0);
  expect(answers).toEqual([
    { kind: 'known', entry: ended('a') },
    { kind: 'ended' },
    { kind: 'known', entry: { ...open('b'), outcome: 'verified', end: { took_ms: 12 } } },
  ]);
});
