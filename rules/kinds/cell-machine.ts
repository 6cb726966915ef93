/** The kind `cell` in the engine: from the values of expressions to the cell, from what it tells to the engine. */
import type { CellRule } from '../cell-rule.ts';
import type { Machine, MachineSite } from '../kind.ts';

export function cellMachine({ roles }: CellRule, _site: MachineSite): Machine {
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
