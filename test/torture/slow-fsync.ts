/**
 * `slow-fsync`: the whole daemon at 1,000 tags a second on a disk whose syncs take up to ten seconds. Polling must not
 * move, as its own histogram and the simulated device tell it, and nothing may be lost.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ReceivedPart, startSubscriber } from '../../firmware-sim/subscriber.ts';
import { daemon } from '../support/daemon.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { changingDisk } from '../support/slow-disk.ts';
import { ArrivedSamples } from './arrived-samples.ts';
import type { Attack } from './attack.ts';
import { PERIOD_MS, StalledDaemon } from './stalled-daemon.ts';
import { startWatchedField, type WatchedField } from './watched-field.ts';

const TAGS = 1_000;
const GATEWAY = 'slow-fsync';
/** One after the other, the few first; `mixed` draws anew each second, from nothing to the longest. */
const STALLS_MS = [200, 2_000, 'mixed', 50, 100, 500, 1_000, 5_000, 10_000] as const;
const PROGRESS_MS = 1_000;
/** Of one length of stalls: in a run with all of them, and in one with a few. */
const PHASE_MS = 60_000;
const SHORT_PHASE_MS = 6_000;

export const slowFsyncAttack: Attack = {
  name: 'slow-fsync',
  title:
    'each fsync of the daemon takes 50 ms to 10 s longer, fixed and mixed, at 1,000 tags a second',
  limits:
    'Only syncs are slow: a card that also stalls in write is met as far as the page cache takes the writes.',
  few: 3,
  many: STALLS_MS.length,
  async run({ seed, count, progress }) {
    const stalls = STALLS_MS.slice(0, count);
    const phaseMs = count < STALLS_MS.length ? SHORT_PHASE_MS : PHASE_MS;
    const folder = mkdtempSync(join(tmpdir(), 'headgate-slow-'));
    const disk = changingDisk(join(folder, 'delay'));
    const field = await startWatchedField(TAGS);
    const broker = await startMosquitto();
    const arrived = new ArrivedSamples(TAGS);
    const onPart = (part: ReceivedPart) => arrived.take(part);
    const subscriber = await startSubscriber({ url: broker.url, gateway: GATEWAY, onPart });
    const gateway = daemon({ site: siteOf(field, broker.url), environment: disk.environment });
    const trial = new StalledDaemon({ gateway, field, disk, subscriber, arrived, seed });
    let done = 0;
    const told = setInterval(() => progress(done, stalls.length), PROGRESS_MS);
    try {
      await gateway.start();
      await trial.calm();
      for (const stall of stalls) {
        await trial.stall(stall, phaseMs);
        done++;
      }
      await trial.end();
      return trial.report();
    } finally {
      clearInterval(told);
      disk.set(0);
      await gateway.dispose();
      await subscriber.stop();
      await broker.dispose();
      field.close();
      disk.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

const siteOf = (field: WatchedField, broker: string): string => `
gateway: { id: ${GATEWAY}, timezone: UTC }
journal: { path: ./data/journal.db, loss_window: 1s }
uplinks: { cloud: { mqtt: "${broker}", unrouted: hold } }
buses: { field: { tcp: "127.0.0.1:${field.port}" } }
devices:
${field.deviceYaml(`${PERIOD_MS}ms`)}
`;
