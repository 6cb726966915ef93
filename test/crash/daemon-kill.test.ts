/**
 * The daemon is killed at random moments under 2,000 samples a second, again and again. The conservation oracle: each block
 * that was declared stored is delivered, whole and once in effect; nothing is delivered that was not stored; order holds.
 */
import { expect, it } from 'vitest';
import {
  type ReceivedPart,
  type Subscriber,
  startSubscriber,
} from '../../firmware-sim/subscriber.ts';
import { sleep, systemClock } from '../../gateway/host/clock.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import { millis } from '../../gateway/model/units.ts';
import { type Daemon, daemon, type LogLine } from '../support/daemon.ts';
import { disposals } from '../support/disposals.ts';
import { cases } from '../support/long-run.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { plcSite, startPlc } from '../support/plc.ts';
import { describeWith } from '../support/real-parts.ts';
import { until } from '../support/waiting.ts';

const KILLS = cases(50, 1_000);
const PATIENCE_MS = 60_000 + KILLS * 6_000;
const SEED = Number(process.env.SEED ?? 20_261);
const TAGS = 500;
const SCAN = '250ms';
/** From just after the start to well inside the flow. */
const LONGEST_LIFE_MS = 1_500;

const clock = systemClock();
const keep = disposals();

/** What was declared stored: seq → samples. */
class Ledger {
  readonly stored = new Map<number, number>();
  readonly contradictions: string[] = [];

  take(line: LogLine): void {
    if (line.event !== 'journal.block-stored') return;
    const seq = Number(line.seq);
    if (this.stored.has(seq)) this.contradictions.push(`seq ${seq} was stored twice`);
    this.stored.set(seq, Number(line.samples));
  }
}

describeWith(['mosquitto'], 'a gateway that is killed again and again', () => {
  it(`loses nothing that it declared stored (${KILLS} kills, seed ${SEED})`, {
    timeout: PATIENCE_MS,
  }, async () => {
    const random = seededRandom(SEED);
    const plant = keep(await startPlc(TAGS), (one) => one.stop());
    const broker = keep(await startMosquitto(), (one) => one.dispose());
    const delivered = new Map<number, number>();
    const epochs = new Set<string>();
    const firstSeqs: number[] = [];
    const count = (part: ReceivedPart) => {
      epochs.add(part.epoch);
      if (!delivered.has(part.seq)) firstSeqs.push(part.seq);
      const rows = Object.values(part.samples).reduce((sum, of) => sum + of.length, 0);
      delivered.set(part.seq, (delivered.get(part.seq) ?? 0) + rows);
    };
    const subscriber: Subscriber = keep(
      await startSubscriber({ url: broker.url, gateway: 'killed', onPart: count }),
      (one) => one.stop(),
    );
    const site = plcSite(plant, {
      gateway: 'killed',
      tags: TAGS,
      scan: SCAN,
      lossWindow: '200ms',
      broker: broker.url,
    });
    const ledger = new Ledger();
    const gateway: Daemon = keep(
      daemon({ site, log: 'debug', onLine: (line) => ledger.take(line) }),
      (one) => one.dispose(),
    );
    for (let kill = 0; kill < KILLS; kill++) {
      await gateway.start();
      await sleep(clock, 'life', millis(random() * LONGEST_LIFE_MS));
      await gateway.kill();
    }
    await gateway.start();
    const last = Math.max(0, ...ledger.stored.keys());
    await until('a fresh block', () => Math.max(0, ...ledger.stored.keys()) > last);
    const { head } = (await gateway.status()).north.journal;
    await until('the delivery of all', () => subscriber.missing(head).length === 0);
    expect(await gateway.stop()).toBe(0);

    expect(ledger.contradictions).toEqual([]);
    expect(ledger.stored.size).toBeGreaterThan(KILLS);
    expect(epochs.size).toBe(1);
    const differing = [...ledger.stored].filter(([seq, samples]) => delivered.get(seq) !== samples);
    expect(differing).toEqual([]);
    const top = Math.max(...delivered.keys());
    expect([...delivered.keys()].toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: top }, (_, i) => i + 1),
    );
    expect(firstSeqs).toEqual(firstSeqs.toSorted((a, b) => a - b));
    expect(subscriber.facts()).toMatchObject({ gaps: 0 });
  });
});
