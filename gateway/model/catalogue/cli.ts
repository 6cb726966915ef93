import type { ErrorText } from '../errors.ts';

export const cliErrors = {} as const satisfies Record<string, ErrorText>;
