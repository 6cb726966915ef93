/** Control codes and the error word (DL/T 645-2007 §5.2.4 and §7, DL/T 645-1997 §5.2.4). Data only. */
import type { Version } from './identifier.ts';

/** What a request asks for. */
export type Service =
  | 'read'
  | 'read-more'
  | 'read-again'
  | 'read-address'
  | 'write'
  | 'write-address'
  | 'set-clock'
  | 'freeze'
  | 'change-rate'
  | 'change-password'
  | 'reset-demand'
  | 'clear-meter'
  | 'clear-events'
  | 'relay'
  | 'output-terminal'
  | 'authenticate';

/** The control code of a request; the reply has FROM_METER besides. */
export const SERVICES: Readonly<Record<Version, ReadonlyMap<Service, number>>> = {
  2007: new Map<Service, number>([
    ['authenticate', 0x03],
    ['set-clock', 0x08],
    ['read', 0x11],
    ['read-more', 0x12],
    ['read-address', 0x13],
    ['write', 0x14],
    ['write-address', 0x15],
    ['freeze', 0x16],
    ['change-rate', 0x17],
    ['change-password', 0x18],
    ['reset-demand', 0x19],
    ['clear-meter', 0x1a],
    ['clear-events', 0x1b],
    ['relay', 0x1c],
    ['output-terminal', 0x1d],
  ]),
  1997: new Map<Service, number>([
    ['read', 0x01],
    ['read-more', 0x02],
    ['read-again', 0x03],
    ['write', 0x04],
    ['set-clock', 0x08],
    ['write-address', 0x0a],
    ['change-rate', 0x0c],
    ['change-password', 0x0f],
    ['reset-demand', 0x10],
  ]),
};

/** The bits of a control code that say which service it is. */
export const SERVICE_MASK = 0x1f;

/** Bytes of an identifier on the wire. */
export const DI_BYTES: Readonly<Record<Version, number>> = { 2007: 4, 1997: 2 };

/** What each bit of the error word of a refusal means, the lowest first. */
export const ERROR_BITS = [
  'otherError',
  'noRequestedData',
  'passwordErrorOrUnauthorised',
  'rateCannotBeChanged',
  'yearZonesExceeded',
  'dayPeriodsExceeded',
  'tariffsExceeded',
  'reserved',
] as const;
export type ErrorBit = (typeof ERROR_BITS)[number];

/** The bits that are set, by name. */
export const errorBits = (word: number): readonly ErrorBit[] =>
  ERROR_BITS.filter((_, bit) => (word & (1 << bit)) !== 0);

/** Bits per second by the bit of Z in a change of rate (17H); Z has exactly one bit set. */
const RATES: ReadonlyMap<number, number> = new Map([
  [0x02, 600],
  [0x04, 1200],
  [0x08, 2400],
  [0x10, 4800],
  [0x20, 9600],
  [0x40, 19_200],
]);

/** The rate that Z means; undefined when it has no meaning. */
export const rateOf = (z: number): number | undefined => RATES.get(z);

/** What N1 of a relay command (1CH) means, in the words of a tag's value. */
export const RELAY_ACTIONS: ReadonlyMap<string, number> = new Map([
  ['trip', 0x1a],
  ['allow_close', 0x1b],
  ['close', 0x1c],
  ['alarm_on', 0x2a],
  ['alarm_off', 0x2b],
  ['guarantee_on', 0x3a],
  ['guarantee_off', 0x3b],
]);
