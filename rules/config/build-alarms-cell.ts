/** The alarms that a cell has, by key; what they say in the end is made when they come. Pure. */
import type { AlarmConfig } from '../rule-parts.ts';
import type { CellParts } from './options-cell.ts';
import { severityOf } from './options-parts.ts';

export function cellAlarms({
  handshakes = [],
  wear,
}: CellParts): Readonly<Record<string, AlarmConfig>> {
  const alarms: Record<string, AlarmConfig> = {};
  for (const [index, { name = String(index + 1), severity }] of handshakes.entries())
    alarms[`handshake-${name}`] = alarmOf(
      severity,
      `handshake ${name} was missed`,
      `握手 ${name} 超时`,
    );
  for (const [name, { limit, severity, limit_severity }] of wear) {
    alarms[`wear-${name}`] = alarmOf(severity, `${name} shows wear`, `${name} 出现磨损`);
    if (limit !== undefined)
      alarms[`wear-limit-${name}`] = alarmOf(
        limit_severity,
        `${name} is worn out`,
        `${name} 已达磨损极限`,
      );
  }
  return alarms;
}

const alarmOf = (
  severity: Parameters<typeof severityOf>[0],
  en: string,
  zh: string,
): AlarmConfig => ({
  severity: severityOf(severity),
  message: { en: [en], zh: [zh] },
  latch: false,
  realarm: undefined,
  firstOut: undefined,
  suppressWhen: undefined,
});
