/** A site with a journal of a known epoch, in which everything is that a journal can hold. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { toBatch } from '../../gateway/journal/batch.ts';
import { seqOf } from '../../gateway/journal/journal.ts';
import type { Sample, TagId, Value } from '../../gateway/model/sample.ts';
import { millis, utcMs } from '../../gateway/model/units.ts';
import { journalAt, temporaryDirectory } from './journal-fixture.ts';
import { tamper } from './proven-journal.ts';

const T0 = Date.UTC(2026, 10, 29, 8);
const TAGS = ['press.oil_temp', 'press.serial', 'em.energy'] as TagId[];
const SITE = `gateway: { id: weihai-3, timezone: Asia/Shanghai }
journal: { path: ./journal.db }
buses: { line: { tcp: 10.0.0.5:502 } }
devices:
  press:
    bus: line
    protocol: modbus
    tags:
      oil_temp: { address: "holding:0 float32", unit: °C }
      serial: { address: "holding:10 string8" }
  em:
    bus: line
    protocol: modbus
    unit: 2
    tags: { energy: { address: "holding:0 uint64", unit: kWh } }
`;

export interface ExportedSite {
  readonly folder: string;
  readonly journal: string;
}

const VALUES: readonly (readonly [TagId, Value | null])[] = [
  [TAGS[0] as TagId, 74.2],
  [TAGS[0] as TagId, -0],
  [TAGS[0] as TagId, 0.1 + 0.2],
  [TAGS[0] as TagId, null],
  [TAGS[1] as TagId, '=油,"机\n'],
  [TAGS[2] as TagId, 9_007_199_254_740_993n],
  [TAGS[2] as TagId, { unscaled: -5n, decimals: 2 }],
  [TAGS[2] as TagId, true],
];

const samplesAt = (time: number): Sample[] =>
  VALUES.map(([tag, value], row) => ({
    tag,
    value,
    quality: value === null ? 'bad:comm' : row === 2 ? 'uncertain:range' : 'good',
    time: utcMs(time + row),
    timeBasis: row === 6 ? 'source' : 'gateway',
  }));

/** Blocks 1 and 2 were delivered and removed; a gap is 5; the day of 1 to 6 is over, the next one begins with 7. */
export async function exportedSite(): Promise<ExportedSite> {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, 'gateway.yaml'), SITE);
  const path = join(folder, 'journal.db');
  const clock = virtualClock(utcMs(T0));
  const options = { clock, tags: TAGS, uplinks: ['cloud'], keep: millis(3_600_000) };
  await journalAt(path, options).close();
  tamper(path, (database) =>
    database.exec(`UPDATE meta SET value = '0123456789abcdef' WHERE key = 'epoch';
      UPDATE position SET value = '"0123456789abcdef"' WHERE name = 'epoch'`),
  );
  const journal = journalAt(path, options);
  let number = 0;
  const append = async (samples: readonly Sample[], blockClass: 'telemetry' | 'alarm') =>
    void (await journal.append(
      blockClass,
      toBatch(samples, (tag) => TAGS.indexOf(tag)),
      { origin: 'test', number: ++number },
    ));
  await append(samplesAt(T0), 'telemetry');
  await append(samplesAt(T0 + 1000), 'telemetry');
  for (const seq of [1, 2]) journal.cursor('cloud').acknowledge(seqOf(seq));
  await clock.advance(millis(2 * 3_600_000));
  while (await journal.retain());
  await append(samplesAt(clock.utc()), 'telemetry');
  await append(samplesAt(clock.utc()).slice(4, 5), 'alarm');
  await journal.appendGap({
    ...{ reason: 'queue-overflow', class: 'telemetry', count: 12, seqs: undefined },
    ...{ from: clock.utc(), to: utcMs(clock.utc() + 500) },
  });
  await append(samplesAt(clock.utc()).slice(0, 1), 'telemetry');
  await clock.advance(millis(24 * 3_600_000));
  await append(samplesAt(clock.utc()).slice(0, 2), 'telemetry');
  await journal.close();
  return { folder, journal: path };
}
