/** The options of a DL/T 645 meter and of its tags: what they are called in YAML and what they become. */
import {
  duration,
  integer,
  list,
  number,
  object,
  oneOf,
  optional,
  parsedText,
  type Refusal,
  type Schema,
  text,
} from '../../gateway/host/schema.ts';
import type { Millis } from '../../gateway/model/units.ts';
import {
  addressSchemaOf,
  type Factors,
  factorIssues,
  factorsOf,
} from '../codec/written-address.ts';
import type { DriverOptions } from '../driver.ts';
import { type Address, dlt645Address } from './address.ts';
import type { Version } from './identifier.ts';
import { refusedWrite } from './write.ts';

/** What a device's options allow to be written, besides a freeze. */
const PERMISSIONS = ['write', 'relay', 'clock'] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** A meter on the line and how it is asked. */
export interface Dlt645Device {
  /** Twelve digits, the highest first; `A` stands for any. */
  readonly address: string;
  readonly version: Version;
  /** From the last byte of a request to the first of the answer. */
  readonly timeout: Millis;
  /** How long the meter is left in peace after its answer. */
  readonly gap: Millis;
  /** Bytes FEH before each request. */
  readonly preamble: number;
  readonly blocks: 'auto' | 'never';
  readonly allow: readonly Permission[];
  /** Level and password, then the operator, eight digits each, as a person reads them. */
  readonly password: string | undefined;
  readonly operator: string;
  /** How far the meter's clock is ahead of UTC. */
  readonly utcOffsetMinutes: number;
}

/** An address, and how the meter's number becomes the value: `number × scale + offset`, exact. */
export interface Dlt645Address extends Address, Factors {}

const MOST_FACTOR_DECIMALS = 6;

/** Twelve digits, or fewer: leading zeros are added. An `A` stands for any digit, from the left. */
function meterAddress(written: string): { readonly value: string } | Refusal {
  const digits = written.toUpperCase().padStart(12, '0');
  const isAddress = /^(AA)*(\d\d)*$/.test(digits) && digits.length === 12;
  return isAddress && digits !== '999999999999'
    ? { value: digits }
    : { code: 'dlt645.meter-address' };
}

function utcOffset(written: string): { readonly value: number } | Refusal {
  const [, sign = '', hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(written) ?? [];
  const offset = Number(hours) * 60 + Number(minutes);
  return offset <= 14 * 60 && Number(minutes) < 60
    ? { value: sign === '-' ? -offset : offset }
    : { code: 'dlt645.utc-offset' };
}

const eightDigits = (doc: string) =>
  text({ doc, pattern: /^\d{8}$/, code: 'dlt645.eight-digits', wrongType: 'dlt645.eight-digits' });

const deviceOptions = object({
  address: parsedText(meterAddress, {
    doc: 'The communication address, in quotes: the twelve digits on the meter, or fewer and zeros are added. "AAAAAAAAAAAA" reaches any meter, "AAAAAAAA0002" any whose address ends in 0002: only with no other meter on the line that feels meant, because all of them answer at once.',
    example: '202411110002',
    wrongType: 'dlt645.meter-address-not-text',
  }),
  version: oneOf([2007, 1997], {
    doc: 'The edition of the standard that the meter speaks.',
    default: 2007,
  }),
  timeout: duration({
    doc: 'How long the meter may take to begin its answer. The standard allows 500ms; behind a radio or power-line converter it needs seconds.',
    min: '50ms',
    max: '90s',
    default: '1s',
  }),
  gap: duration({
    doc: 'How long the meter is left in peace after its answer; others may use the line meanwhile.',
    min: '0ms',
    max: '10s',
    default: '30ms',
  }),
  preamble: integer({
    doc: 'How many bytes FEH go before each request, to wake the receiver.',
    min: 0,
    max: 16,
    default: 4,
  }),
  blocks: oneOf(['auto', 'never'], {
    doc: 'Whether several items are read as one block where the standard has one. A meter that refuses a block is asked item by item from then on.',
    default: 'auto',
  }),
  allow: optional(
    list(oneOf(PERMISSIONS), {
      doc: 'What may be written besides a freeze: parameters (write, 14H), the relay (relay, 1CH), and the clock (clock, 08H), of one meter or of all on the line. Nothing when left out.',
    }),
  ),
  password: optional(
    eightDigits(
      'For parameters and relay, in quotes: two digits for the level, six for the password.',
    ),
  ),
  operator: optional(
    eightDigits('The code of the operator that goes with the password; zeros when left out.'),
  ),
  utc_offset: parsedText(utcOffset, {
    doc: "How far the meter's clock is ahead of UTC.",
    default: '+08:00',
  }),
});

export const deviceSchema: Schema<Dlt645Device> = {
  json: deviceOptions.json,
  parse(value) {
    const parsed = deviceOptions.parse(value);
    if (!parsed.ok) return parsed;
    const { version, allow = [], operator = '00000000', utc_offset, ...rest } = parsed.value;
    return {
      ok: true,
      value: {
        ...rest,
        version: version === 2007 ? '2007' : '1997',
        allow,
        password: rest.password,
        operator,
        utcOffsetMinutes: utc_offset,
      },
    };
  },
};

const tagOptions = object({
  address: parsedText(dlt645Address, {
    doc: 'A word of the table of data items and what it leaves open, or an identifier as the standard prints it.',
    example: 'forward_active_energy tariff:1',
  }),
  scale: optional(
    number({
      doc: "The meter's number is multiplied by this, exactly: the ratio of current and voltage transformers.",
      example: 40,
    }),
  ),
  offset: optional(number({ doc: 'Added after scaling, exactly.', example: 0 })),
  decimals: optional(
    integer({
      doc: 'Digits behind the decimal point to round the value to; all that the meter sends when left out.',
      min: 0,
      max: 15,
    }),
  ),
});

/** Takes the text of an address, or an object with `address`, `scale`, `offset` and `decimals`. */
export const addressSchema: Schema<Dlt645Address> = addressSchemaOf(tagOptions, (written) => {
  const issues = factorIssues(written, {
    code: 'dlt645.factor-unusable',
    max: MOST_FACTOR_DECIMALS,
  });
  if (issues.length > 0) return { ok: false, issues };
  return { ok: true, value: { ...written.address, ...factorsOf(written) } };
});

function kindOf({ items, command }: Dlt645Address): 'flag' | 'number' | 'text' | undefined {
  const item = items['2007'] ?? items['1997'];
  if (item === undefined) return command && 'text';
  const { layout, element, bit } = item;
  const kind = layout.tuple[element % layout.tuple.length]?.kind;
  if (bit !== undefined) return 'flag';
  return kind === 'number' || kind === 'bits' ? 'number' : 'text';
}

export const dlt645Options: DriverOptions<Dlt645Device, Dlt645Address> = {
  type: 'dlt645',
  deviceSchema,
  addressSchema,
  framings: () => ['wire'],
  refusesWrite: refusedWrite,
  kindOf,
};
