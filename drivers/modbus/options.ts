/**
 * The options of a Modbus device and of its tags: what they are called in YAML and what they
 * become.
 */
import {
  duration,
  integer,
  number,
  object,
  optional,
  parsedText,
  type Schema,
  schemaIssue,
} from '../../gateway/host/schema.ts';
import type { Decimal } from '../../gateway/model/sample.ts';
import type { Millis } from '../../gateway/model/units.ts';
import { MOST_DECIMALS, parseDecimal } from '../codec/scale.ts';
import type { DriverOptions } from '../driver.ts';
import { type Address, modbusAddress } from './address.ts';

/** A unit on the bus and how far it can be asked. */
export interface ModbusDevice {
  readonly unit: number;
  /** From the last byte of a request to the first of the answer. */
  readonly timeout: Millis;
  readonly maxRegisters: number;
  readonly maxBits: number;
  /** Registers nobody wants that may be read to save a request; undefined: as many as pay off. */
  readonly maxGap: number | undefined;
}

/**
 * An address and how its raw number becomes the value: `raw × scale + offset`, exact decimals as
 * text.
 */
export interface ModbusAddress extends Address {
  readonly scale?: string;
  readonly offset?: string;
  readonly decimals?: number;
}

/** Limits of Modbus Application Protocol V1.1b3 §6.1 and §6.3. */
const MOST_REGISTERS = 125;
const MOST_BITS = 2000;

const deviceOptions = object({
  unit: integer({
    doc: 'The address of the unit: 1 to 247 on a serial wire; devices with their own network port often want 255, 1 or 0.',
    min: 0,
    max: 255,
    default: 1,
  }),
  timeout: duration({
    doc: 'How long the device may take to begin its answer. Behind a radio or a slow bridge it needs seconds.',
    min: '10ms',
    max: '60s',
    default: '500ms',
  }),
  max_registers: integer({
    doc: 'The most registers the device gives in one answer; many give fewer than the standard.',
    min: 1,
    max: MOST_REGISTERS,
    default: MOST_REGISTERS,
  }),
  max_bits: integer({
    doc: 'The most coils or discrete inputs the device gives in one answer.',
    min: 1,
    max: MOST_BITS,
    default: MOST_BITS,
  }),
  max_gap: optional(
    integer({
      doc: 'How many registers nobody asked for may be read along to save a request. 0 for a device that refuses a block with a hole in it.',
      min: 0,
      max: MOST_REGISTERS,
    }),
  ),
});

export const deviceSchema: Schema<ModbusDevice> = {
  json: deviceOptions.json,
  parse(value) {
    const parsed = deviceOptions.parse(value);
    if (!parsed.ok) return parsed;
    const { unit, timeout, max_registers, max_bits, max_gap } = parsed.value;
    return {
      ok: true,
      value: {
        unit,
        timeout,
        maxRegisters: max_registers,
        maxBits: max_bits,
        maxGap: max_gap,
      },
    };
  },
};

const tagOptions = object({
  address: parsedText(modbusAddress, {
    doc: 'Table and address as on the wire, counted from 0, then type and order; or a register number of the manual, counted from 1.',
    example: 'holding:100 float32 cdab',
  }),
  scale: optional(number({ doc: 'The raw number is multiplied by this, exactly.', example: 0.01 })),
  offset: optional(number({ doc: 'Added after scaling, exactly.', example: -40 })),
  decimals: optional(
    integer({
      doc: 'Digits behind the decimal point, as the device shows them; the value is rounded to them.',
      min: 0,
      max: 15,
    }),
  ),
});

/** Takes the text of an address, or an object with `address`, `scale`, `offset` and `decimals`. */
export const addressSchema: Schema<ModbusAddress> = {
  json: tagOptions.json,
  parse(value) {
    const isText = typeof value === 'string';
    const parsed = tagOptions.parse(isText ? { address: value } : value);
    if (!parsed.ok) {
      const issues = parsed.issues.map((issue) => (isText ? { ...issue, path: [] } : issue));
      return { ok: false, issues };
    }
    const { address, scale, offset, decimals } = parsed.value;
    const issues = Object.entries({ scale, offset })
      .filter(([key, written]) => written !== undefined && !isUsable(key, written))
      .map(([key, written]) =>
        schemaIssue([key], 'modbus.factor-unusable', {
          key,
          found: written ?? '',
          max: MOST_DECIMALS,
        }),
      );
    if (issues.length > 0) return { ok: false, issues };
    return {
      ok: true,
      value: {
        ...address,
        ...(scale !== undefined && { scale: String(scale) }),
        ...(offset !== undefined && { offset: String(offset) }),
        ...(decimals !== undefined && { decimals }),
      },
    };
  },
};

function isUsable(key: string, written: number): boolean {
  const decimal: Decimal | undefined = parseDecimal(String(written));
  return decimal !== undefined && !(key === 'scale' && decimal.unscaled === 0n);
}

export const modbusOptions: DriverOptions<ModbusDevice, ModbusAddress> = {
  type: 'modbus',
  deviceSchema,
  addressSchema,
};
