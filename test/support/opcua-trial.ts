/**
 * A gateway in its own process on an OPC UA server that is switched off and on: what the server published is held against
 * what came out of the gateway at the broker.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { PublishedChange } from '../../firmware-sim/opcua/published.ts';
import { startOpcuaServer } from '../../firmware-sim/opcua/server.ts';
import { doubles, PLAIN_NAMESPACE, plainVariables } from '../../firmware-sim/opcua/variables.ts';
import { startSubscriber } from '../../firmware-sim/subscriber.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { millis } from '../../gateway/model/units.ts';
import { memoryMb } from '../bench/process-facts.ts';
import { type Daemon, daemon } from './daemon.ts';
import { startMosquitto } from './mosquitto.ts';
import { until } from './waiting.ts';

export interface Trial {
  /** Variables that change once a second, and ten times a second. */
  readonly slow: number;
  readonly fast: number;
  /** How often the server is switched off and on, after how long each time, and for how long it is off. */
  readonly restarts: number;
  readonly betweenMs: number;
  readonly downtimeMs: number;
  /** The process is watched from here on. */
  readonly warmUpMs: number;
}

export interface TrialResult {
  /** Value changes in the server's own log. */
  readonly published: number;
  /** Of them those that came, with the same value and time. */
  readonly arrived: number;
  /** Those that did not come and lie in a hole that a bad sample shows. */
  readonly covered: number;
  /** Those that nobody would miss. There must be none. */
  readonly hidden: readonly string[];
  /** The most sessions the server ever had at one time. */
  readonly sessionsPeak: number;
  readonly restarts: number;
  readonly rss: readonly Reading[];
}

/** Resident memory of the gateway, `at` in ms since the warm-up. */
export interface Reading {
  readonly at: number;
  readonly mb: number;
}

interface Arrived {
  readonly time: number;
  readonly value: unknown;
}

/** Source times and the gateway's own are of one clock here; a hole begins when the server was last heard. */
const TOLERANCE_MS = 50;
const LAST_CHANGES_MS = 3_000;
const MEMORY_EVERY_MS = 2_000;
const GATEWAY = 'trial';

export async function runTrial(trial: Trial, note: (text: string) => void): Promise<TrialResult> {
  const contents = [
    plainVariables([
      ...doubles('slow', trial.slow, millis(1_000)),
      ...doubles('fast', trial.fast, millis(100)),
    ]),
  ];
  const server = await startOpcuaServer({ contents, publishedLimit: 3_000_000 }, systemClock());
  const broker = await startMosquitto({ lines: () => ['max_queued_messages 0'] });
  const arrived = new Map<string, Arrived[]>();
  const subscriber = await startSubscriber({
    url: broker.url,
    gateway: GATEWAY,
    onPart: ({ samples }) => {
      for (const [name, rows] of Object.entries(samples ?? {})) {
        const list = arrived.get(name) ?? [];
        arrived.set(name, list);
        for (const [time, value] of rows) list.push({ time, value });
      }
    },
  });
  const gateway = daemon({ site: siteOf(trial, server.endpointUrl, broker.url) });
  const rss: Reading[] = [];
  try {
    await gateway.start();
    const all = trial.slow + trial.fast;
    await until(
      'every variable',
      () => arrived.size === all && [...arrived.values()].every(isKnown),
    );
    let watching = true;
    const watch = watchMemory(gateway, trial.warmUpMs, () => watching, rss);
    for (let restart = 1; restart <= trial.restarts; restart++) {
      await pause(trial.betweenMs);
      await server.restart({ downtime: millis(trial.downtimeMs) });
      note(`restart ${restart} of ${trial.restarts}, ${subscriber.facts().samples} samples so far`);
    }
    await pause(trial.betweenMs);
    watching = false;
    await watch;
    const published = server.published().all();
    const end = (published.at(-1)?.sourceTime ?? 0) - LAST_CHANGES_MS;
    await until('the last changes', () => newest(arrived) >= end + LAST_CHANGES_MS / 2);
    const sessionsPeak = server.sessionsPeak();
    const relevant = published.filter(({ sourceTime }) => (sourceTime ?? 0) <= end);
    return { ...compare(relevant, arrived), sessionsPeak, restarts: trial.restarts, rss };
  } finally {
    await gateway.dispose();
    await subscriber.stop();
    await broker.dispose();
    await server.stop();
  }
}

