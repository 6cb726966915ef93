/** The kind `combined_reading` in the engine: samples as they are in, records, alarms and reads out. */
import type { CombinedReadingRule } from '../combined-reading-rule.ts';
import type { Machine, MachineSite } from '../kind.ts';

export function combinedReadingMachine(
  { roles }: CombinedReadingRule,
  _site: MachineSite,
): Machine {
  return {
    expressions: roles,
    alarm: undefined,
    isRestless: true,
    begin: () => ({}),
    step: (state) => ({ state, wake: undefined }),
    restored: (kept) => kept,
    describe: () => '',
  };
}
