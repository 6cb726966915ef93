/** What the alarms of a combined reading are called. */
import type { FindingKey } from './kinds/reading/finding.ts';

/** `leak-water`; of a finding about the whole reading, without a meter: `loss`. */
export const alarmKey = (finding: FindingKey, meter: string | undefined): string => {
  const word = finding.replaceAll('_', '-');
  return meter === undefined ? word : `${word}-${meter}`;
};
