import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadSite } from '../../../config/load.ts';
import type { Site } from '../../../config/site.ts';
import { simulatedBackend } from '../../../drivers/gpio/simulated-backend.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';
import {
  boardLines,
  startBoards,
  startJoinedBoards,
} from '../../../gateway/cli/simulated-board.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { busName } from '../../../gateway/model/sample.ts';
import { millis, minutes } from '../../../gateway/model/units.ts';
import { temporaryDirectory } from '../../support/journal-fixture.ts';

async function siteOf(folder: string, bus: string): Promise<Site> {
  const path = join(folder, 'gateway.yaml');
  writeFileSync(
    path,
    `
gateway: { id: x }
buses: { pins: { gpio: ${bus} } }
devices:
  box:
    bus: pins
    protocol: gpio
    tags:
      door: { address: in GPIO17 }
      gate: { address: in GATE }
      water: { address: count 27, max_rate: 1/s }
      pump: { address: out 22 }
`,
  );
  const loaded = await loadSite(path, DRIVER_OPTIONS);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.site;
}

it('the board of a site has the lines of its tags, and something that moves each input', async () => {
  const site = await siteOf(temporaryDirectory(), 'auto');
  expect(boardLines(site, busName('pins'))).toEqual([
    { offset: 17, name: 'GPIO17', mover: { kind: 'door', perHour: 360 } },
    { offset: 100, name: 'GATE', mover: { kind: 'door', perHour: 360 } },
    { offset: 27, name: 'GPIO27', mover: { kind: 'pulses', perHour: 1_800 } },
    { offset: 22, name: 'GPIO22' },
  ]);
});

it('boards listen where a demo puts them, or where the site says, and never for real pins', async () => {
  const folder = temporaryDirectory();
  const clock = virtualClock();
  const real = await siteOf(folder, 'auto');
  expect((await startBoards(real, { seed: 1, clock })).size).toBe(0);
  const demo = await startBoards(real, { seed: 1, clock, folder });
  expect(demo.get(busName('pins'))?.transport.chip).toBe(`unix:${join(folder, 'pins.board')}`);
  const path = join(folder, 'own.board');
  const simulated = await siteOf(folder, `"unix:${path}", backend: simulated`);
  const sim = await startBoards(simulated, { seed: 1, clock });
  const board = sim.get(busName('pins'))?.board;
  expect(board?.path).toBe(path);
  await clock.advance(minutes(1));
  expect(board?.pulses(27)).toBeGreaterThan(20);
  for (const { board: one } of [...demo.values(), ...sim.values()]) await one.stop();
  expect(clock.pending()).toEqual([]);
});

it('a joined board lives in the time of its clock, and an edge keeps its time on its way', async () => {
  const clock = virtualClock(undefined, { bootedBefore: 5_000 });
  const site = await siteOf(temporaryDirectory(), 'auto');
  const { board, transport } =
    (await startJoinedBoards(site, { seed: 1, clock })).get(busName('pins')) ??
    expect.fail('no board');
  expect([board.path, transport.chip]).toEqual(['', 'pins']);
  const backend = simulatedBackend('pins', clock, undefined, () => board.join());
  const opening = backend.open(new AbortController().signal);
  await clock.advance(millis(1));
  await opening;
  const edges: unknown[] = [];
  const taken = backend.input(17, 'up', {
    edge: (isHigh, at) => edges.push([isHigh, at, clock.mono()]),
    lost: () => expect.fail('lost'),
  });
  await clock.advance(minutes(1));
  expect([await taken, edges]).toEqual([true, []]);
  expect(board.pulses(27)).toBeGreaterThan(20);
  const moved = clock.mono();
  board.move(17, false);
  await clock.advance(millis(10));
  expect(edges).toEqual([[false, expect.closeTo(moved, 3), moved + 2]]);
  await backend.close();
  await board.stop();
});
