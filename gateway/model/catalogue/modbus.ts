import type { ErrorText } from '../errors.ts';

export const modbusErrors = {} as const satisfies Record<string, ErrorText>;
