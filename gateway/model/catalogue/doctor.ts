import type { ErrorText } from '../errors.ts';

export const doctorErrors = {} as const satisfies Record<string, ErrorText>;
