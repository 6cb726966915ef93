/** An uplink to a simulated supervising platform: a real journal, real TCP, and time that the test moves. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hj212Config, Hj212Factor } from '../../config/site.ts';
import { type Hj212Platform, startHj212Platform } from '../../firmware-sim/hj212-platform.ts';
import { createHj212Forwarder } from '../../gateway/forward/hj212/hj212-forwarder.ts';
import type { Forwarder } from '../../gateway/forward/uplink.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { fileStateStore } from '../../gateway/host/state-store.ts';
import { type VirtualClock, virtualClock } from '../../gateway/host/virtual-clock.ts';
import { toBatch } from '../../gateway/journal/batch.ts';
import { openJournal } from '../../gateway/journal/open-journal.ts';
import type { SqliteJournal } from '../../gateway/journal/sqlite-journal.ts';
import type { Random } from '../../gateway/model/backoff.ts';
import type { Quality } from '../../gateway/model/quality.ts';
import { deviceName, type Sample, type TagId } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { bytes, millis, minutes, seconds, type UtcMs, utcMs } from '../../gateway/model/units.ts';
import { until } from './waiting.ts';

export const COD = 'cod.value' as TagId;
export const STATE = 'cod.state' as TagId;
export const FLOW = 'flow.rate' as TagId;
export const TOTAL = 'flow.total' as TagId;
export const TAG_IDS = [COD, STATE, FLOW, TOTAL] as const;

/** Between two samples. */
export const STEP = 300_000;
/** 2026-03-01 00:00:00 in Shanghai. */
export const T0 = Date.UTC(2026, 1, 28, 16);

export const LOGGER = { st: '32', pw: '123456', mn: '010000A8900016F000169DC0' } as const;

export const factor = (code: string, tag: TagId, set: Partial<Hj212Factor> = {}): Hj212Factor => ({
  ...{ code, tag, maxAge: seconds(450) },
  ...set,
});

export const hj212Config = (set: Partial<Hj212Config> = {}): Hj212Config => ({
  ...{ host: '127.0.0.1', port: 1, ...LOGGER, timezone: 'Asia/Shanghai' },
  factors: [
    factor('w01018', COD, {
      flag: {
        tag: STATE,
        maxAge: seconds(450),
        values: new Map([
          ['0', 'N'],
          ['1', 'M'],
          ['2', 'C'],
        ] as const),
      },
    }),
    factor('w00000', FLOW, { total: { tag: TOTAL, maxAge: seconds(450) } }),
  ],
  sends: ['realtime', 'minute', 'hour', 'day'],
  ...{ realtime: minutes(5), minute: minutes(10), reCount: 2 },
  // Longer than a step of the time that the test moves: an answer needs real turns.
  overTime: minutes(20),
  ...{ settle: seconds(30), backfill: millis(30 * 86_400_000) },
  ...set,
});

export const tags: readonly Tag[] = TAG_IDS.map((id, index) => ({
  ...{ index, id, device: deviceName(id.split('.')[0] ?? ''), quantity: id.split('.')[1] ?? '' },
  ...{ unit: undefined, decimals: id === COD ? 1 : id === FLOW ? 2 : undefined },
  report: { deadband: undefined, heartbeat: undefined },
}));

export const sampleAt = (
  tag: TagId,
  time: number,
  value: Sample['value'],
  quality: Quality = 'good',
): Sample => ({ tag, value, quality, time: utcMs(time), timeBasis: 'gateway' });

/** What lives longer than one run of the gateway: the folder with the journal and the state. */
export interface Box {
  readonly clock: VirtualClock;
  readonly platform: Hj212Platform;
  readonly audited: Record<string, number>;
  start(config?: Partial<Hj212Config>): Promise<Run>;
  dispose(): Promise<void>;
}

export interface Run {
  readonly journal: SqliteJournal;
  readonly forwarder: Forwarder;
  /** Stores the samples as one block, now. */
  store(samples: readonly Sample[]): Promise<void>;
  /** Time passes in steps, so that sockets get their turns; `each` runs at the end of every step. */
  pass(by: number, step?: number, each?: (now: UtcMs) => Promise<void> | void): Promise<void>;
  /** Everything that is due now has been sent and answered. */
  drained(): Promise<void>;
  stop(): Promise<void>;
  /** Without a goodbye, as a process that is killed. */
  kill(): Promise<void>;
}

export async function box(start = T0, random: Random = () => 0.9): Promise<Box> {
  const folder = mkdtempSync(join(tmpdir(), 'hj212-'));
  const clock = virtualClock(utcMs(start));
  const platform = await startHj212Platform(LOGGER);
  const statePath = join(folder, 'hj212-bureau.json');
  const audited: Record<string, number> = {};
  let batch = 0;
  let life = 0;
  const runs = new Set<Run>();
  return {
    clock,
    platform,
    audited,
    async start(set = {}) {
      const journal = openJournal({
        ...{ path: join(folder, 'journal.db'), tags: TAG_IDS, uplinks: ['bureau'] },
        ...{ maxSize: bytes(2 ** 26), keep: millis(400 * 86_400_000), clock, log: silentLog },
      });
      const forwarder = createHj212Forwarder({
        name: 'bureau',
        config: hj212Config({ port: platform.port, ...set }),
        ...{ tags, journal, clock, log: silentLog, random },
        openState: () => fileStateStore(statePath, clock, silentLog),
        audit: (counts) => {
          for (const [code, count] of Object.entries(counts))
            audited[code] = (audited[code] ?? 0) + (count ?? 0);
        },
      });
      const origin = `life-${++life}`;
      await forwarder.start();
      await until('the connection', () => forwarder.facts().state === 'up');
      const settle = () => turns(platform, forwarder);
      const run: Run = {
        journal,
        forwarder,
        async store(samples) {
          const columns = toBatch(samples, (tag) =>
            TAG_IDS.indexOf(tag as (typeof TAG_IDS)[number]),
          );
          const seq = await journal.append('telemetry', columns, { origin, number: ++batch });
          forwarder.onAppended(seq);
        },
        async pass(by, step = STEP, each) {
          for (let passed = 0; passed < by; passed += step) {
            await clock.advance(millis(Math.min(step, by - passed)));
            await each?.(clock.utc());
            await settle();
          }
        },
        drained: settle,
        async stop() {
          runs.delete(run);
          await forwarder.stop();
          await journal.close();
        },
        async kill() {
          runs.delete(run);
          const kept = existsSync(statePath) ? readFileSync(statePath, 'utf8') : undefined;
          await forwarder.stop();
          await journal.close();
          if (kept === undefined) rmSync(statePath, { force: true });
          else writeFileSync(statePath, kept);
        },
      };
      runs.add(run);
      return run;
    },
    async dispose() {
      for (const run of runs) await run.stop();
      await platform.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Lets sockets and promises run until nothing is on its way and nothing has moved for a while. */
async function turns(platform: Hj212Platform, forwarder: Forwarder): Promise<void> {
  const QUIET_TURNS = 30;
  let seen = '';
  for (let quiet = 0; quiet < QUIET_TURNS; ) {
    await new Promise((resolve) => setImmediate(resolve));
    const { state, sent, acknowledged, inFlight } = forwarder.facts();
    const isMoving =
      state === 'connecting' || (state === 'up' && inFlight > 0 && !platform.isSilent);
    const now = [state, sent, acknowledged, inFlight, platform.received.length].join();
    quiet = now === seen && !isMoving ? quiet + 1 : 0;
    seen = now;
  }
}
