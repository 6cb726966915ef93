/** Which samples are worth storing. Pure. */
import { isBad } from '../model/quality.ts';
import type { Sample, Value } from '../model/sample.ts';
import type { ReportPolicy } from '../model/tag.ts';
import type { Told } from './latest-samples.ts';

/**
 * Whether `sample` is to be stored, given the last one of its tag that was. A change of quality always is;
 * a bad quality that lasts is not repeated; a value is, unless it stays within the deadband and the
 * heartbeat is not due.
 */
export function isWorthReporting(
  last: Told | undefined,
  sample: Sample,
  policy: ReportPolicy,
): boolean {
  if (last === undefined || last.quality !== sample.quality) return true;
  if (policy.heartbeat !== undefined && sample.time - last.time >= policy.heartbeat) return true;
  if (sample.time < last.time && policy.heartbeat !== undefined) return true;
  if (isBad(sample.quality)) return false;
  if (policy.deadband === undefined) return true;
  return isBeyond(last.value, sample.value, policy.deadband);
}

/** Numbers are compared by distance, everything else by equality. */
function isBeyond(last: Value | null, value: Value | null, deadband: number): boolean {
  if (typeof last === 'number' && typeof value === 'number')
    return Math.abs(value - last) > deadband;
  if (typeof last === 'bigint' && typeof value === 'bigint') {
    const distance = value > last ? value - last : last - value;
    return Number(distance) > deadband;
  }
  if (isExact(last) && isExact(value))
    return last.unscaled !== value.unscaled || last.decimals !== value.decimals;
  return last !== value;
}

const isExact = (value: Value | null) => typeof value === 'object' && value !== null;
