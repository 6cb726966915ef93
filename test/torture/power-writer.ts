/**
 * A journal's life in short, recorded: every kind of commit there is, at a small size, with a state store beside it.
 * `argv`: folder, seed, steps. It says to descriptor 3 what it does, and what is durable.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../gateway/host/clock.ts';
import { type Log, silentLog } from '../../gateway/host/log.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import { fileStateStore } from '../../gateway/host/state-store.ts';
import { BLOCK_CLASSES, type BlockClass, type Seq, seqOf } from '../../gateway/journal/journal.ts';
import { openJournal } from '../../gateway/journal/open-journal.ts';
import type { SqliteJournal } from '../../gateway/journal/sqlite-journal.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import { millis, monoMs, seconds, utcMs } from '../../gateway/model/units.ts';
import { sampleOf, T0 } from '../support/journal-samples.ts';
import { intentOf } from '../support/ledger-samples.ts';
import { MARK_FD } from './disk-recorder.ts';
import {
  batchOf,
  gapNumbered,
  type Mark,
  maxSizeOf,
  samplesOf,
  TAG_IDS,
  UPLINKS,
  type UplinkName,
} from './power-content.ts';

const [, , folder = '', seed = '', steps = ''] = process.argv;
const random = seededRandom(Number(seed));
const below = (limit: number): number => Math.floor(random() * limit);
const STEP = 50;
const COMMANDS_MAX = 40;
/** More than calls fail one after the other. */
const ATTEMPTS_MAX = 12;

let now = 0;
const clock: Clock = {
  utc: () => utcMs(T0 + now),
  mono: () => monoMs(now),
  isSynced: () => true,
  trust: () => 'synced',
  sourceAge: () => undefined,
  boot: 'power',
  sinceBoot: () => millis(now),
  at: () => () => {},
};
const say = (mark: Mark) => void writeSync(MARK_FD, JSON.stringify(mark));
let tags = 4;
/** What the journal has told of a close that failed. */
let failedCloses = 0;
const log: Log = {
  ...silentLog,
  error(event) {
    if (event === 'journal.close-failed') failedCloses++;
  },
};
const open = () => {
  say({ begin: 'open', now });
  return openJournal({
    path: join(folder, 'journal.db'),
    tags: TAG_IDS.slice(0, tags),
    uplinks: UPLINKS,
    maxSize: maxSizeOf(Number(seed)),
    keep: seconds(40),
    clock,
    log,
  });
};
let journal = open();
// What is set is written when it is flushed, here; a running clock would only add more moments.
const store = await fileStateStore(join(folder, 'state.json'), clock, silentLog);
let flushing: Promise<void> = Promise.resolve();
let batches = 0;
let commands = 0;
let values = 0;
const openCommands: string[] = [];
const acknowledged: Record<UplinkName, Set<Seq>> = { cloud: new Set(), lab: new Set() };

const key = () => ({ origin: 'life', number: ++batches });
const classOf = (): BlockClass =>
  random() < 0.7 ? 'telemetry' : (BLOCK_CLASSES[below(2)] as BlockClass);

/** Where the disk failed, the journal is opened again and the same is handed over again, as the north side does. */
async function insisting<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof GatewayError) || attempt === ATTEMPTS_MAX) throw error;
      await journal.close().catch(() => {});
      journal = reopened();
    }
}

function reopened(): SqliteJournal {
  for (let attempt = 1; ; attempt++)
    try {
      const opened = open();
      // An uplink whose acknowledgements were forgotten delivers again, and acknowledges again.
      for (const uplink of UPLINKS)
        for (const seq of acknowledged[uplink])
          if (!opened.cursor(uplink).isAcknowledged(seq)) acknowledgeOne(opened, uplink, seq);
      return opened;
    } catch (error) {
      if (!(error instanceof GatewayError) || attempt === ATTEMPTS_MAX) throw error;
    }
}

async function append(): Promise<void> {
  const id = key();
  const count = random() < 0.1 ? 150 + below(100) : 1 + below(60);
  const batch = { number: id.number, class: classOf(), count, tags };
  say({ begin: 'append', batch, now });
  const store = () => journal.append(batch.class, batchOf(samplesOf(batch)), id);
  say({ done: 'block', seq: await insisting(store) });
}

async function appendGap(): Promise<void> {
  const id = key();
  const blockClass = classOf();
  say({ begin: 'gap', number: id.number, class: blockClass, now });
  const store = () => journal.appendGap(gapNumbered(id.number, blockClass), id);
  say({ done: 'block', seq: await insisting(store) });
}

