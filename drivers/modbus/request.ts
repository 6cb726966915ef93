/** What a unit can be asked and told (Modbus Application Protocol V1.1b3 §6). */
import type { Table } from './address.ts';

/** `quantity` registers or bits of a table from `start`; functions 1 to 4. */
export interface ReadRequest {
  readonly kind: 'read';
  readonly table: Table;
  readonly start: number;
  readonly quantity: number;
}

export type ChangeRequest =
  /** 05 */
  | { readonly kind: 'write-coil'; readonly start: number; readonly on: boolean }
  /** 15 */
  | { readonly kind: 'write-coils'; readonly start: number; readonly coils: readonly boolean[] }
  /** 06 */
  | { readonly kind: 'write-register'; readonly start: number; readonly word: number }
  /** 16 */
  | { readonly kind: 'write-registers'; readonly start: number; readonly bytes: Uint8Array }
  /** 22: the register becomes (itself AND and) OR (or AND NOT and). */
  | {
      readonly kind: 'mask-register';
      readonly start: number;
      readonly and: number;
      readonly or: number;
    }
  /** 23: writes, then reads the same registers. */
  | { readonly kind: 'write-and-read'; readonly start: number; readonly bytes: Uint8Array };

/** 43/14 */
export interface IdentifyRequest {
  readonly kind: 'identify';
  /** 1 basic, 2 regular, 3 extended: all objects from `object` on; 4: this object alone. */
  readonly access: 1 | 2 | 3 | 4;
  readonly object: number;
}

export type ModbusRequest = ReadRequest | ChangeRequest | IdentifyRequest;

const READ_FUNCTIONS = { coil: 1, discrete: 2, holding: 3, input: 4 } as const;
const FUNCTIONS = {
  'write-coil': 5,
  'write-register': 6,
  'write-coils': 15,
  'write-registers': 16,
  'mask-register': 22,
  'write-and-read': 23,
  identify: 43,
} as const;

/** The function code of the request. */
export const functionOf = (request: ModbusRequest): number =>
  request.kind === 'read' ? READ_FUNCTIONS[request.table] : FUNCTIONS[request.kind];
