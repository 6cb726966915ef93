/** The daemon and a broker that is absent at the start, and dies with thousands of samples on their way to it. */
import { expect, it } from 'vitest';
import { startSubscriber } from '../../firmware-sim/subscriber.ts';
import { daemon } from '../support/daemon.ts';
import { disposals } from '../support/disposals.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { plcSite, startPlc } from '../support/plc.ts';
import { describeWith } from '../support/real-parts.ts';
import { until } from '../support/waiting.ts';

const TAGS = 2_000;
const BACKLOG = 30_000;

const keep = disposals();

describeWith(['mosquitto'], 'a broker', () => {
  it('may be absent at the start and be killed with 10,000 samples in flight: everything arrives', async () => {
    const plant = keep(await startPlc(TAGS), (one) => one.stop());
    const broker = keep(await startMosquitto({ persistence: true }), (one) => one.dispose());
    let parts = 0;
    const subscriber = keep(
      await startSubscriber({ url: broker.url, gateway: 'patient', onPart: () => parts++ }),
      (one) => one.stop(),
    );
    await broker.stop();
    const site = plcSite(plant, {
      gateway: 'patient',
      tags: TAGS,
      scan: '200ms',
      lossWindow: '1s',
      broker: broker.url,
    });
    const gateway = keep(daemon({ site }), (one) => one.dispose());
    await gateway.start();
    const journal = async () => (await gateway.status()).north.journal;
    await until('a backlog', async () => (await journal()).samples >= BACKLOG);
    expect((await gateway.status()).north.uplinks[0]?.state).not.toBe('up');

    await broker.start();
    await until('the first parts', () => parts > 0);
    const { inFlight } = (await gateway.status()).north.uplinks[0] ?? { inFlight: 0 };
    await broker.kill();
    expect(inFlight).toBeGreaterThan(0);
    const { head } = await journal();
    await until('blocks stored without the broker', async () => (await journal()).head > head + 1);
    await broker.start();

    await until('everything', async () => subscriber.missing((await journal()).head).length === 0);
    expect(await gateway.stop()).toBe(0);
    const { samples, gaps } = subscriber.facts();
    expect(samples).toBeGreaterThanOrEqual(BACKLOG);
    expect(gaps).toBe(0);
  });
});
