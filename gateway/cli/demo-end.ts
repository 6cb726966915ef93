/** How a demo ends: everything that was stored arrives, is counted, and is told. */
import type { Subscriber } from '../../firmware-sim/subscriber.ts';
import { sleep } from '../host/clock.ts';
import { later, type Millis, millis, seconds } from '../model/units.ts';
import { type DemoSummary, renderSummary, summaryOf } from './demo-view.ts';
import type { GatewayStatus } from './status.ts';
import type { Call } from './verb.ts';

/** How long the last samples may take to arrive after polling has ended. */
const DRAIN_PATIENCE: Millis = seconds(30);

/** @param look at a gateway that polls no more */
export async function countArrived(
  { clock }: Call,
  subscriber: Subscriber,
  look: () => Promise<GatewayStatus>,
): Promise<DemoSummary> {
  const deadline = later(clock.mono(), DRAIN_PATIENCE);
  let status = await look();
  const missing = () => subscriber.missing(status.north.journal.head).length;
  while (missing() > 0 && clock.mono() < deadline) {
    await sleep(clock, 'demo.drain', millis(50));
    status = await look();
  }
  return summaryOf(status, subscriber.facts(), missing());
}

/** One line of JSON with these facts beside the summary, or the summary and these lines. */
export function tellEnd(
  { values, language, print }: Call,
  summary: DemoSummary,
  { lines, facts = {} }: { readonly lines: readonly string[]; readonly facts?: object },
): void {
  print(
    values.json
      ? JSON.stringify({ ...summary, ...facts })
      : [renderSummary(summary, language), ...lines].join('\n'),
  );
}
