import type { ErrorText } from '../errors.ts';

export const dlt645Errors = {} as const satisfies Record<string, ErrorText>;
