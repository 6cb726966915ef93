/**
 * The options of a CJ/T 188 meter and of its tags: what they are called in YAML and what they become.
 */

import { byLikeness } from '../../gateway/host/likeness.ts';
import {
  duration,
  integer,
  list,
  object,
  oneOf,
  optional,
  parsedText,
  type Refusal,
  type Schema,
  text,
} from '../../gateway/host/schema.ts';
import type { Millis } from '../../gateway/model/units.ts';
import { addressSchemaOf } from '../codec/written-address.ts';
import type { DriverOptions } from '../driver.ts';
import { type Cjt188Address, cjt188Address } from './address.ts';
import { LONGEST_PREAMBLE, METER_TYPES } from './frame.ts';
import type { DecimalsOf, LayoutYear } from './layouts.ts';
import { refusedWrite } from './write.ts';

/** What may be written to a meter. */
export type Permission = 'valve' | 'clock' | 'write';
/** Which byte of a data identifier goes first. */
export type DiOrder = 'high_first' | 'low_first';
/** Where the unit stands: behind its BCD bytes as the standard has it, or before them. */
export type UnitPosition = 'last' | 'first';

/** A meter, and where it departs from the standard. */
export interface Cjt188Device {
  /** Seven bytes as printed, A6 first, upper case; `AAAAAAAAAAAAAA` is whoever is alone on the wire. */
  readonly address: string;
  readonly type: number;
  readonly metering: number;
  readonly diOrder: DiOrder | 'auto';
  readonly unitPosition: UnitPosition | 'auto';
  readonly ser: 'strict' | 'loose';
  readonly layout: LayoutYear | 'auto';
  readonly heatOrder: 'settlement_first' | 'current_first';
  /** Where they are not the layout's own. */
  readonly decimals: Readonly<Partial<Record<DecimalsOf, number>>>;
  readonly preamble: number;
  readonly timeout: Millis;
  readonly tries: number;
  readonly gap: Millis;
  readonly allow: readonly Permission[];
}

const ADDRESS_DIGITS = /^[\da-f]{14}$/i;

function meterType(written: string): { readonly value: number } | Refusal {
  const word = written.toLowerCase();
  const value =
    METER_TYPES.get(word) ?? (/^[\da-f]{2}$/.test(word) ? Number.parseInt(word, 16) : -1);
  if (value >= 0) return { value };
  const known = [...METER_TYPES.keys()];
  return {
    code: 'cjt188.type-unknown',
    details: { nearest: byLikeness(word, known)[0] ?? '', known: known.join(' ') },
  };
}

const decimals = (what: string) =>
  optional(
    integer({
      doc: `Digits behind the decimal point of ${what}, as the meter shows them, where they are not the standard's.`,
      min: 0,
      max: 6,
    }),
  );

