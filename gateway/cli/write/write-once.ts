/**
 * One write to one device: sent once, read back, ended with one outcome. What the device holds in the end counts for
 * more than what it said about it.
 */
import type {
  Driver,
  Group,
  Session,
  TagRequest,
  WriteOutcome,
  WriteRequest,
  Written,
} from '../../../drivers/driver.ts';
import { type ErrorCode, type ErrorDetails, GatewayError } from '../../model/errors.ts';
import type { Value } from '../../model/sample.ts';
import { later, type Millis, seconds } from '../../model/units.ts';
import type { Call } from '../verb.ts';
import type { BusUrl } from '../wire/bus-url.ts';
import type { FlaggedDevice } from '../wire/device-flags.ts';
import { FieldCall, type OnlyReads } from '../wire/field-call.ts';
import type { Overheard } from '../wire/tapped-line.ts';
import { isSameValue } from './write-value.ts';

const BETWEEN_READ_BACKS: Millis = seconds(1);

/** What is to be written, and where. */
export interface OneWrite {
  readonly bus: BusUrl;
  readonly device: FlaggedDevice;
  readonly driver: Driver;
  readonly request: TagRequest<unknown> & WriteRequest;
  /** How long a read-back may differ before it counts. */
  readonly settle: Millis;
  readonly onlyReads: OnlyReads;
  /** Why the device did not say what had to be known before. */
  readonly failureOf: (overheard: Overheard) => GatewayError;
}

/** `verified`: read back and equal. */
export type CommandOutcome = 'verified' | WriteOutcome;

export interface Finished {
  readonly outcome: CommandOutcome;
  /** Why it is not better. */
  readonly reason?: GatewayError;
  /** What the address holds now; undefined where it cannot be read. */
  readonly readBack?: Value;
  /** The write on the wire; nothing where it did not leave. */
  readonly overheard?: Overheard;
}

/** It did not leave. */
export const notSent = (code: ErrorCode, details: ErrorDetails = {}): Finished => ({
  outcome: 'failed',
  reason: new GatewayError(code, details),
});

/** The end of a write that the session ended by itself; undefined where it cannot write. */
function endOf(ended: Written | undefined, protocol: string): Finished {
  if (!ended) return notSent('cli.usage', { verb: 'write', problem: `${protocol} only reads` });
  const { outcome, refusal } = ended;
  return { outcome, ...(refusal && { reason: new GatewayError(refusal.code, refusal.details) }) };
}

/**
 * Connects, shows the frame to `agree`, writes, reads back. A line that cannot be opened or is lost is an outcome
 * too, and so is an interruption.
 */
export async function writeOnce(
  call: Pick<Call, 'clock' | 'signal'>,
  write: OneWrite,
  agree: (frame: Uint8Array) => Promise<boolean>,
): Promise<Finished> {
  let hasLeft = false;
  const onLeft = () => {
    hasLeft = true;
  };
  try {
    return await FieldCall.use(write.bus, call, (field) =>
      carryOut({ ...write, ...call, field, onLeft }, agree),
    );
  } catch (error) {
    const outcome = hasLeft ? 'unknown' : 'failed';
    if (error instanceof GatewayError) return { outcome, reason: error };
    if (call.signal.aborted) return { outcome };
    throw error;
  }
}

interface Doing extends OneWrite, Pick<Call, 'clock' | 'signal'> {
  readonly field: FieldCall;
  readonly onLeft: () => void;
}

async function carryOut(
  doing: Doing,
  agree: (frame: Uint8Array) => Promise<boolean>,
): Promise<Finished> {
  const { field, device, request, onlyReads, onLeft } = doing;
  const session = field.session(device.protocol, device.options);
  const rehearsed = await field.rehearse(session, request, onlyReads);
  if (rehearsed === undefined || 'outcome' in rehearsed) {
    const end = endOf(rehearsed, device.protocol);
    const isUnexplained = end.reason === undefined && field.line.overheard().sent.length > 0;
    return isUnexplained ? { ...end, reason: doing.failureOf(field.line.overheard()) } : end;
  }
  if (!(await agree(rehearsed.frame))) return notSent('cli.not-confirmed');
  const written = await field.write(session, request, { onlyReads, onLeft });
  const overheard = field.line.overheard();
  const ended = { ...endOf(written, device.protocol), overheard };
  if (ended.outcome === 'rejected' || ended.outcome === 'failed') return ended;
  return withReadBack(ended, await readUntilEqual(doing, session), doing);
}

function withReadBack(
  ended: Finished,
  readBack: Value | undefined,
  { request, bus: { text: target } }: OneWrite,
): Finished {
  const known = readBack === undefined ? ended : { ...ended, readBack };
  if (readBack !== undefined && isSame(request, readBack)) return { ...known, outcome: 'verified' };
  if (ended.outcome === 'unknown')
    return { ...known, reason: new GatewayError('cli.write-unanswered', { target }) };
  if (readBack === undefined) return ended;
  // Acknowledged, and yet another value: nobody knows why.
  const reason = new GatewayError('cli.read-back-differs', { target });
  return { ...known, outcome: 'unknown', reason };
}

/** The value that the address holds at last; undefined where it cannot be read. */
async function readUntilEqual(
  { clock, field, driver, device, request, settle }: Doing,
  session: Session,
): Promise<Value | undefined> {
  const end = later(clock.mono(), settle);
  try {
    const groups: readonly Group[] = driver.plan(device.options, [request], field.access);
    for (;;) {
      const { samples } = await field.readAll(session, groups);
      const value = samples.get(request.tag.id)?.value ?? undefined;
      if (value === undefined || isSame(request, value)) return value;
      if (later(clock.mono(), BETWEEN_READ_BACKS) > end) return value;
      await field.rest(BETWEEN_READ_BACKS);
    }
  } catch (error) {
    // The write stands whatever becomes of the reading.
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}

function isSame({ value, address }: WriteRequest, read: Value): boolean {
  const isFloat32 = (address as { readonly type?: unknown } | undefined)?.type === 'float32';
  return isSameValue(value, read, isFloat32);
}