function acknowledgeOne(to: SqliteJournal, uplink: UplinkName, seq: Seq): void {
  acknowledged[uplink].add(seq);
  say({ acknowledged: uplink, seq, now });
  to.cursor(uplink).acknowledge(seq);
}

/** The lab is slower than the cloud, and at times nobody listens. */
function acknowledge(uplink: UplinkName): void {
  const cursor = journal.cursor(uplink);
  let seq = cursor.nextAfter(seqOf(random() < 0.7 ? 0 : below(journal.head + 1)));
  for (let left = 1 + below(uplink === 'cloud' ? 12 : 5); left > 0; left--) {
    if (seq > journal.head) return;
    acknowledgeOne(journal, uplink, seq);
    seq = cursor.nextAfter(seq);
  }
}

async function enter(): Promise<void> {
  const fresh = commands < COMMANDS_MAX ? 1 + below(3) : 0;
  const intents = Array.from({ length: fresh }, () =>
    intentOf(`c${++commands}`, {
      time: clock.utc(),
      counter: { signer: 'ann', value: commands },
    }),
  );
  openCommands.push(...intents.map((intent) => intent.key));
  const ends = openCommands.splice(0, below(Math.min(4, openCommands.length + 1)));
  if (intents.length + ends.length === 0) return;
  say({ begin: 'enter', intents: intents.map((intent) => intent.key), ends, now });
  const auditBatch = (of: string, state: string) => batchOf([sampleOf(`${state} ${of}`)]);
  const actions = [
    ...intents.map((intent) => ({
      kind: 'intend' as const,
      intent,
      audit: auditBatch(intent.key, 'intent'),
    })),
    ...ends.map((ended) => ({
      kind: 'settle' as const,
      key: ended,
      outcome: 'verified' as const,
      end: '{"took_ms":12}',
      audit: auditBatch(ended, 'ended'),
      intent: undefined,
    })),
  ];
  const { head } = journal;
  const { audit } = await insisting(() => journal.enter(actions));
  // Handed over again behind a disk that failed, it may have been stored already, the newest of all.
  if (audit) say({ done: 'block', seq: audit.seq });
  else say(journal.head > head ? { done: 'block', seq: journal.head } : { done: 'step' });
}

async function upkeep(): Promise<void> {
  now += 5100;
  say({ begin: 'save', now });
  await insisting(async () => journal.saveCursors());
  say({ done: 'step' });
  for (let step = 0; step < 4; step++) {
    say({ begin: 'retain', now });
    const isMore = await insisting(() => journal.retain());
    say({ done: isMore ? 'commit' : 'step' });
    if (!isMore) return;
  }
}

async function reopen(): Promise<void> {
  say({ begin: 'close', now });
  await closing();
  journal = reopened();
}

/** A disk that fails now may keep it from what it had to write: then it was no close in order. */
async function closing(): Promise<void> {
  const before = failedCloses;
  await journal.close();
  say({ done: failedCloses === before ? 'commit' : 'step' });
}

function keep(): void {
  const value = ++values;
  say({ set: value });
  store.set('n', value);
  store.set('shadow', `${value}`.repeat(value % 90));
  if (random() < 0.6) flushing = flushing.then(() => flush(value));
}

/** A flush also ends where the disk did not take it; what it tells then is that it failed. */
async function flush(value: number): Promise<void> {
  const { failures } = store.facts();
  await store.flush();
  if (store.facts().failures === failures) say({ flushed: value });
}

function addTags(): void {
  tags = Math.min(TAG_IDS.length, tags + 1 + below(3));
  journal.setTags(TAG_IDS.slice(0, tags));
}

const ACTS: readonly (readonly [share: number, act: () => unknown])[] = [
  [60, append],
  [4, appendGap],
  [9, () => acknowledge('cloud')],
  [7, () => acknowledge('lab')],
  [6, enter],
  [5, upkeep],
  [1, reopen],
  [5, keep],
  [2, addTags],
];
/** Each as often as its share says. */
const LOT = ACTS.flatMap(([share, act]) => Array.from({ length: share }, () => act));

for (let step = 0; step < Number(steps); step++) {
  now += STEP;
  await LOT[below(LOT.length)]?.();
  // The store's calls go on beside the journal's.
  await setImmediate();
}
await flushing;
say({ begin: 'close', now });
await closing();
