/** The options of a Modbus device: what they are called in YAML and what they become. */
import {
  duration,
  flag,
  integer,
  object,
  oneOf,
  optional,
  type Schema,
  schemaIssue,
} from '../../gateway/host/schema.ts';
import type { Millis } from '../../gateway/model/units.ts';
import { ORDERS, type Order } from '../codec/registers.ts';
import type { DriverOptions } from '../driver.ts';
import { addressSchema, type ModbusAddress } from './tag-options.ts';
import { refusedWrite } from './write.ts';

/** How frames look on a serial wire (Modbus over Serial Line V1.02 §2.5). */
const MODES = ['rtu', 'ascii'] as const;
/** Which functions write; see the option's words. */
const WRITES = ['auto', 'single', 'multiple', 'read_write'] as const;
/** How one bit of a holding register is written. */
const BIT_WRITES = ['mask', 'read_modify_write'] as const;

/** A unit on the bus and how far it can be asked. */
export interface ModbusDevice {
  readonly unit: number;
  /** From the last byte of a request to the first of the answer. */
  readonly timeout: Millis;
  readonly maxRegisters: number;
  readonly maxBits: number;
  /** Registers nobody wants that may be read to save a request; undefined: as many as pay off. */
  readonly maxGap: number | undefined;
  /** Of values that say none themselves. */
  readonly order: Order;
  /** How long the unit wants to be left alone after an answer. */
  readonly gap: Millis;
  readonly mode: (typeof MODES)[number];
  readonly writes: (typeof WRITES)[number];
  readonly bitWrites: (typeof BIT_WRITES)[number];
  /**
   * Unit 0 means every unit on the wire: writes only, and nobody answers. Undefined: nobody said what it means, and it
   * is only read.
   */
  readonly broadcast: boolean | undefined;
  /** Requests under way at once, on a packet network. */
  readonly maxInFlight: number;
}

/** Limits of Modbus Application Protocol V1.1b3 §6.1 and §6.3. */
const MOST_REGISTERS = 125;
const MOST_BITS = 2000;
/** Behind a server that delays its acknowledgements more of them only get slower. */
const MOST_IN_FLIGHT = 8;

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
  order: oneOf(ORDERS, {
    doc: 'The order of words and bytes of all values that say none themselves.',
    default: 'abcd',
  }),
  gap: duration({
    doc: 'How long the device wants to be left alone after each answer; other devices use the wire meanwhile.',
    max: '10s',
    default: '0ms',
  }),
  mode: oneOf(MODES, {
    doc: 'Frames on a serial wire: bytes with a CRC, or text with an LRC. Text usually goes with 7 data bits.',
    default: 'rtu',
  }),
  writes: oneOf(WRITES, {
    doc: 'Which functions write. auto: 5 and 6 for one bit or register, 16 for longer values. single: 5 and 6 only, longer values are refused. multiple: 15 and 16 only. read_write: registers with 23, which reads them back in the same request.',
    default: 'auto',
  }),
  bit_writes: oneOf(BIT_WRITES, {
    doc: 'How one bit of a holding register is written. mask: with function 22. read_modify_write: the register is read, changed and written back; what the device or another master changes in between is lost.',
    default: 'mask',
  }),
  broadcast: optional(
    flag({
      doc: 'What unit 0 means. true: all devices on the wire; they obey what is written, and none of them answers. false: a device with a network port of its own; on a serial wire that cannot be. While nothing is said, unit 0 is only read.',
    }),
  ),
  max_in_flight: integer({
    doc: 'Modbus TCP only: how many requests may be under way at once. Many servers and most gateways to a serial wire want 1.',
    min: 1,
    max: MOST_IN_FLIGHT,
    default: 1,
  }),
});

export const deviceSchema: Schema<ModbusDevice> = {
  json: deviceOptions.json,
  parse(value) {
    const parsed = deviceOptions.parse(value);
    if (!parsed.ok) return parsed;
    const written = parsed.value;
    if (written.broadcast && written.unit !== 0)
      return refused(['broadcast'], 'modbus.broadcast-unit', { unit: written.unit });
    return {
      ok: true,
      value: {
        unit: written.unit,
        timeout: written.timeout,
        maxRegisters: written.max_registers,
        maxBits: written.max_bits,
        maxGap: written.max_gap,
        order: written.order,
        gap: written.gap,
        mode: written.mode,
        writes: written.writes,
        bitWrites: written.bit_writes,
        broadcast: written.broadcast,
        maxInFlight: written.max_in_flight,
      },
    };
  },
};

const refused = (...issue: Parameters<typeof schemaIssue>) =>
  ({ ok: false, issues: [schemaIssue(...issue)] }) as const;

export const modbusOptions: DriverOptions<ModbusDevice, ModbusAddress> = {
  type: 'modbus',
  deviceSchema,
  addressSchema,
  framings: ({ mode }) => (mode === 'ascii' ? ['wire'] : ['wire', 'packets']),
  refusesWrite: refusedWrite,
  kindOf: ({ type }) => (type === 'bool' ? 'flag' : type === 'string' ? 'text' : 'number'),
};
