/**
 * `npm run bench [-- name…]`: one JSON object a line for each figure; exits with 1 when one misses its goal. A name is
 * the whole name of a bench or the beginning of several.
 */
import { blockCodec } from './block-codec.ts';
import { codecFrames } from './codec-frames.ts';
import { commandLine } from './command-line.ts';
import { cpuPerSample } from './cpu-per-sample.ts';
import { drain } from './drain.ts';
import type { Bench } from './figure.ts';
import { journalBytes } from './journal-bytes.ts';
import { journalRead } from './journal-read.ts';
import { journalAppend, journalStore } from './journal-store.ts';
import { memoryBenches } from './memory.ts';
import { meters } from './meters.ts';
import { opcuaCpu } from './opcua-cpu.ts';
import { opcuaRestarts } from './opcua-restarts.ts';
import { pollBus } from './poll-bus.ts';
import { ruleLatency } from './rule-latency.ts';
import { ruleBenches } from './rules.ts';
import { startTime } from './start-time.ts';

const BENCHES: readonly Bench[] = [
  pollBus,
  codecFrames,
  blockCodec,
  cpuPerSample,
  opcuaCpu,
  opcuaRestarts,
  journalBytes,
  ...journalStore,
  journalAppend,
  journalRead,
  ...memoryBenches,
  meters,
  startTime,
  ...ruleBenches,
  ruleLatency,
  drain,
  commandLine,
];

const wanted = process.argv.slice(2);
const named = (name: string): readonly Bench[] => {
  const exact = BENCHES.filter((bench) => bench.name === name);
  return exact.length > 0 ? exact : BENCHES.filter((bench) => bench.name.startsWith(name));
};
const chosen = new Set(wanted.flatMap(named));
const unknown = wanted.filter((name) => named(name).length === 0);
if (unknown.length > 0) {
  console.error(
    `unknown: ${unknown.join(', ')}; one of ${BENCHES.map((bench) => bench.name).join(', ')}`,
  );
  process.exit(2);
}
let failed = false;
for (const bench of BENCHES) {
  if (wanted.length > 0 && !chosen.has(bench)) continue;
  await bench.run(
    (figure) => {
      failed ||= !figure.ok;
      console.log(JSON.stringify(figure));
    },
    (text) => console.error(text),
  );
}
process.exitCode = failed ? 1 : 0;
