import { describe, expect, test } from 'vitest';
import type { LedgerHistory } from '../../../gateway/command/ledger.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import type { LedgerAction, LedgerAnswer } from '../../../gateway/journal/ledger/ledger-action.ts';
import { NorthLedger } from '../../../gateway/journal/ledger/north-ledger.ts';
import type { ToNorth } from '../../../gateway/journal/north/north-protocol.ts';
import { GatewayError } from '../../../gateway/model/errors.ts';
import { millis, utcMs } from '../../../gateway/model/units.ts';
import { T0, TAGS } from '../../support/journal-samples.ts';
import { auditOf, entryOf } from '../../support/ledger-samples.ts';

const NOTHING: LedgerHistory = {
  wasCleanStop: true,
  open: [],
  recent: [],
  counters: {},
  issued: {},
};
const FULL = new GatewayError('journal.disk-full', { path: 'journal.db', reason: 'full' });
const BUG = new GatewayError('journal.batch-refused', { reason: 'ours' });

const nameOf = (action: LedgerAction) =>
  action.kind === 'intend'
    ? `+${action.intent.key.slice(7)}`
    : `-${action.key.slice(7)}${action.intent ? '+' : ''}${action.end === undefined ? '!' : ''}`;

/** The field side's end with a worker whose part the test plays. Nothing is under way at first. */
function createLedger() {
  const clock = virtualClock(utcMs(T0));
  const posted: ToNorth[] = [];
  const ledger = new NorthLedger({
    clock,
    log: silentLog,
    post: (message) => posted.push(message),
    indexOf: (tag) => TAGS.indexOf(tag),
    note: () => {},
    onStored: () => {},
  });
  ledger.opened(NOTHING, true);
  const heard: string[] = [];
  const groups = () =>
    posted.flatMap((message) => (message.kind === 'ledger' ? [message.actions] : []));
  const last = () => posted.findLast((message) => message.kind === 'ledger')?.id ?? 0;
  return {
    clock,
    ledger,
    heard,
    /** Tells in `heard` what becomes of it. */
    intend: (id: string, way?: 'meanwhile') => {
      const entry = entryOf(id);
      ledger.intend(entry, auditOf(entry.key, 'intent'), {}, way).then(
        ({ kind }) => heard.push(`${id} ${kind}`),
        (error: GatewayError) => heard.push(`${id} ${error.code}`),
      );
    },
    settle: (id: string) => ledger.settle(`remote/${id}`, 'verified', null, []),
    /** The groups so far: `+` intends, `-` settles, `-a+` brings its intent along, `-a!` is the ledger's own. */
    groups: () => groups().map((actions) => actions.map(nameOf).join(' ')),
    /** Answers the newest group. */
    answer: async (...answers: LedgerAnswer[]) => {
      const actions = groups().at(-1) ?? [];
      const told = actions.map(
        ({ kind }, n): LedgerAnswer => answers[n] ?? { kind: kind === 'intend' ? 'new' : 'ended' },
      );
      ledger.answered({ kind: 'ledger', id: last(), answers: told, audit: undefined });
      await clock.advance(millis(0));
    },
    fail: async (error: GatewayError, isOurs = false) => {
      ledger.failed(last(), error, isOurs);
      await clock.advance(millis(0));
    },
    die: async () => {
      ledger.closed();
      await clock.advance(millis(0));
    },
  };
}

