import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import { fileStateStore } from '../../gateway/host/state-store.ts';
import { temporaryDirectory } from '../support/journal-fixture.ts';
import { cases } from '../support/long-run.ts';

const SEED = Number(process.env.SEED ?? 20_260_101);
const KILLS = cases(20, 200);
const LONGEST_LIFE_MS = 60;
const WRITER = join(import.meta.dirname, 'state-writer.ts');

/** The last number that the writer said is durable. */
async function oneLife(path: string, at: number): Promise<number> {
  const writer = spawn(process.execPath, [WRITER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  let last = 0;
  createInterface(writer.stdout).on('line', (line) => {
    if (last === 0) setTimeout(() => writer.kill('SIGKILL'), at);
    last = Number(line);
  });
  await once(writer, 'close');
  return last;
}

test(`after each of ${KILLS} kills the state is whole and as new as was promised (SEED=${SEED})`, async () => {
  const random = seededRandom(SEED);
  const path = join(temporaryDirectory(), 'state.json');
  for (let life = 0; life < KILLS; life++) {
    const promised = await oneLife(path, random() * LONGEST_LIFE_MS);
    const store = await fileStateStore(path, systemClock(), silentLog);
    const found = Number(store.get('n'));
    // Between the two renames the copy before is the newest there is: its successor was not promised yet.
    expect([promised, promised + 1]).toContain(found);
    expect(store.get('shadow')).toBe(`${found}`.repeat(found % 50));
    expect(store.facts().damaged).toBe(0);
  }
});
