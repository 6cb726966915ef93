/** The options of a Modbus tag: what they are called in YAML and what they become. */
import {
  anything,
  integer,
  list,
  number,
  type Option,
  object,
  optional,
  parsedText,
  type Schema,
  type SchemaIssue,
  schemaIssue,
} from '../../gateway/host/schema.ts';
import { registersOf } from '../codec/registers.ts';
import { MOST_DECIMALS } from '../codec/scale.ts';
import {
  addressSchemaOf,
  type Factors,
  factorIssues,
  factorsOf,
} from '../codec/written-address.ts';
import { type Address, isBitTable, modbusAddress } from './address.ts';

/**
 * An address and how its raw number becomes the value: `raw × scale + offset`, exact decimals as
 * text.
 */
export interface ModbusAddress extends Address, Factors {
  /** Where the power of ten stands that the raw number is multiplied by; in the same table. */
  readonly scaleFrom?: number;
}

const MOST_NULLS = 8;

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
  null_when: optional(
    list(anything(), {
      doc: 'Raw numbers by which the device says that it has no value, such as 0x8000 or "0xFFFFFFFFFFFFFFFF"; all its registers count as one number.',
      min: 1,
      max: MOST_NULLS,
    }),
  ),
  scale_from: optional(
    parsedText(modbusAddress, {
      doc: 'A register of the same table that holds the power of ten the raw number is multiplied by, as SunSpec has it. It is read in the same request.',
      example: 'holding:40084',
    }),
  ),
});

type TagOptions = typeof tagOptions extends Option<infer T> ? T : never;

/** Takes the text of an address, or an object with `address` and what else belongs to it. */
export const addressSchema: Schema<ModbusAddress> = addressSchemaOf(tagOptions, (written) => {
  const nulls = nullsOf(written);
  const factors = factorIssues(written, { code: 'modbus.factor-unusable', max: MOST_DECIMALS });
  const issues = [...factors, ...nulls.issues, ...scaleFromIssues(written)];
  if (issues.length > 0) return { ok: false, issues };
  const { address, scale_from } = written;
  return {
    ok: true,
    value: {
      ...address,
      ...factorsOf(written),
      ...(nulls.values.length > 0 && { nulls: nulls.values }),
      ...(scale_from && { scaleFrom: scale_from.address }),
    },
  };
});

interface Nulls {
  readonly values: readonly bigint[];
  readonly issues: readonly SchemaIssue[];
}

/** Raw numbers without a sign, in as many bits as the value has. */
function nullsOf({ address, null_when = [] }: TagOptions): Nulls {
  const bits = 16 * registersOf(address);
  const values: bigint[] = [];
  const issues: SchemaIssue[] = [];
  for (const [i, written] of null_when.entries()) {
    const raw = address.type === 'bool' ? undefined : rawNumber(written, bits);
    if (raw !== undefined) values.push(raw);
    else
      issues.push(
        schemaIssue(['null_when', i], 'modbus.null-unusable', { found: String(written), bits }),
      );
  }
  return { values, issues };
}

function rawNumber(written: unknown, bits: number): bigint | undefined {
  const isNumber = typeof written === 'number' && Number.isSafeInteger(written);
  const isDigits = typeof written === 'string' && /^(0x[\da-f]{1,64}|-?\d{1,40})$/i.test(written);
  if (!isNumber && !isDigits) return undefined;
  const raw = BigInt(written);
  const lowest = -(1n << BigInt(bits - 1));
  return raw >= lowest && raw < 1n << BigInt(bits) ? BigInt.asUintN(bits, raw) : undefined;
}

function scaleFromIssues({ address, scale_from }: TagOptions): readonly SchemaIssue[] {
  if (!scale_from) return [];
  const isRegister = !isBitTable(scale_from.table) && registersOf(scale_from) === 1;
  const isNumber = address.type !== 'bool' && address.type !== 'string';
  if (isRegister && isNumber && scale_from.table === address.table) return [];
  return [schemaIssue(['scale_from'], 'modbus.scale-from-unusable', { table: address.table })];
}
