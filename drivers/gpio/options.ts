/** The options of the pins of this machine: what they are called in YAML and what they become. */
import {
  decimal,
  duration,
  type Option,
  object,
  oneOf,
  optional,
  type Parsed,
  parsedText,
  type Refusal,
  rate,
  type Schema,
  schemaIssue,
} from '../../gateway/host/schema.ts';
import type { Decimal } from '../../gateway/model/sample.ts';
import { type Millis, millis } from '../../gateway/model/units.ts';
import { parseDecimal } from '../codec/scale.ts';
import { addressSchemaOf } from '../codec/written-address.ts';
import type { DriverOptions } from '../driver.ts';
import { type PinAddress, type PinKind, pinAddress } from './address.ts';

/** Pins have nothing in common but their chip. */
export type GpioDevice = Readonly<Record<string, never>>;

const SAFE = ['on', 'off', 'keep'] as const;
const MS_PER_HOUR = 3_600_000;
/** Reeds of water meters bounce for a millisecond or two; S0 pulses are 30 ms and longer. */
const USUAL_DEBOUNCE = millis(5);
const ONE: Decimal = { unscaled: 1n, decimals: 0 };
const ZERO: Decimal = { unscaled: 0n, decimals: 0 };
/** As a double keeps, and more than a meter has. */
const MOST_START_DECIMALS = 9;

const tagOptions = object({
  address: parsedText(pinAddress, {
    doc: 'in, count or out, then the line: its number on the chip or its name, as gpioinfo prints them.',
    example: 'in 17',
  }),
  active: optional(
    oneOf(['high', 'low'], {
      doc: 'in and out: the level of the pin that means on; high when left out.',
    }),
  ),
  bias: optional(
    oneOf(['up', 'down', 'none'], {
      doc: 'in and count: the pull resistor inside the chip; a contact to ground wants up. none leaves it as the system set it up.',
    }),
  ),
  debounce: optional(
    duration({
      doc: 'in and count: how long a level has to stay to count; 5ms when left out. Shorter than half of the shortest pulse.',
      min: '0ms',
      max: '10s',
      example: '20ms',
    }),
  ),
  pulse: optional(
    decimal({
      doc: 'count: what one pulse is worth, in the unit of the tag; 1 when left out.',
      example: 0.01,
    }),
  ),
  start: optional(
    parsedText(startReading, {
      doc: 'count: what the meter showed when it was put into service, in quotes; 0 when left out. Another start is another commissioning: counting begins there again.',
      example: '1234.56',
      max: 30,
      wrongType: 'gpio.start-form',
    }),
  ),
  edge: optional(
    oneOf(['rising', 'falling', 'both'], {
      doc: 'count: which edge of the pin is the pulse; rising when left out.',
    }),
  ),
  max_rate: optional(
    rate({
      doc: 'count: the fastest that pulses can follow each other, with some room. Faster ones are chatter of the contact: not counted, but counted apart, and the value is marked.',
      min: '1/d',
      max: '1000/s',
      example: '5/s',
    }),
  ),
  at_start: optional(
    oneOf(SAFE, {
      doc: 'out: the state when the gateway starts; off when left out. keep: as it is, or as it last was.',
    }),
  ),
  at_stop: optional(
    oneOf(SAFE, { doc: 'out: the state when the gateway stops or dies; off when left out.' }),
  ),
  at_loss: optional(
    oneOf(SAFE, {
      doc: 'out: the state when nobody has written it for the time of hold; off when left out.',
    }),
  ),
  hold: optional(
    duration({
      doc: 'out: how long a written state holds. Who drives the output writes it again sooner; when nobody does, it falls to at_loss.',
      min: '1s',
      max: '30d',
      example: '60s',
    }),
  ),
  min_on: optional(
    duration({
      doc: 'out: how long it stays on at least; switching it off sooner is refused.',
      max: '1d',
      example: '5s',
    }),
  ),
  min_off: optional(
    duration({
      doc: 'out: how long it stays off at least; switching it on sooner is refused.',
      max: '1d',
      example: '3m',
    }),
  ),
});
type TagOptions = typeof tagOptions extends Option<infer T> ? T : never;

function startReading(text: string): { readonly value: Decimal } | Refusal {
  const isDigits = /^\d+(\.\d+)?$/.test(text);
  const value = isDigits ? parseDecimal(text) : undefined;
  return value && value.decimals <= MOST_START_DECIMALS ? { value } : { code: 'gpio.start-form' };
}

const CONTACT = ['bias', 'debounce'] as const;
const FITTING: Readonly<Record<PinKind, readonly (keyof TagOptions)[]>> = {
  in: ['address', 'active', ...CONTACT],
  count: ['address', 'pulse', 'start', 'edge', 'max_rate', ...CONTACT],
  out: ['address', 'active', 'at_start', 'at_stop', 'at_loss', 'hold', 'min_on', 'min_off'],
};

/** Takes the text of an address, or an object with `address` and what else belongs to it. */
export const addressSchema: Schema<PinAddress> = addressSchemaOf(tagOptions, addressOf);

function addressOf(written: TagOptions): Parsed<PinAddress> {
  const { kind } = written.address;
  const unfit = (Object.keys(written) as (keyof TagOptions)[])
    .filter((key) => written[key] !== undefined && !FITTING[kind].includes(key))
    .map((key) => schemaIssue([key], 'gpio.option-unfit', { key, kind }));
  if (written.at_loss && !written.hold)
    unfit.push(schemaIssue(['at_loss'], 'gpio.loss-without-hold', {}));
  return unfit.length > 0 ? { ok: false, issues: unfit } : { ok: true, value: pinOf(written) };
}

function pinOf(written: TagOptions): PinAddress {
  const { kind, line } = written.address;
  const isActiveLow = written.active === 'low';
  const contact = { bias: written.bias ?? 'none', debounce: written.debounce ?? USUAL_DEBOUNCE };
  switch (kind) {
    case 'in':
      return { kind, line, isActiveLow, ...contact };
    case 'count': {
      const { pulse = ONE, start = ZERO, edge = 'rising', max_rate } = written;
      return { kind, line, ...contact, meter: { pulse, start, edge, leastGap: gapOf(max_rate) } };
    }
    case 'out': {
      const { at_start = 'off', at_stop = 'off', at_loss = 'off', hold } = written;
      const { min_on = millis(0), min_off = millis(0) } = written;
      const states = { atStart: at_start, atStop: at_stop, atLoss: at_loss };
      return {
        kind,
        line,
        isActiveLow,
        rules: { ...states, hold, minOn: min_on, minOff: min_off },
      };
    }
  }
}

const gapOf = (perHour: number | undefined): Millis | undefined =>
  perHour === undefined ? undefined : millis(MS_PER_HOUR / perHour);

export const gpioOptions: DriverOptions<GpioDevice, PinAddress> = {
  type: 'gpio',
  deviceSchema: object({}),
  addressSchema,
  framings: () => ['gpio'],
  refusesWrite: (_, { tag, address }) =>
    address.kind === 'out' ? undefined : { code: 'gpio.not-output', details: { tag: tag.id } },
  claimOf: ({ line }) => `line ${line}`,
  isFading: (address) => address.kind === 'out' && address.rules.hold !== undefined,
  kindOf: ({ kind }) => (kind === 'count' ? 'number' : 'flag'),
};
