import type { ErrorText } from '../errors.ts';

export const recorderErrors = {} as const satisfies Record<string, ErrorText>;
