/** A rule of the kind `cell`, parsed and checked. */
import type { Expression } from './expression.ts';
import type { CellCalendar } from './kinds/cell/cell-calendar.ts';
import type { CellConfig } from './kinds/cell/cell-memory.ts';
import type { CommonRule } from './rule-parts.ts';

export interface CellRule extends CommonRule {
  readonly kind: 'cell';
  /** All its expressions, with their roles in the YAML, in the order in which they are evaluated. */
  readonly roles: readonly (readonly [role: string, of: Expression])[];
  readonly cell: { readonly config: CellConfig; readonly calendar: CellCalendar };
}
