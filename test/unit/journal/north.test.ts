import { once } from 'node:events';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import type { Forwarder, ForwarderFacts } from '../../../gateway/forward/uplink.ts';
import { clockMoment } from '../../../gateway/host/clock.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { type Journal, seqOf } from '../../../gateway/journal/journal.ts';
import { type ForwarderContext, runNorth } from '../../../gateway/journal/north/north.ts';
import type { FromNorth, ToNorth } from '../../../gateway/journal/north/north-protocol.ts';
import { bytes, type MonoMs, millis, monoMs, utcMs } from '../../../gateway/model/units.ts';
import { temporaryDirectory } from '../../support/journal-fixture.ts';
import { batchOf, numbered, siteTags, T0 } from '../../support/journal-samples.ts';

const FACTS: ForwarderFacts = {
  state: 'up',
  retryInMs: undefined,
  lastError: undefined,
  uplink: 'cloud',
  sent: 0,
  acknowledged: 0,
  inFlight: 0,
  resent: 0,
  refusedBlocks: 0,
  heldBy: undefined,
  backlog: 0,
};

/** The north side on this thread, with a forwarder that notes what it is told. */
async function openNorth() {
  const clock = virtualClock(utcMs(T0));
  const { port1, port2 } = new MessageChannel();
  const heard: string[] = [];
  const messages: FromNorth[] = [];
  let context: ForwarderContext | undefined;
  let progress: MonoMs | undefined;
  const forwarder: Forwarder = {
    name: 'forward cloud',
    start: async () => void heard.push('start'),
    stop: async () => void heard.push('stop'),
    onAppended: (seq) => void heard.push(`appended ${seq}`),
    configure: ({ tags, config }) => void heard.push(`configure ${config} ${tags.length}`),
    sendAside: () => void heard.push('send aside'),
    lastProgress: () => progress ?? clock.mono(),
    facts: () => FACTS,
  };
  runNorth(port2, {
    clock,
    createForwarders: async (given) => {
      context = given;
      return [forwarder];
    },
    exit: (code) => heard.push(`exit ${code}`),
  });
  port1.on('message', (message: FromNorth) => messages.push(message));
  onTestFinished(() => port1.close());
  /** Sends, and waits for the first answer of one of these kinds. */
  const ask = async (message: ToNorth, ...kinds: FromNorth['kind'][]): Promise<FromNorth> => {
    const known = messages.length;
    port1.postMessage(message);
    for (;;) {
      const answer = messages.slice(known).find(({ kind }) => kinds.includes(kind));
      if (answer) return answer;
      await once(port1, 'message');
    }
  };
  const path = join(temporaryDirectory(), 'journal.db');
  const setup = {
    gateway: 'g',
    config: 'c0ffee',
    journal: { path, lossWindow: millis(1000), maxSize: bytes(2 ** 24), keep: millis(90_000) },
    uplinks: [],
    tags: siteTags(8),
  };
  await ask({ kind: 'open', setup }, 'opened', 'open-failed');
  return {
    clock,
    heard,
    setup,
    tell: (message: ToNorth) => port1.postMessage(message),
    ask,
    journal: context?.journal as Journal,
    store: (number: number) =>
      ask(
        {
          kind: 'append',
          key: { origin: 'o', number },
          cargo: {
            class: 'telemetry',
            batch: batchOf(numbered(number)),
            clock: clockMoment(clock),
          },
        },
        'committed',
        'failed',
      ),
    stall: (since: number) => (progress = monoMs(since)),
    countOf: (kind: FromNorth['kind']) => messages.filter((each) => each.kind === kind).length,
    stop: async () => {
      port1.postMessage({ kind: 'stop' } satisfies ToNorth);
      await once(port1, 'close');
    },
  };
}

test('tells the uplink that is meant, and no other, to try once more what it has set aside', async () => {
  const north = await openNorth();
  north.tell({ kind: 'send-aside', uplink: 'scada' });
  north.tell({ kind: 'send-aside', uplink: 'cloud' });
  await north.ask({ kind: 'stats', id: 1 }, 'stats');
  expect(north.heard.filter((each) => each === 'send aside')).toHaveLength(1);
  await north.stop();
});

test('answers a commit, tells the forwarders of it, and stops them before the journal closes', async () => {
  const north = await openNorth();
  expect(await north.store(1)).toEqual({ kind: 'committed', number: 1, seq: 1 });
  expect(await north.store(1)).toEqual({ kind: 'committed', number: 1, seq: 1 });
  const stats = await north.ask({ kind: 'stats', id: 7 }, 'stats');
  expect(stats).toMatchObject({ id: 7, stats: { journal: { head: 1 }, uplinks: [FACTS] } });
  await north.stop();
  expect(north.heard).toEqual(['start', 'appended 1', 'appended 1', 'stop']);
});

test('tells the forwarders of more tags and another hash', async () => {
  const north = await openNorth();
  const more = { ...north.setup, config: 'beef', tags: siteTags(9) };
  north.tell({ kind: 'configure', setup: more });
  await north.ask({ kind: 'stats', id: 1 }, 'stats');
  expect(north.heard.at(-1)).toBe('configure beef 9');
});

test('tells of progress once a second, but not while a forwarder stands still', async () => {
  const north = await openNorth();
  await north.clock.advance(millis(5_000));
  expect(north.countOf('progress')).toBe(5);
  north.stall(5_000);
  await north.clock.advance(millis(60_000));
  expect(north.countOf('progress')).toBe(35);
  await north.stop();
});

test('removes what has expired once a minute, in one commit', async () => {
  const north = await openNorth();
  await north.clock.advance(millis(1_500));
  for (let number = 1; number <= 40; number++) {
    await north.store(number);
    await north.clock.advance(millis(1_000));
  }
  expect(north.journal.stats().blocks).toBe(40);
  const { commits } = north.journal.stats();
  await north.clock.advance(millis(80_000));
  expect(north.journal.stats()).toMatchObject({ blocks: 10, gaps: 0, commits: commits + 1 });
  expect(north.journal.read(seqOf(1), 1)[0]?.seq).toBe(31);
  await north.stop();
});
