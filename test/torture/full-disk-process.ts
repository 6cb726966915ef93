/**
 * The process of the attack `full-disk`, in a mount namespace of its own: makes one trial after the other and says on
 * standard output, a JSON object a line, what came of each.
 */
import { FullDiskTrial, type TrialOrder, type TrialOutcome } from './full-disk-trial.ts';

/** What it says of one trial. */
export type TrialLine =
  | { readonly outcome: TrialOutcome }
  | { readonly order: TrialOrder; readonly failed: string };

const orders = JSON.parse(process.argv[2] ?? '[]') as readonly TrialOrder[];
for (const order of orders) {
  const line = await lineOf(order);
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
// A worker that is wedged would keep the process.
process.exit(0);

async function lineOf(order: TrialOrder): Promise<TrialLine> {
  try {
    return { outcome: await new FullDiskTrial(order).run() };
  } catch (error) {
    return {
      order,
      failed: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}
