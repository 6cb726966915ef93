import type { ErrorText } from '../errors.ts';

export const cjt188Errors = {} as const satisfies Record<string, ErrorText>;
