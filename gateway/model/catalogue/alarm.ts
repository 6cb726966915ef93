import type { ErrorText } from '../errors.ts';

/** Alarms that stand. */
export const alarmErrors = {} as const satisfies Record<string, ErrorText>;
