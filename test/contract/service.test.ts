/** What every Service promises about its start and its stop. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import type { Service } from '../../gateway/host/service.ts';
import { NorthLink } from '../../gateway/journal/north/north-link.ts';
import { bytes, minutes, seconds } from '../../gateway/model/units.ts';
import { virtualBus } from '../support/virtual-bus.ts';

let folder = '';
afterEach(() => {
  if (folder) rmSync(folder, { recursive: true, force: true });
  folder = '';
});

const services: Readonly<Record<string, () => Service>> = {
  bus: () => virtualBus([{}]).bus,
  journal: () => {
    folder = mkdtempSync(join(tmpdir(), 'headgate-service-'));
    return new NorthLink({
      site: {
        gateway: { id: 'service', timezone: 'UTC' },
        journal: {
          path: join(folder, 'data', 'journal.db'),
          lossWindow: seconds(1),
          maxSize: bytes(10_000_000),
          keep: minutes(10),
        },
        uplinks: [],
        tags: [],
        hash: '0',
      },
      clock: systemClock(),
      log: silentLog,
      random: seededRandom(1),
    });
  },
};

describe.each(Object.entries(services))('the service %s', (_name, create) => {
  it('may be started twice and stopped twice', async () => {
    const service = create();
    await Promise.all([service.start(), service.start()]);
    await service.start();
    expect(Number.isFinite(service.lastProgress())).toBe(true);
    await Promise.all([service.stop(), service.stop()]);
    await service.stop();
  });

  it('may be stopped without having been started', async () => {
    await create().stop();
  });

  it('may be stopped while it starts', async () => {
    const service = create();
    const starting = service.start();
    await service.stop();
    await Promise.allSettled([starting]);
  });
});
