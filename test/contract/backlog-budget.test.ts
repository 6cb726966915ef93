/** The budget of a day at the real broker: what a backlog has taken of it counts after a restart, until the next day. */
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { createForwarder } from '../../gateway/forward/forwarder.ts';
import { createMqttUplink } from '../../gateway/forward/mqtt-uplink.ts';
import type { Clock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { fileStateStore } from '../../gateway/host/state-store.ts';
import { bytes, seconds, utcMs } from '../../gateway/model/units.ts';
import { EPOCH, sample, uplinkOptions } from '../support/forward-fixture.ts';
import { hastyClock } from '../support/hasty-clock.ts';
import { temporaryDirectory } from '../support/journal-fixture.ts';
import { memoryJournal } from '../support/memory-journal.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { describeWith } from '../support/real-parts.ts';
import { until } from '../support/waiting.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const DAY_MS = 86_400_000;
const BLOCKS = 60;
/** Some twenty of the blocks. */
const PER_DAY = bytes(4_000);

describeWith(['mosquitto'], 'the backlog of a day', () => {
  it('is spent once, whatever is restarted, and what is new goes on', async () => {
    const broker = await startMosquitto();
    closers.push(() => broker.dispose());
    const journal = memoryJournal(EPOCH);
    for (let block = 0; block < BLOCKS; block++) journal.put([sample('press.x', block)]);
    const cursor = journal.cursor('cloud');
    const path = join(temporaryDirectory(), 'mqtt-cloud.json');
    const acknowledged = () =>
      Array.from({ length: journal.head }, (_, index) => index + 1).filter((seq) =>
        cursor.isAcknowledged(seq as never),
      ).length;
    /** A life of the gateway so many days later, in which one new block comes. */
    const live = async (day: number) => {
      const clock: Clock = hastyClock();
      let isHeld = false;
      const at: Clock['at'] = (name, ...timer) => {
        isHeld ||= name === 'forward.budget';
        return clock.at(name, ...timer);
      };
      const later: Clock = Object.assign(Object.create(clock), {
        at,
        utc: () => utcMs(clock.utc() + day * DAY_MS),
        isSynced: () => true,
      });
      const random = () => 0.02;
      const backlog = { rate: undefined, perDay: PER_DAY, timezone: 'UTC' };
      const uplink = createMqttUplink(
        uplinkOptions(
          { url: broker.url, backlog },
          { clock: later, openState: () => fileStateStore(path, later, silentLog) },
        ),
      );
      const parts = { uplink, journal, clock: later, log: silentLog, random };
      const forwarder = createForwarder({ ...parts, resend: seconds(0) });
      closers.push(() => forwarder.stop());
      await forwarder.start();
      await until('the connection', () => forwarder.facts().state === 'up');
      const seq = journal.put([sample('press.x', 0)]);
      forwarder.onAppended(seq);
      await until('the new one', () => cursor.isAcknowledged(seq));
      await until('the end of the budget', () => isHeld);
      return forwarder;
    };

    const first = await live(0);
    await until('the backlog', () => acknowledged() > 15);
    await first.stop();
    const spent = acknowledged();
    expect(spent).toBeLessThan(BLOCKS / 2);

    const second = await live(0);
    await second.stop();
    expect(acknowledged()).toBe(spent + 1);

    const next = await live(1);
    await until('more of the backlog', () => acknowledged() > spent + 15);
    await next.stop();
    expect(acknowledged()).toBeLessThan(BLOCKS);
  });
});
