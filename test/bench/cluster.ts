/**
 * `node test/bench/cluster.ts [--gateways 100] [--tags 5] [--every 500ms] [--for 10s] [--victim messages|cluster|other|none]
 * [--returns] [--fsync off] [--runs 1]`: what docs/cluster.md says, measured; a line of JSON a run. Exits with 1 when a block is lost or
 * is there twice.
 */
import { parseArgs } from 'node:util';
import { type ClusterFigures, playCluster, VICTIMS } from '../support/cluster-story.ts';

const { values } = parseArgs({
  options: {
    gateways: { type: 'string', default: '100' },
    tags: { type: 'string', default: '5' },
    every: { type: 'string', default: '500ms' },
    for: { type: 'string', default: '10s' },
    victim: { type: 'string', default: 'messages' },
    returns: { type: 'boolean', default: false },
    fsync: { type: 'string', default: 'on' },
    runs: { type: 'string', default: '1' },
  },
});
const victim = VICTIMS.find((known) => known === values.victim);

for (let run = 1; run <= Number(values.runs); run++) {
  const began = performance.now();
  const { figures, isFine } = await played();
  const wall_s = Math.round((performance.now() - began) / 1000);
  console.log(JSON.stringify({ victim, isFine, wall_s, ...figures }));
  if (!isFine) process.exitCode = 1;
}

async function played(): Promise<{ readonly figures: ClusterFigures; readonly isFine: boolean }> {
  const pending: (() => Promise<unknown>)[] = [];
  try {
    const figures = await playCluster(
      {
        ...{ gateways: Number(values.gateways), tags: Number(values.tags), every: values.every },
        ...{ length: values.for, victim, returns: values.returns },
        isDurable: values.fsync === 'on',
      },
      (part, dispose) => {
        pending.push(() => dispose(part));
        return part;
      },
    );
    const { blocks, samples, stored, duplicates, undelivered } = figures;
    const isWhole = stored.parts === blocks && stored.samples === samples;
    return { figures, isFine: isWhole && duplicates + undelivered === 0 };
  } finally {
    for (const dispose of pending.reverse()) await dispose();
  }
}
