/** The real north side without forwarders: it starts in a moment, many thousand times. */
import { parentPort } from 'node:worker_threads';
import { systemClock } from '../../gateway/host/clock.ts';
import { runNorth } from '../../gateway/journal/north/north.ts';

if (parentPort === null) throw new Error('runs in a worker thread only');
runNorth(parentPort, {
  clock: systemClock(),
  createForwarders: async () => [],
  exit: (code) => process.exit(code),
});
