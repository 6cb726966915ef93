/** Past one machine: docs/cluster.md. `node test/bench/cluster.ts` plays the same with other numbers. */
import { expect, it } from 'vitest';
import { playCluster } from '../support/cluster-story.ts';
import { disposals } from '../support/disposals.ts';
import { NATS_SERVER } from '../support/nats-cluster.ts';
import { POSTGRES } from '../support/postgres.ts';
import { describeWith } from '../support/real-parts.ts';

describeWith([NATS_SERVER, POSTGRES], 'a fleet at a NATS cluster', () => {
  const dispose = disposals();

  it('has each block stored once, though the node that leads dies and a receiver with it', async () => {
    const figures = await playCluster(
      {
        ...{ gateways: 100, tags: 5, every: '500ms', length: '8s' },
        ...{ victim: 'messages', returns: true, isDurable: true },
      },
      dispose,
    );
    console.info('cluster', JSON.stringify(figures));
    const { blocks, samples, before } = figures;
    expect(figures).toMatchObject({ undelivered: 0, skipped: 0, duplicates: 0 });
    expect(figures.stored).toEqual({ parts: blocks, samples });
    expect(blocks).toBeGreaterThan(before);
    expect(figures.lost).toBeGreaterThan(0);
  }, 120_000);
});
