/**
 * The real north side with a mood: what the site's gateway id says happens to the n-th append.
 * `die-3` ends the thread before the third is stored, `die-after-3` behind it, `throw-3` throws in the thread;
 * `stall-3` holds the thread for half a second, as a disk that does not sync. `poisoned` ends the thread at every
 * batch, but not at a gap; `buggy` makes every batch one that cannot be encoded.
 * `ledger-die-3` and the like mean the third group of commands, once for a journal; `ledger-poisoned` and
 * `ledger-buggy` every group with the end of a command whose key has `poison` in it.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { systemClock } from '../../../../gateway/host/clock.ts';
import { BLOCK_SAMPLES_MAX } from '../../../../gateway/journal/codec/block-codec.ts';
import type { LedgerAction } from '../../../../gateway/journal/ledger/ledger-action.ts';
import { type NorthPort, runNorth } from '../../../../gateway/journal/north/north.ts';
import type { ToNorth } from '../../../../gateway/journal/north/north-protocol.ts';

const STALL_MS = 500;

if (parentPort === null) throw new Error('runs in a worker thread only');
const port = parentPort;
let mood = '';
let path = '';
let appends = 0;
let groups = 0;

const moody: NorthPort = {
  postMessage(message) {
    if (message.kind === 'committed' && mood === `die-after-${appends}`) process.exit(3);
    if (message.kind === 'ledger' && mood === `ledger-die-after-${groups}` && isFirstTime())
      process.exit(3);
    port.postMessage(message);
  },
  on(event, listener) {
    port.on(event, (message: ToNorth) => {
      if (message.kind === 'open') {
        mood = message.setup.gateway;
        path = message.setup.journal.path;
      }
      if (message.kind === 'append') listener(act(message, ++appends));
      else if (message.kind === 'ledger') listener(actOnGroup(message, ++groups));
      else listener(message);
    });
  },
  close: () => port.close(),
};

function act(message: Extract<ToNorth, { kind: 'append' }>, append: number): ToNorth {
  const { key, cargo } = message;
  if (mood === `die-${append}`) process.exit(2);
  if (mood === `throw-${append}`) throw new Error('the disk is in a bad mood');
  if (mood === `stall-${append}`) stall();
  if ('gap' in cargo) return message;
  if (mood === 'poisoned') process.exit(4);
  if (mood !== 'buggy') return message;
  const batch = { ...cargo.batch, length: BLOCK_SAMPLES_MAX + 1 };
  return { kind: 'append', key, cargo: { ...cargo, batch } };
}

function actOnGroup(message: Extract<ToNorth, { kind: 'ledger' }>, group: number): ToNorth {
  if (mood === `ledger-die-${group}` && isFirstTime()) process.exit(2);
  if (mood === `ledger-stall-${group}`) stall();
  const isPoison = (action: LedgerAction) =>
    action.kind === 'settle' && action.key.includes('poison');
  if (mood === 'ledger-poisoned' && message.actions.some(isPoison)) process.exit(4);
  if (mood !== 'ledger-buggy') return message;
  const spoilt = (action: LedgerAction): LedgerAction =>
    isPoison(action)
      ? { ...action, audit: { ...action.audit, length: BLOCK_SAMPLES_MAX + 1 } }
      : action;
  return { ...message, actions: message.actions.map(spoilt) };
}

/** Of all workers that this journal has had. */
function isFirstTime(): boolean {
  const mark = `${path}.mood`;
  if (existsSync(mark)) return false;
  writeFileSync(mark, mood);
  return true;
}

function stall(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STALL_MS);
}

runNorth(moody, {
  clock: systemClock(),
  createForwarders: async () => [],
  exit: (code) => process.exit(code),
});
