import type { ErrorText } from '../errors.ts';

/** The pins of this machine. */
export const gpioErrors = {} as const satisfies Record<string, ErrorText>;
