/** Alarms in the state that outlives a restart. Pure. */
import type { Kept } from '../host/state-store.ts';
import type { Language } from '../model/errors.ts';
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
  const { isSuppressed, isFirstOut, activation, by } = kept;
  const messages = messagesOf(kept.messages);
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
    ...(messages && { messages }),
    isActive,
    isAcknowledged,
    ...(isShelved === true && { isShelved }),
    ...(isSuppressed === true && { isSuppressed }),
    ...(isFirstOut === true && { isFirstOut }),
    ...(typeof activation === 'string' && { activation }),
    time: utcMs(time),
    timeBasis,
    ...(typeof comment === 'string' && { comment }),
    ...(typeof by === 'string' && { by }),
    since: utcMs(since),
    repeats: Number(repeats) || 0,
  };
}

function messagesOf(kept: Kept | undefined): Readonly<Record<Language, string>> | undefined {
  if (typeof kept !== 'object' || kept === null || isList(kept)) return undefined;
  const { en, zh } = kept;
  return typeof en === 'string' && typeof zh === 'string' ? { en, zh } : undefined;
}
