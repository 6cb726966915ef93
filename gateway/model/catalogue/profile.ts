import type { ErrorText } from '../errors.ts';

export const profileErrors = {} as const satisfies Record<string, ErrorText>;
