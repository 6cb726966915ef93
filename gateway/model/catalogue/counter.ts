import type { ErrorText } from '../errors.ts';

export const counterErrors = {} as const satisfies Record<string, ErrorText>;