const deviceOptions = object({
  address: text({
    doc: 'The 14 digits of the meter as printed, manufacturer code first: the bytes A6 to A0. "AAAAAAAAAAAAAA" reads whichever meter is alone on the wire.',
    example: '78331234567890',
    pattern: ADDRESS_DIGITS,
    code: 'cjt188.address-form',
  }),
  type: parsedText(meterType, {
    doc: `What the meter measures: ${[...METER_TYPES.keys()].join(', ')}; or the two hexadecimal digits of its type byte.`,
    example: 'water',
  }),
  metering: text({
    doc: 'The data identifier of the metering data: 901F, or 911F of meters for heat and cooling.',
    pattern: /^9[\da-f]{3}$/i,
    code: 'cjt188.metering-form',
    default: '901F',
  }),
  di_order: oneOf(['auto', 'high_first', 'low_first'], {
    doc: 'Which byte of a data identifier goes first. auto asks in one order, then in the other, and stays with what was answered.',
    default: 'auto',
  }),
  unit_position: oneOf(['auto', 'last', 'first'], {
    doc: 'Whether the unit stands behind its digits, as the standard has it, or before them, as in some heat meters. auto looks at all values of a reply together.',
    default: 'auto',
  }),
  ser: oneOf(['strict', 'loose'], {
    doc: "Whether a reply has to carry its request's serial number. loose for meters that answer with a number of their own; a late reply is then told from the right one by nothing.",
    default: 'strict',
  }),
  layout: oneOf(['auto', 2004, 2018], {
    doc: "The edition of a heat meter's metering data. auto tells by their length.",
    default: 'auto',
  }),
  heat_order: oneOf(['settlement_first', 'current_first'], {
    doc: "Which of the two heat registers goes first: settlement day in the standard, the current one in some firmware. Compare with the meter's display once.",
    default: 'settlement_first',
  }),
  decimals_volume: decimals('volumes'),
  decimals_heat: decimals('heat'),
  decimals_power: decimals('power'),
  decimals_flow: decimals('flow'),
  decimals_temperature: decimals('temperatures'),
  preamble: integer({
    doc: 'FE bytes before each request. Converters and ultrasonic meters that have to wake up want 20 to 40.',
    min: 0,
    max: LONGEST_PREAMBLE,
    default: 4,
  }),
  timeout: duration({
    doc: 'How long the meter may take to begin its answer. Most take less than half a second; those with a battery up to three.',
    min: '10ms',
    max: '60s',
    default: '2s',
  }),
  tries: integer({
    doc: 'How often a request that nobody answers is sent, the first time included: a meter that sleeps may hear only the second. With a battery, do not read more than a few times an hour.',
    min: 1,
    max: 5,
    default: 1,
  }),
  gap: duration({
    doc: 'How long the meter is left in peace after it answered.',
    min: '0ms',
    max: '60s',
    default: '0ms',
  }),
  allow: optional(
    list(oneOf(['valve', 'clock', 'write']), {
      doc: 'What may be written: valve opens and closes (a gas valve only closes), clock sets the clock, write everything else. Nothing when left out.',
    }),
  ),
});

export const deviceSchema: Schema<Cjt188Device> = {
  json: deviceOptions.json,
  parse(value) {
    const parsed = deviceOptions.parse(value);
    if (!parsed.ok) return parsed;
    const own = parsed.value;
    return {
      ok: true,
      value: {
        address: own.address.toUpperCase(),
        type: own.type,
        metering: Number.parseInt(own.metering, 16),
        diOrder: own.di_order,
        unitPosition: own.unit_position,
        ser: own.ser,
        layout: own.layout,
        heatOrder: own.heat_order,
        decimals: {
          ...(own.decimals_volume !== undefined && { volume: own.decimals_volume }),
          ...(own.decimals_heat !== undefined && { heat: own.decimals_heat }),
          ...(own.decimals_power !== undefined && { power: own.decimals_power }),
          ...(own.decimals_flow !== undefined && { flow: own.decimals_flow }),
          ...(own.decimals_temperature !== undefined && { temperature: own.decimals_temperature }),
        },
        preamble: own.preamble,
        timeout: own.timeout,
        tries: own.tries,
        gap: own.gap,
        allow: own.allow ?? [],
      },
    };
  },
};

const tagOptions = object({
  address: parsedText(cjt188Address, {
    doc: 'What is read: volume, settlement_volume, heat, settlement_heat, cooling, settlement_cooling, power, flow, supply_temperature, return_temperature, supply_pressure, return_pressure, working_hours, clock, status, valve, battery_low, history:1 to history:12, history2:1 heat, freeze:1 volume, instant_freeze:1 volume, settlement_day, reading_day, key_version, meter_address, price:1, price_volume:1, purchase_number, purchase_amount, purchase_total, balance; or any identifier, di:D134 value, di:903F@5 bcd4. Volumes are m3, heat kWh, power kW, flow m3/h; a word behind asks for another unit (heat GJ), for the digits as sent (heat raw) or for the name of the unit (heat unit).',
    example: 'volume',
  }),
});

/** Takes the text of an address, or an object with `address`. */
export const addressSchema: Schema<Cjt188Address> = addressSchemaOf(tagOptions, ({ address }) => ({
  ok: true,
  value: address,
}));

export const cjt188Options: DriverOptions<Cjt188Device, Cjt188Address> = {
  type: 'cjt188',
  deviceSchema,
  addressSchema,
  framings: () => ['wire'],
  refusesWrite: refusedWrite,
};
