import type { ErrorText } from '../errors.ts';

export const forwardErrors = {} as const satisfies Record<string, ErrorText>;
