/**
 * A recorded pump rig on the whole way: played into registers, read over Modbus TCP and over an RS-485 line, stored,
 * and delivered through a real Mosquitto that is killed in mid-flow. What arrives is what the file says.
 */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type RunningPlant, startPlant } from '../../firmware-sim/plant.ts';
import {
  type ReceivedPart,
  type Subscriber,
  startSubscriber,
} from '../../firmware-sim/subscriber.ts';
import { loadTrace, playTrace, type Trace } from '../../firmware-sim/trace.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { millis } from '../../gateway/model/units.ts';
import { type Daemon, daemon } from '../support/daemon.ts';
import { disposals } from '../support/disposals.ts';
import { type Mosquitto, startMosquitto } from '../support/mosquitto.ts';
import { describeWith, TRACES } from '../support/real-parts.ts';
import { until } from '../support/waiting.ts';

const FILES = { rig: 'skab-valve1-0.csv', leak: 'skab-other-1.csv' } as const;
const BAUD = 115_200;
const KILL_AFTER_ROWS = 300;

const clock = systemClock();
const keep = disposals();

const channel = (index: number) => `c${index}`;

/** A row as it arrived: the block it came in, its number, its time stamp and its values. */
interface ArrivedRow {
  readonly seq: number;
  readonly hist: boolean;
  readonly time: number;
  readonly row: number;
  readonly values: readonly unknown[];
}

/** Puts the samples of one part together again, by their time. */
function rowsOf(part: ReceivedPart, columns: number): ArrivedRow[] {
  const { seq, hist } = part;
  return (part.samples.row ?? []).map(([time, row], at) => ({
    seq,
    hist,
    time,
    row: Number(row),
    values: Array.from({ length: columns }, (_, index) => {
      const [sampleTime, value] = part.samples[channel(index)]?.[at] ?? [];
      return sampleTime === time ? value : undefined;
    }),
  }));
}

const siteOf = (
  broker: Mosquitto,
  plant: RunningPlant,
  columns: Readonly<Record<string, number>>,
): string => {
  const port = (bus: string) => {
    const address = plant.addresses.get(bus);
    return address && 'port' in address ? address.port : 0;
  };
  const tags = (count: number) =>
    [
      '      row: { address: "holding:0 uint32" }',
      ...Array.from(
        { length: count },
        (_, i) => `      ${channel(i)}: { address: "holding:${2 + 2 * i} float32" }`,
      ),
    ].join('\n');
  return `
gateway: { id: rig, timezone: UTC }
journal: { path: ./data/journal.db }
uplinks: { cloud: { mqtt: "${broker.url}", unrouted: hold } }
buses:
  tcp: { tcp: "127.0.0.1:${port('tcp')}" }
  line: { serial_tcp: "127.0.0.1:${port('line')}", baud: ${BAUD}, format: 8N1 }
devices:
  rig:
    bus: tcp
    protocol: modbus
    scan: 20ms
    tags:
${tags(columns.rig ?? 0)}
  leak:
    bus: line
    protocol: modbus
    scan: 20ms
    tags:
${tags(columns.leak ?? 0)}
`;
};

describeWith(['mosquitto', join(TRACES, FILES.rig)], 'a recorded plant', () => {
  it('arrives row by row as the file has it, although the broker is killed on the way', {
    timeout: 120_000,
  }, async () => {
    const traces: Record<string, Trace> = {};
    const ended: Promise<void>[] = [];
    const players = await Promise.all(
      Object.entries(FILES).map(async ([name, file]) => {
        const trace = await loadTrace(join(TRACES, file));
        traces[name] = trace;
        const end = Promise.withResolvers<void>();
        ended.push(end.promise);
        const player = playTrace(trace, clock, { pace: 'as-read', onEnd: end.resolve });
        return {
          name,
          unit: 1,
          turnaround: millis(2),
          points: player.points,
          signals: new Map(),
          image: player.image,
        };
      }),
    );
    const [rig, leak] = players;
    if (!rig || !leak) throw new Error('two traces');
    const plant = keep(
      await startPlant(
        {
          seed: 1,
          buses: [
            { name: 'tcp', kind: 'tcp', devices: [rig] },
            { name: 'line', kind: 'serial-tcp', baud: BAUD, format: '8N1', devices: [leak] },
          ],
        },
        clock,
        silentLog,
      ),
      (one) => one.stop(),
    );
    const broker = keep(await startMosquitto({ persistence: true }), (one) => one.dispose());
    const columns = Object.fromEntries(
      Object.entries(traces).map(([name, trace]) => [name, trace.columns.length]),
    );
    const arrived: Record<string, ArrivedRow[]> = { rig: [], leak: [] };
    const subscriber: Subscriber = keep(
      await startSubscriber({
        url: broker.url,
        gateway: 'rig',
        onPart: (part) => arrived[part.device]?.push(...rowsOf(part, columns[part.device] ?? 0)),
      }),
      (one) => one.stop(),
    );
    const gateway: Daemon = keep(daemon({ site: siteOf(broker, plant, columns) }), (one) =>
      one.dispose(),
    );
    await gateway.start();

    await until('the first rows', () => (arrived.rig?.length ?? 0) > KILL_AFTER_ROWS);
    await broker.kill();
    const storedAtKill = (await gateway.status()).north.journal.head;
    await until(
      'blocks stored without a broker',
      async () => (await gateway.status()).north.journal.head > storedAtKill + 2,
    );
    await broker.start();

    await Promise.all(ended);
    await until('the last rows', async () => {
      const { head } = (await gateway.status()).north.journal;
      return (
        subscriber.missing(head).length === 0 &&
        Object.entries(traces).every(([name, trace]) =>
          arrived[name]?.some(({ row }) => row === trace.rows.length),
        )
      );
    });
    const { journal } = (await gateway.status()).north;
    expect(journal).toMatchObject({ gaps: 0, lostSamples: 0 });
    expect(await gateway.stop()).toBe(0);

    for (const [name, trace] of Object.entries(traces)) {
      const asCame = arrived[name] ?? [];
      // After an outage the new goes first; the order of all is the journal's.
      const rows = asCame.toSorted((a, b) => a.seq - b.seq);
      const firsts = rows.filter(
        ({ row }, at) => rows.findIndex((other) => other.row === row) === at,
      );
      expect(firsts.map(({ row }) => row)).toEqual(trace.rows.map(({ number }) => number));
      expect(firsts.map(({ values }) => values)).toEqual(
        trace.rows.map(({ values }) => values.map(Math.fround)),
      );
      for (const lane of [
        rows,
        asCame.filter(({ hist }) => hist),
        asCame.filter((row) => !row.hist),
      ])
        expect(lane).toEqual(lane.toSorted((a, b) => a.time - b.time));
      expect(new Set(rows.map(({ time }) => time)).size).toBe(rows.length);
    }
  });
});
