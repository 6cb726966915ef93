import type { ErrorText } from '../errors.ts';

export const journalErrors = {} as const satisfies Record<string, ErrorText>;
