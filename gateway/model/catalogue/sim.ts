import type { ErrorText } from '../errors.ts';

export const simErrors = {} as const satisfies Record<string, ErrorText>;
