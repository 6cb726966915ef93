/** Counts in the state file at `argv[2]` until it is killed; each line says what is durable. */
import { writeSync } from 'node:fs';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { fileStateStore } from '../../gateway/host/state-store.ts';

const [, , path = ''] = process.argv;
const store = await fileStateStore(path, systemClock(), silentLog);
for (let n = Number(store.get('n') ?? 0) + 1; ; n++) {
  store.set('n', n);
  store.set('shadow', `${n}`.repeat(n % 50));
  await store.flush();
  writeSync(1, `${n}\n`);
}
