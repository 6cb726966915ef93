/**
 * Intends and settles commands over a real worker, with telemetry beside them, until it is killed. Each line says what
 * is durable: `intent a17`, and in the next life what the history said. `argv`: the journal, a name of this life.
 */
import { writeSync } from 'node:fs';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { NorthLink } from '../../gateway/journal/north/north-link.ts';
import { bytes, millis } from '../../gateway/model/units.ts';
import { numbered, siteTags } from '../support/journal-samples.ts';
import { auditOf, entryOf } from '../support/ledger-samples.ts';

const [, , path = '', life = ''] = process.argv;
const clock = systemClock();
const link = new NorthLink({
  site: {
    gateway: { id: 'killed', timezone: 'UTC' },
    journal: { path, lossWindow: millis(5), maxSize: bytes(2 ** 30), keep: millis(1e12) },
    uplinks: [],
    tags: siteTags(8),
    hash: 'c0ffee',
  },
  clock,
  log: silentLog,
  random: () => 0,
});
await link.start();
const { ledger } = link;
const { wasCleanStop, open } = ledger.history();
writeSync(1, `history ${wasCleanStop} ${open.map(({ key }) => key).join(' ')}\n`);
for (const { key } of open) ledger.settle(key, 'unknown', { life }, auditOf(key, 'ended'));
for (let number = 0; ; number++) {
  link.append('telemetry', numbered(number, 50));
  const group = Array.from({ length: 1 + (number % 5) }, (_, n) => `${life}-${number}-${n}`);
  const intend = async (id: string) => {
    const entry = entryOf(id, { time: clock.utc() });
    const marks = { counter: { signer: 'ann', value: Number(life) * 1e6 + number } };
    await ledger.intend(entry, auditOf(entry.key, 'intent'), marks);
    writeSync(1, `intent ${entry.key}\n`);
    if (number % 3 > 0) ledger.settle(entry.key, 'verified', { life }, auditOf(entry.key, 'ended'));
  };
  await Promise.all(group.map(intend));
}
