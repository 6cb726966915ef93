import type { ErrorText } from '../errors.ts';

/** Certificates: own and trusted ones. */
export const trustErrors = {} as const satisfies Record<string, ErrorText>;