const isKnown = (list: readonly Arrived[]) => list.some(({ value }) => value !== null);

const newest = (arrived: ReadonlyMap<string, readonly Arrived[]>): number =>
  Math.min(...[...arrived.values()].map((list) => list.at(-1)?.time ?? 0));

/** Pure: each published change as arrived, in a hole that shows, or hidden. */
export function compare(
  published: readonly PublishedChange[],
  arrived: ReadonlyMap<string, readonly Arrived[]>,
): Pick<TrialResult, 'published' | 'arrived' | 'covered' | 'hidden'> {
  const hidden: string[] = [];
  let [came, covered] = [0, 0];
  const exact = new Map<string, ReadonlyMap<number, ReadonlySet<unknown>>>();
  const holes = new Map<string, readonly (readonly [from: number, to: number])[]>();
  for (const [name, list] of arrived) {
    const times = new Map<number, Set<unknown>>();
    for (const { time, value } of list) {
      const values = times.get(time) ?? new Set();
      times.set(time, values.add(value));
    }
    exact.set(name, times);
    holes.set(name, holesOf(list));
  }
  for (const { name, value, sourceTime = 0 } of published) {
    if (exact.get(name)?.get(sourceTime)?.has(value)) came++;
    else if (holes.get(name)?.some((hole) => isIn(hole, sourceTime))) covered++;
    else hidden.push(`${name} ${String(value)} at ${sourceTime}`);
  }
  return { published: published.length, arrived: came, covered, hidden };
}

const isIn = ([from, to]: readonly [number, number], time: number): boolean =>
  time >= from - TOLERANCE_MS && time <= to + TOLERANCE_MS;

/** From each bad sample to the next that has a value. */
function holesOf(list: readonly Arrived[]): readonly (readonly [number, number])[] {
  const holes: [number, number][] = [];
  let since: number | undefined;
  for (const { time, value } of list.toSorted((a, b) => a.time - b.time)) {
    if (value === null) since ??= time;
    else if (since !== undefined) {
      holes.push([since, time]);
      since = undefined;
    }
  }
  if (since !== undefined) holes.push([since, Number.POSITIVE_INFINITY]);
  return holes;
}

async function watchMemory(
  gateway: Daemon,
  warmUpMs: number,
  goesOn: () => boolean,
  rss: Reading[],
): Promise<void> {
  const pid = gateway.pid();
  const start = performance.now() + warmUpMs;
  while (goesOn()) {
    await pause(MEMORY_EVERY_MS);
    const at = performance.now() - start;
    if (at >= 0) rss.push({ at, mb: memoryMb(pid).rss });
  }
}

/** MB a minute: the slope of the line through all readings (least squares). Pure. */
export function slopePerMinute(readings: readonly Reading[]): number {
  const mean = (of: (reading: Reading) => number) =>
    readings.reduce((sum, reading) => sum + of(reading), 0) / readings.length;
  const [time, mb] = [mean(({ at }) => at), mean((reading) => reading.mb)];
  const spread = mean(({ at }) => (at - time) ** 2);
  const together = mean((reading) => (reading.at - time) * (reading.mb - mb));
  return spread === 0 ? 0 : (together / spread) * 60_000;
}

function siteOf({ slow, fast }: Trial, url: string, brokerUrl: string): string {
  const device = (kind: string, count: number, scan: string) => [
    `  ${kind}:`,
    '    bus: plc',
    '    protocol: opcua',
    `    scan: ${scan}`,
    `    namespaces: { plain: "${PLAIN_NAMESPACE}" }`,
    '    tags:',
    ...Array.from({ length: count }, (_, n) => {
      const name = `${kind}${String(n).padStart(4, '0')}`;
      return `      ${name}: { address: "plain:s=${name}" }`;
    }),
  ];
  return [
    `gateway: { id: ${GATEWAY} }`,
    'journal: { path: ./data/journal.db, loss_window: 1s }',
    `uplinks: { cloud: { mqtt: "${brokerUrl}" } }`,
    `buses: { plc: { opcua: "${url}", security: None } }`,
    'devices:',
    ...device('slow', slow, '1s'),
    ...device('fast', fast, '100ms'),
  ].join('\n');
}
