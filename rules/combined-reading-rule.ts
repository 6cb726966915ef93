/** A rule of the kind `combined_reading`, parsed and checked. */
import type { Expression } from './expression.ts';
import type { GroupSetup } from './kinds/reading/reading-setup.ts';
import type { CommonRule } from './rule-parts.ts';

export interface CombinedReadingRule extends CommonRule {
  readonly kind: 'combined_reading';
  /** All its expressions, with their roles in the YAML, in the order in which they are evaluated. */
  readonly roles: readonly (readonly [role: string, of: Expression])[];
  readonly group: GroupSetup;
}
