/** What a combined reading is made of, as the configuration says it. */
import type { Decimal } from '../../../gateway/model/sample.ts';
import type { Millis } from '../../../gateway/model/units.ts';
import type { Window } from './alignment.ts';
import type { BalanceLimits } from './balance.ts';
import type { FlowLimits } from './flow-watch.ts';
import type { StatusLimits } from './meter-status.ts';
import type { PeriodRules } from './reading-periods.ts';
import type { RegisterRules } from './register-step.ts';

export const MEDIA = ['electricity', 'water', 'gas', 'heat', 'cooling'] as const;
export type Medium = (typeof MEDIA)[number];

/** Volume of gas as it flowed, or at 20 °C and 101.325 kPa: both are kept apart. */
export type GasCondition = 'working' | 'standard';

export interface MeterSetup {
  /** Its name in the group: `electricity`, `flat-1203`. */
  readonly name: string;
  readonly medium: Medium;
  /** The tag of its register, and what the configuration knows of the device. */
  readonly tag: string;
  readonly protocol: string | undefined;
  readonly address: string | undefined;
  readonly rules: RegisterRules;
  /** Product of the transformer ratios, as text; a part of the rules already, told in records. */
  readonly factor: string;
  /** Of gas; undefined: nobody said. */
  readonly condition: GasCondition | undefined;
  /** How many day freezes there are tags for: 0 to 62. */
  readonly freezeDays: number;
  /** How many freezes of months there are tags for: 0 to 12. */
  readonly freezeMonths: number;
  /** The least time between two reads that an interval asks for: spares the battery of a meter; 0: none. */
  readonly rest: Millis;
  /** A pause without readings longer than so is told; undefined: none is. */
  readonly gapAfter: Millis | undefined;
  /** Without consumption for so long it is told to be stuck; undefined: never. */
  readonly stuckAfter: Millis | undefined;
  readonly flow: FlowLimits;
  readonly status: StatusLimits;
}

export interface BalanceSetup {
  readonly main: string;
  readonly subs: readonly string[];
  readonly limits: BalanceLimits;
}

export interface GroupSetup {
  readonly name: string;
  readonly timezone: string;
  readonly meters: readonly MeterSetup[];
  readonly periods: PeriodRules;
  readonly window: Window;
  /** How long a day's or month's record stays open for what is not frozen. */
  readonly keepOpen: Millis;
  readonly balance: BalanceSetup | undefined;
}

export const MOST_METERS = 64;
export const MOST_FREEZE_DAYS = 62;
export const MOST_FREEZE_MONTHS = 12;

/** Digits behind the point of a register, from its rules or from a value. */
export const digitsOf = ({ decimals }: RegisterRules, value: Decimal): number =>
  decimals ?? value.decimals;
