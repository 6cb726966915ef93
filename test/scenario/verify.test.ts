/** What `headgate verify` says of the journal of a daemon: while it runs, after a kill, after a stop. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { type Daemon, daemon } from '../support/daemon.ts';
import { disposals } from '../support/disposals.ts';
import { freePort } from '../support/field-peer.ts';
import { plcSite, startPlc } from '../support/plc.ts';
import { until } from '../support/waiting.ts';

const LAUNCHER = join(import.meta.dirname, '..', '..', 'bin', 'headgate.mjs');
const using = disposals();

async function headgate(...argv: string[]) {
  const run = promisify(execFile)(process.execPath, [LAUNCHER, ...argv]);
  const { stdout } = await run.catch((error: { readonly stdout: string }) => error);
  return JSON.parse(stdout);
}

const blocksOf = async (gateway: Daemon) => (await gateway.status()).north.journal?.blocks ?? 0;

it('proves the journal of a daemon while it runs, killed and stopped, and its exports', async () => {
  const plant = using(await startPlc(50), (one) => one.stop());
  const site = plcSite(plant, {
    ...{ gateway: 'far', tags: 50, scan: '200ms', lossWindow: '100ms' },
    // Nobody listens there: everything stays.
    broker: `mqtt://127.0.0.1:${await freePort()}`,
  });
  const gateway = using(daemon({ site }), (one) => one.dispose());
  await gateway.start();
  await until('some blocks', async () => (await blocksOf(gateway)) >= 3);
  const verified = async (path = gateway.folder) => {
    const { whole, blocks, proven, breaks } = await headgate('verify', path, '--json');
    expect({ whole, proven, breaks }).toEqual({ whole: true, proven: blocks, breaks: 0 });
    return blocks;
  };
  const running = await verified();
  expect(running).toBeGreaterThanOrEqual(3);
  const out = join(gateway.folder, 'all.ndjson');
  const exported = await headgate('export', gateway.folder, '--out', out, '--json');
  expect(exported.damaged).toBe(0);
  expect(await verified(out)).toBe(exported.blocks);
  await gateway.kill();
  expect(await verified()).toBeGreaterThanOrEqual(exported.blocks);
  await gateway.start();
  await until('more blocks', async () => (await blocksOf(gateway)) > exported.blocks);
  expect(await gateway.stop()).toBe(0);
  expect(await verified()).toBeGreaterThan(exported.blocks);
});
