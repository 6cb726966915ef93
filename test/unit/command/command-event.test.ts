import { expect, it, test } from 'vitest';
import { LONGEST_CAUSES } from '../../../gateway/alarms/event-causes.ts';
import {
  endSample,
  intentSample,
  refusedSample,
  remoteSample,
} from '../../../gateway/command/command-event.ts';
import { commandEventTag } from '../../../gateway/model/event-tag.ts';
import type { Sample } from '../../../gateway/model/sample.ts';
import { utcMs } from '../../../gateway/model/units.ts';
import { command, release } from '../../support/command-fixture.ts';

const stamp = { time: utcMs(77), timeBasis: 'gateway' } as const;
const told = { before: undefined, time: utcMs(70), tookMs: 12.4 };
const inside = ({ value }: Sample) => JSON.parse(String(value));

it('is a text in the tag commands.event, stamped when it is told', () => {
  const { tag, quality, time, timeBasis } = intentSample(command(), undefined, stamp);
  expect({ tag, quality, time, timeBasis }).toEqual({
    ...{ tag: 'commands.event', quality: 'good' },
    ...stamp,
  });
  expect(commandEventTag()).toMatchObject({ id: 'commands.event', device: 'commands' });
});

it('of an intent says what is wanted, by whom, and what was there before', () => {
  expect(inside(intentSample(command({ id: 'hot!1', value: 5n }), 4.5, stamp))).toEqual({
    ...{ id: 'hot!1', origin: 'rule', by: 'hot', rule: 'hot', tag: 'press.pump', value: '5' },
    ...{ state: 'intent', before: 4.5, time: 77 },
  });
});

it('of an end says how it ended, why, and how long it took', () => {
  const owner = { origin: 'local', by: 'li', value: 1, since: utcMs(1), until: undefined } as const;
  const reason = { code: 'command.owned', details: { tag: 'press.pump' } } as const;
  const ending = { outcome: 'rejected', reason, owner, readBack: true } as const;
  const given = command({ id: 'x', origin: 'remote', by: 'dispatch' });
  expect(inside(endSample(given, ending, told, stamp))).toEqual({
    ...{ id: 'x', origin: 'remote', by: 'dispatch', tag: 'press.pump', value: true },
    ...{ state: 'ended', outcome: 'rejected', code: 'command.owned', read_back: true },
    ...{ owner: { origin: 'local', by: 'li' }, time: 70, took_ms: 12 },
  });
});

it('of a release has no value', () => {
  expect(inside(endSample(release(), { outcome: 'written' }, told, stamp)).value).toBeNull();
});

it('has room for what is long, and for numbers that JSON has not', () => {
  const long = command({ by: 'b'.repeat(5_000), value: 'v'.repeat(5_000), id: 'i'.repeat(5_000) });
  expect(JSON.stringify(inside(intentSample(long, undefined, stamp))).length).toBeLessThan(2_500);
  const infinite = command({ value: Number.POSITIVE_INFINITY });
  expect(inside(intentSample(infinite, undefined, stamp)).value).toBe('Infinity');
});

test.each<[string, object, boolean]>([
  [
    'of a rule are bounded part by part',
    { inputs: [], expressions: [], before: 'a', after: 'b' },
    true,
  ],
  [
    'of a rule that are long are cut',
    { inputs: Array(500).fill({ tag: 'press.oil' }), expressions: [], before: 'a', after: 'b' },
    true,
  ],
  ['of another kind are as they are', { button: 'green' }, true],
  ['of another kind that are long are left out', { text: 'x'.repeat(LONGEST_CAUSES) }, false],
])('causes %s', (_, causes, isThere) => {
  const event = inside(intentSample(command({ causes }), undefined, stamp));
  expect('causes' in event).toBe(isThere);
  expect(JSON.stringify(event).length).toBeLessThan(LONGEST_CAUSES + 500);
});

it('of messages that were refused says how many, and why', () => {
  const refused = { 'command.too-fast': 12 } as const;
  expect(inside(refusedSample('cloud', refused, stamp))).toEqual({
    ...{ state: 'refused', origin: 'remote', by: 'cloud', time: 77, refused },
  });
  const counted = { state: 'refused', uplink: 'cloud', counts: refused } as const;
  expect(remoteSample(counted, stamp)).toEqual(refusedSample('cloud', refused, stamp));
});

it('of a message that became no command is that of an end', () => {
  const given = command({ origin: 'remote', id: 'abcdefgh' });
  const reason = { code: 'command.stale', details: { seconds: 5 } } as const;
  const event = inside(
    remoteSample({ state: 'ended', command: given, outcome: 'expired', reason }, stamp),
  );
  expect(event).toMatchObject({
    id: 'abcdefgh',
    state: 'ended',
    outcome: 'expired',
    code: 'command.stale',
  });
});
