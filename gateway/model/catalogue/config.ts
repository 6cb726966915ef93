import type { ErrorText } from '../errors.ts';

export const configErrors = {} as const satisfies Record<string, ErrorText>;