describe('what is under way', () => {
  test('is one group; what gathers meanwhile is the next, intents first', async () => {
    const { intend, settle, groups, answer, heard } = createLedger();
    for (const id of ['a', 'b']) intend(id);
    settle('x');
    intend('c');
    settle('a');
    expect(groups()).toEqual(['+a']);
    await answer();
    expect(heard).toEqual(['a new']);
    expect(groups()).toEqual(['+a', '+b +c -x -a']);
    await answer();
    expect(heard).toEqual(['a new', 'b new', 'c new']);
    expect(groups()).toHaveLength(2);
  });

  test('has 64 actions at most, and never an end before its intent', async () => {
    const { intend, settle, groups, answer } = createLedger();
    intend('first');
    for (let n = 0; n < 70; n++) {
      settle(`e${n}`);
      intend(`i${n}`);
      settle(`i${n}`);
    }
    while (!groups().at(-1)?.endsWith('-i69')) await answer();
    const sizes = groups().map((group) => group.split(' ').length);
    expect(sizes).toEqual([1, 64, 64, 64, 18]);
    const order = groups().join(' ').split(' ');
    for (let n = 0; n < 70; n++)
      expect(order.indexOf(`+i${n}`)).toBeLessThan(order.indexOf(`-i${n}`));
  });

  test('does not take an answer to another group', () => {
    const { intend, ledger } = createLedger();
    intend('a');
    const answer = { kind: 'ledger', id: 7, answers: [], audit: undefined } as const;
    expect(() => ledger.answered(answer)).toThrow('not under way');
  });
});

describe('an intent', () => {
  test('has two seconds, from when it was given', async () => {
    const { intend, clock, heard, answer, groups, ledger } = createLedger();
    intend('a');
    await clock.advance(millis(500));
    intend('b');
    await clock.advance(millis(1_499));
    expect(heard).toEqual([]);
    await clock.advance(millis(1));
    expect(heard).toEqual(['a journal.command-late']);
    await answer();
    expect(groups()).toEqual(['+a', '+b -a+!']);
    await answer();
    expect(heard).toEqual(['a journal.command-late', 'b new']);
    expect(clock.pending()).toEqual([]);
    expect(ledger.facts()).toEqual({ intents: 0, ends: 0, endsLost: 0 });
  });

  test('that nobody acts on is not failed twice where its own end comes', async () => {
    const { intend, settle, clock, answer, groups } = createLedger();
    intend('a');
    await clock.advance(millis(2_000));
    settle('a');
    await answer();
    await answer();
    expect(groups()).toEqual(['+a', '-a+']);
  });

  test('that was settled before it was durable is not failed later', async () => {
    const { intend, settle, clock, answer, groups } = createLedger();
    intend('busy');
    intend('a');
    settle('a');
    await answer();
    await clock.advance(millis(2_000));
    await answer();
    expect(groups()).toEqual(['+busy', '+a -a']);
  });

  test('may be given again after it was rejected', async () => {
    const { intend, heard, die, ledger, groups, answer } = createLedger();
    intend('a');
    await die();
    ledger.opened(NOTHING, false);
    intend('a');
    await answer();
    expect(heard).toEqual(['a journal.command-worker-died', 'a new']);
    expect(groups()).toEqual(['+a', '+a']);
  });

  test('is known while it is under way, and is not handed over twice', async () => {
    const { intend, heard, clock, answer, groups } = createLedger();
    intend('a');
    intend('a');
    await clock.advance(millis(0));
    expect(heard).toEqual(['a known']);
    await answer();
    expect(groups()).toEqual(['+a']);
  });

  test('that finds no place says so', async () => {
    const { intend, heard, answer, settle, groups } = createLedger();
    intend('a');
    await answer({ kind: 'full' });
    expect(heard).toEqual(['a journal.commands-full']);
    settle('a');
    expect(groups().at(-1)).toBe('-a+');
  });
});

