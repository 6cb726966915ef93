/** A rule of the kind `cell`, parsed and checked: plain data. */
import type { Expression } from './expression.ts';
import type { CalendarConfig } from './kinds/cell/cell-calendar.ts';
import type { CellConfig } from './kinds/cell/cell-memory.ts';
import type { CommonRule } from './rule-parts.ts';

export interface CellRule extends CommonRule {
  readonly kind: 'cell';
  /** All its expressions, with their roles in the YAML, in the order in which they are evaluated. */
  readonly roles: readonly (readonly [role: string, of: Expression])[];
  readonly cell: {
    readonly config: CellConfig;
    readonly calendar: CalendarConfig;
    /** What makes seconds of the values of the ideal cycle and of the told cycle time. */
    readonly seconds: { readonly ideal: number; readonly time: number };
    /** Each part has a record of its own. */
    readonly hasPartRecords: boolean;
  };
}
