import type { ErrorText } from '../errors.ts';

export const pollErrors = {} as const satisfies Record<string, ErrorText>;
