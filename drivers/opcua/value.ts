/** From what a server sends of a variable to a sample: value, quality and time. Pure but for the clock. */
import type { Clock } from '../../gateway/host/clock.ts';
import { timeBasisOf } from '../../gateway/host/stamp.ts';
import { isBad, type Quality } from '../../gateway/model/quality.ts';
import type { Sample, Value } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { utcMs } from '../../gateway/model/units.ts';
import type { OpcuaAddress, OpcuaDevice } from './device.ts';
import { pickerOf } from './picker.ts';
import { type DataValue, type StatusCode, StatusCodes } from './stack.ts';
import { fieldInfo } from './structure.ts';
import type { ValueType } from './value-types.ts';

/** What samples are made with. */
export interface SamplerContext {
  readonly clock: Clock;
  readonly device: Pick<OpcuaDevice, 'timestamps' | 'clockTolerance'>;
}

/** Makes a sample of each value of one tag. Never throws. */
export type Sampler = (dataValue: DataValue) => Sample;

/** Decides once per tag what is to be done with each of its values. `type` undefined: nothing is known of it. */
export function samplerOf(
  { id: tag }: Tag,
  address: OpcuaAddress,
  type: ValueType | undefined,
  { clock, device }: SamplerContext,
): Sampler {
  const pick = pickerOf(address, type?.book);
  const names = address.enumeration === 'name' ? namesOf(address, type) : undefined;
  const { timestamps, clockTolerance } = device;
  return (dataValue) => {
    const status = dataValue.statusCode.value;
    let quality: Quality = status === 0 ? 'good' : qualityOf(status);
    let value: Value | null = null;
    if (isUsable(dataValue.statusCode)) {
      const picked = pick(dataValue.value);
      if (picked === undefined) quality = 'bad:config';
      else if (picked === null) quality = 'bad:device';
      else if (names === undefined || typeof picked !== 'number') value = picked;
      else {
        const name = names.get(picked);
        value = name ?? `${picked}`;
        if (name === undefined && quality === 'good') quality = 'uncertain:range';
      }
    }
    const now = clock.utc();
    const given = timestamps === 'gateway' ? undefined : timeIn(dataValue, timestamps);
    const isBelieved =
      given !== undefined &&
      given >= EARLIEST &&
      (!clock.isSynced() || Math.abs(given - now) <= clockTolerance);
    return isBelieved
      ? { tag, value, quality, time: utcMs(given), timeBasis: 'source' }
      : { tag, value, quality, time: now, timeBasis: timeBasisOf(clock) };
  };
}

/** Of the enumeration that the address points to. */
export function namesOf(
  { field }: Pick<OpcuaAddress, 'field'>,
  type: ValueType | undefined,
): ReadonlyMap<number, string> | undefined {
  if (type === undefined || field.length === 0) return type?.names;
  return type.structure && fieldInfo(type.structure, field, type.book)?.names;
}

/** No server has measured anything before; a clock that says so was never set. */
const EARLIEST = Date.UTC(2000, 0, 1);

/** A server that has not the source's time has at least its own. */
const timeIn = (
  { sourceTimestamp, serverTimestamp }: DataValue,
  whose: 'source' | 'server',
): number | undefined =>
  (
    (whose === 'source' ? (sourceTimestamp ?? serverTimestamp) : serverTimestamp) ?? undefined
  )?.getTime();

/** The two highest bits of a status say how good it is: 0 good, 1 uncertain, 2 bad (OPC 10000-4 §7.39.1). */
const SEVERITY_SHIFT = 30;
const BAD = 2;

/** Good or uncertain: there is a value. */
export const isUsable = ({ value }: StatusCode): boolean => value >>> SEVERITY_SHIFT < BAD;

/** The lower half holds bits about the value, and is no part of the code. */
const CODE_SHIFT = 16;
/** Info type "data value", and in it the bit of an overflowed queue. */
const INFO_TYPE = 0x0c00;
const DATA_VALUE = 0x0400;
const OVERFLOW = 0x0080;

/** The server's queue was full, and values next to this one are lost. */
export const hasOverflow = ({ value }: StatusCode): boolean => isOverflow(value);
const isOverflow = (status: number): boolean =>
  (status & INFO_TYPE) === DATA_VALUE && (status & OVERFLOW) !== 0;

const byCode = (entries: readonly (readonly [StatusCode, Quality])[]) =>
  new Map(entries.map(([{ value }, quality]) => [value >>> CODE_SHIFT, quality]));

const QUALITIES: ReadonlyMap<number, Quality> = byCode([
  [StatusCodes.GoodLocalOverride, 'good:local-override'],
  [StatusCodes.UncertainLastUsableValue, 'uncertain:last-usable'],
  [StatusCodes.UncertainNoCommunicationLastUsableValue, 'uncertain:last-usable'],
  [StatusCodes.UncertainEngineeringUnitsExceeded, 'uncertain:range'],
  [StatusCodes.BadNodeIdUnknown, 'bad:config'],
  [StatusCodes.BadNodeIdInvalid, 'bad:config'],
  [StatusCodes.BadAttributeIdInvalid, 'bad:config'],
  [StatusCodes.BadNotReadable, 'bad:config'],
  [StatusCodes.BadUserAccessDenied, 'bad:config'],
  [StatusCodes.BadIndexRangeInvalid, 'bad:config'],
  [StatusCodes.BadIndexRangeNoData, 'bad:config'],
  [StatusCodes.BadTypeMismatch, 'bad:config'],
  [StatusCodes.BadNoMatch, 'bad:config'],
  [StatusCodes.BadTooManyMatches, 'bad:config'],
  [StatusCodes.BadWaitingForInitialData, 'bad:waiting'],
  [StatusCodes.BadOutOfService, 'bad:out-of-service'],
  [StatusCodes.BadNoCommunication, 'bad:comm'],
  [StatusCodes.BadNotConnected, 'bad:comm'],
  [StatusCodes.BadTimeout, 'bad:comm'],
  [StatusCodes.BadCommunicationError, 'bad:comm'],
  [StatusCodes.BadConnectionClosed, 'bad:comm'],
  [StatusCodes.BadServerNotConnected, 'bad:comm'],
  [StatusCodes.BadRequestTimeout, 'bad:comm'],
]);

/**
 * By the two severity bits; the code only says which of a severity. A value beside which others are lost is marked as
 * suspect although it is right itself: the hole lies at its place, and would not be seen otherwise. Bits about limits
 * change nothing.
 */
export function qualityOf(status: number): Quality {
  const known = QUALITIES.get(status >>> CODE_SHIFT);
  const severity = status >>> SEVERITY_SHIFT;
  const quality =
    known ?? (severity === 0 ? 'good' : severity === 1 ? 'uncertain:suspect' : 'bad:device');
  return isOverflow(status) && !isBad(quality) ? 'uncertain:suspect' : quality;
}

/** The node is not there, or not any more; it may come back under the same name. */
export const isNodeGone = ({ value }: StatusCode): boolean => GONE.has(value >>> CODE_SHIFT);
const GONE = new Set(
  [StatusCodes.BadNodeIdUnknown, StatusCodes.BadNodeIdInvalid].map(
    ({ value }) => value >>> CODE_SHIFT,
  ),
);
