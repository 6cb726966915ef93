import type { Decimal, DeviceName, TagId } from './sample.ts';
import type { Millis } from './units.ts';

/**
 * What the gateway knows of a tag besides its value. `index` is the tag's place in the site's
 * list; it names the tag between the two threads and changes only with the configuration.
 */
export interface Tag {
  readonly index: number;
  readonly id: TagId;
  readonly device: DeviceName;
  /** The last part of the id, as the device's YAML names it. */
  readonly quantity: string;
  readonly unit: string | undefined;
  /** Digits behind the decimal point, as the device shows them. */
  readonly decimals: number | undefined;
  readonly report: ReportPolicy;
  /** For a total that only grows: how to tell a rollover from a fault. */
  readonly counter?: CounterPolicy;
  /** Of a tag of a device in the field; undefined: the gateway makes its values. */
  readonly field?: FieldTag;
}

export interface FieldTag {
  /** What its address takes; undefined: nobody can say. */
  readonly holds: 'flag' | 'number' | 'text' | undefined;
  /** Whether messages from upstream may write it. */
  readonly takesRemote: boolean;
}

/** What a meter's counter can do. */
export interface CounterPolicy {
  /** The value at which it begins again at 0: 2^32, or 1000000.00 as the meter shows it. */
  readonly modulus: Decimal | undefined;
  /** The most it can grow, in the tag's unit per hour; undefined: nobody said. */
  readonly maxRatePerHour: number | undefined;
}

/** When a sample is worth storing: beyond the deadband, or after the heartbeat at the latest. */
export interface ReportPolicy {
  /**
   * A change of this much or less is not reported; 0 still drops what is exactly equal; undefined
   * reports every sample.
   */
  readonly deadband: number | undefined;
  /** The longest time without a report of a tag that is read; undefined: no heartbeat. */
  readonly heartbeat: Millis | undefined;
}