describe('a disk that is full', () => {
  test('rejects intents at once, and tries ends again every second', async () => {
    const { intend, settle, groups, fail, answer, heard, clock } = createLedger();
    intend('a');
    settle('x');
    await fail(FULL);
    expect(heard).toEqual(['a journal.disk-full']);
    await clock.advance(millis(999));
    expect(groups()).toEqual(['+a']);
    await clock.advance(millis(1));
    expect(groups()).toEqual(['+a', '-x']);
    await fail(FULL);
    intend('b');
    expect(groups().at(-1)).toBe('+b -x');
    await answer();
    expect(heard.at(-1)).toBe('b new');
    settle('b');
    expect(groups().at(-1)).toBe('-b');
  });

  test('never costs an end', async () => {
    const { settle, groups, fail, clock, ledger } = createLedger();
    settle('x');
    for (let n = 0; n < 50; n++) {
      await fail(FULL);
      await clock.advance(millis(1_000));
    }
    expect(groups()).toHaveLength(51);
    expect(ledger.facts()).toEqual({ intents: 0, ends: 1, endsLost: 0 });
  });
});

describe('an end that may be to blame', () => {
  test('goes alone, by turns with the others', async () => {
    const { intend, settle, groups, die, answer, ledger } = createLedger();
    settle('busy');
    for (const id of ['x', 'y']) settle(id);
    await answer();
    await die();
    ledger.opened(NOTHING, false);
    expect(groups()).toEqual(['-busy', '-x -y', '-x']);
    intend('a');
    settle('z');
    await answer();
    intend('b');
    await answer();
    await answer();
    await answer();
    expect(groups().slice(3)).toEqual(['+a -z', '-y', '+b']);
  });

  test('is given up after ten attempts, and its successors are not', async () => {
    const { settle, groups, fail, clock, ledger, answer } = createLedger();
    settle('x');
    for (let n = 1; n < 10; n++) {
      await fail(BUG, true);
      await clock.advance(millis(1_000));
    }
    expect(groups()).toHaveLength(10);
    settle('y');
    await fail(BUG, true);
    await clock.advance(millis(1_000));
    expect(groups().slice(10)).toEqual(['-y']);
    await answer();
    expect(ledger.facts()).toEqual({ intents: 0, ends: 0, endsLost: 1 });
  });
});

describe('a worker that comes back', () => {
  const open = (id: string) => ({ ...entryOf(id), outcome: undefined, end: undefined });

  test('has ended what was given up here and nothing else', async () => {
    const { intend, settle, groups, die, ledger } = createLedger();
    intend('busy');
    intend('stranded');
    intend('acts', 'meanwhile');
    await die();
    settle('busy');
    const found = ['before', 'busy', 'stranded', 'acts'].map(open);
    ledger.opened({ ...NOTHING, open: found }, false);
    expect(groups()).toEqual(['+busy', '-busy+ -stranded+!']);
    expect(ledger.history()).toBe(NOTHING);
  });

  test('gets the intent of what acted meanwhile with its end, also where it was never handed over', async () => {
    const { intend, settle, groups, die, ledger, answer } = createLedger();
    await die();
    intend('acts', 'meanwhile');
    ledger.opened(NOTHING, false);
    expect(groups()).toEqual([]);
    settle('acts');
    await answer();
    settle('acts');
    expect(groups()).toEqual(['-acts+', '-acts']);
  });

  test('has nothing to do with the answers of the one before', async () => {
    const { intend, settle, groups, die, ledger, heard, answer } = createLedger();
    intend('a');
    settle('a');
    await answer();
    await die();
    const late = { kind: 'ledger', id: 2, answers: [{ kind: 'ended' }], audit: undefined } as const;
    expect(() => ledger.answered(late)).not.toThrow();
    expect(() => ledger.failed(2, FULL, false)).not.toThrow();
    ledger.opened(NOTHING, false);
    expect(groups()).toEqual(['+a', '-a', '-a']);
    expect(heard).toEqual(['a new']);
  });

  test('gets intents for no more than 1,000 that were given up', async () => {
    const { intend, settle, groups, die, ledger, answer } = createLedger();
    await die();
    for (let n = 0; n < 1_001; n++) intend(`c${n}`);
    ledger.opened(NOTHING, false);
    for (const id of ['c0', 'c1', 'c1000']) {
      settle(id);
      await answer();
    }
    expect(groups()).toEqual(['-c0', '-c1+', '-c1000+']);
  });
});
