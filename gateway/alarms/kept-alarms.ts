/** Alarms in the state that outlives a restart. Pure. */
import type { Kept } from '../host/state-store.ts';
import { deviceName } from '../model/sample.ts';
import { utcMs } from '../model/units.ts';
import type { StandingAlarm } from './standing-alarms.ts';

type Remembered = Omit<StandingAlarm, 'key'>;

/** What is kept of an alarm; its key follows from the rest. */
export const keptOf = ({ key: _, ...alarm }: StandingAlarm): Kept => alarm;

/** What was kept; an entry that is none, say of another version, is left out. */
export const restored = (kept: Kept | undefined): readonly Remembered[] =>
  isList(kept) ? kept.flatMap((entry) => alarmOf(entry) ?? []) : [];

const isList = (kept: Kept | undefined): kept is readonly Kept[] => Array.isArray(kept);

function alarmOf(kept: Kept): Remembered | undefined {
  if (typeof kept !== 'object' || kept === null || isList(kept)) return undefined;
  const { device, id, about, condition, message, comment } = kept;
  const { severity, isActive, isAcknowledged, isShelved, time, timeBasis, since, repeats } = kept;
  if (typeof device !== 'string' || typeof id !== 'string') return undefined;
  if (typeof about !== 'string' || typeof condition !== 'string') return undefined;
  if (typeof message !== 'string' || typeof severity !== 'number') return undefined;
  if (typeof isActive !== 'boolean' || typeof isAcknowledged !== 'boolean') return undefined;
  if (typeof time !== 'number' || typeof since !== 'number') return undefined;
  if (timeBasis !== 'source' && timeBasis !== 'gateway' && timeBasis !== 'unsynced')
    return undefined;
  return {
    device: deviceName(device),
    id,
    about,
    condition,
    severity,
    message,
    isActive,
    isAcknowledged,
    ...(isShelved === true && { isShelved }),
    time: utcMs(time),
    timeBasis,
    ...(typeof comment === 'string' && { comment }),
    since: utcMs(since),
    repeats: Number(repeats) || 0,
  };
}
