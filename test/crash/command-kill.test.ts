/**
 * The gateway is killed again and again while commands from upstream are on their way: before their intent is durable, between
 * intent and wire, between wire and reply. Every value is written once at most, by a command that was written down before, and
 * every command that was written down has exactly one end, which in nearly all cases is more than "unknown".
 */
import { connectAsync } from 'mqtt';
import { expect, it } from 'vitest';
import { type ReceivedPart, startSubscriber } from '../../firmware-sim/subscriber.ts';
import type { DeskFacts } from '../../gateway/command/command-desk.ts';
import type { CommandEvent } from '../../gateway/command/command-event.ts';
import { sleep, systemClock } from '../../gateway/host/clock.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import { millis } from '../../gateway/model/units.ts';
import { type Daemon, daemon } from '../support/daemon.ts';
import { disposals } from '../support/disposals.ts';
import { cases } from '../support/long-run.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { describeWith } from '../support/real-parts.ts';
import { until } from '../support/waiting.ts';
import { startWrittenPlant } from '../support/written-plant.ts';

const KILLS = Number(process.env.KILLS ?? cases(20, 1_000));
const PATIENCE_MS = 60_000 + KILLS * 8_000;
const SEED = Number(process.env.SEED ?? 20_262);
const TAGS = 8;
/** From just after the publication to behind the last reply. */
const LONGEST_LIFE_MS = 600;
const SLOWEST_PLANT_MS = 15;
const MOST_UNKNOWN = 0.01;
const LAST_PATIENCE_MS = 120_000;

const clock = systemClock();
const keep = disposals();

describeWith(['mosquitto'], 'commands of a gateway that is killed again and again', () => {
  it(`are written once at most and end once (${KILLS} kills, seed ${SEED})`, {
    timeout: PATIENCE_MS,
  }, async () => {
    const random = seededRandom(SEED);
    const pause = () => random() * SLOWEST_PLANT_MS;
    const plant = keep(
      await startWrittenPlant({
        registers: TAGS,
        beforeObeying: pause,
        beforeAnswering: pause,
      }),
      (one) => one.stop(),
    );
    const broker = keep(await startMosquitto(), (one) => one.dispose());
    const events: CommandEvent[] = [];
    const onPart = (part: ReceivedPart) => {
      if (part.device !== 'commands') return;
      for (const [, text] of part.samples.event ?? []) events.push(JSON.parse(String(text)));
    };
    keep(await startSubscriber({ url: broker.url, gateway: 'killed', onPart }), (one) =>
      one.stop(),
    );
    const sender = keep(await connectAsync(broker.url, { protocolVersion: 5 }), (one) =>
      one.endAsync(),
    );
    const gateway: Daemon = keep(daemon({ site: siteOf(plant.port, broker.url) }), (one) =>
      one.dispose(),
    );
    const isUp = async () =>
      (await gateway.status()).north.uplinks.every(({ state }) => state === 'up');
    const wanted = new Map<string, { readonly value: number; readonly round: number }>();
    for (let round = 0; round < KILLS; round++) {
      await gateway.start();
      await until('the uplink', isUp);
      // Only then does each kill meet commands on their way, and not only what earlier kills have left.
      await until('the ends of what was interrupted', async () => {
        const { commands } = await gateway.status();
        return (commands as DeskFacts | undefined)?.open === 0;
      });
      for (let tag = 0; tag < TAGS; tag++) {
        const id = `kill-${SEED}-${round}-${tag}`;
        const value = round * TAGS + tag + 1;
        wanted.set(id, { value, round });
        const issued = Date.now();
        const command = {
          ...{ v: 1, gw: 'killed', id, tag: `plc.r${tag}`, value, issued },
          ...{ expires: issued + 30_000, by: 'test' },
        };
        void sender.publishAsync('headgate/v1/killed/cmd', JSON.stringify(command), { qos: 1 });
      }
      await sleep(clock, 'life', millis(random() * LONGEST_LIFE_MS));
      await gateway.kill();
    }
    await gateway.start();
    const of = (state: CommandEvent['state']) => {
      const ids = events.flatMap((one) =>
        'id' in one && one.state === state && one.origin === 'remote' ? [one.id] : [],
      );
      return ids;
    };
    // A command of which nothing can be seen is looked for a minute long.
    await until(
      'an end of every intent',
      () => {
        const ended = new Set(of('ended'));
        return of('intent').length > 0 && of('intent').every((id) => ended.has(id));
      },
      LAST_PATIENCE_MS,
    ).catch(() => {});
    const without = of('intent').filter((id) => !of('ended').includes(id));
    expect(without).toEqual([]);

    const intended = new Set(of('intent'));
    const writes = new Map<number, number>();
    for (const { value } of plant.writes) writes.set(value, (writes.get(value) ?? 0) + 1);
    expect([...writes].filter(([, times]) => times > 1)).toEqual([]);
    const known = new Map([...wanted].map(([id, { value }]) => [value, id]));
    expect([...writes.keys()].filter((value) => !intended.has(known.get(value) ?? ''))).toEqual([]);
    const ends = of('ended').toSorted();
    expect(ends).toEqual([...new Set(ends)]);
    expect(ends.filter((id) => intended.has(id)).length).toBe(intended.size);

    const outcomes = new Map<string, number>();
    for (const one of events)
      if ('id' in one && one.state === 'ended' && intended.has(one.id))
        outcomes.set(one.outcome ?? '', (outcomes.get(one.outcome ?? '') ?? 0) + 1);
    console.log(
      JSON.stringify({
        ...{ kills: KILLS, seed: SEED, sent: wanted.size, intended: intended.size },
        ...{ written: writes.size, outcomes: Object.fromEntries(outcomes) },
      }),
    );
    expect(intended.size).toBeGreaterThan(KILLS);
    expect(outcomes.get('unknown') ?? 0).toBeLessThanOrEqual(intended.size * MOST_UNKNOWN);
    expect(await gateway.stop()).toBe(0);
  });
});

function siteOf(port: number, broker: string): string {
  const tags = Array.from(
    { length: TAGS },
    (_, i) =>
      `      r${i}: { address: "holding:${i} uint16", access: read-write, write: { by: [remote], settle: 200ms } }`,
  );
  return `
gateway: { id: killed, timezone: UTC }
journal: { path: ./data/journal.db, loss_window: 200ms }
uplinks: { cloud: { mqtt: "${broker}", unrouted: hold, commands: accept } }
buses: { plc: { tcp: "127.0.0.1:${port}" } }
devices:
  plc:
    bus: plc
    protocol: modbus
    scan: 1s
    tags:
${tags.join('\n')}
`;
}
