/** `npm run bench [-- name…]`: one JSON object a line for each figure; exits with 1 when one misses its goal. */
import type { Bench } from './figure.ts';
import { pollBus } from './poll-bus.ts';

const BENCHES: readonly Bench[] = [pollBus];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !BENCHES.some((bench) => bench.name.startsWith(name)));
if (unknown.length > 0) {
  console.error(
    `unknown: ${unknown.join(', ')}; one of ${BENCHES.map((bench) => bench.name).join(', ')}`,
  );
  process.exit(2);
}
let failed = false;
for (const bench of BENCHES) {
  if (wanted.length > 0 && !wanted.some((name) => bench.name.startsWith(name))) continue;
  await bench.run(
    (figure) => {
      failed ||= !figure.ok;
      console.log(JSON.stringify(figure));
    },
    (text) => console.error(text),
  );
}
process.exitCode = failed ? 1 : 0;
