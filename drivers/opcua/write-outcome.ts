/** How a write or a call ended, by what the server says of it. Pure. */
import type { Clock } from '../../gateway/host/clock.ts';
import type { Log } from '../../gateway/host/log.ts';
import type { ErrorCode, ErrorDetails } from '../../gateway/model/errors.ts';
import type { Written } from '../driver.ts';
import type { OpcuaDevice } from './device.ts';
import type { AskingLink } from './references.ts';
import { type StatusCode, StatusCodes } from './stack.ts';
import { isUsable } from './value.ts';

/** What a write needs of its session. */
export interface WriteContext {
  readonly link: AskingLink;
  readonly device: OpcuaDevice;
  readonly clock: Clock;
  readonly log: Log;
}

/** How a write or call goes out. */
export interface Sending {
  /** From now on nobody can say that the device knows nothing of it. */
  readonly onLeft: () => void;
  readonly signal: AbortSignal;
}

/** A refusal before anything was sent, or by the server. */
export const rejected = (code: ErrorCode, details: ErrorDetails): Written => ({
  outcome: 'rejected',
  refusal: { code, details },
  turnaround: undefined,
});

/** From here on a status is not good (OPC 10000-4 §7.39.1). */
const UNCERTAIN = 0x4000_0000;

/** The server passed it on to a device, and does not know what became of it there. */
const UNANSWERED = new Set([
  StatusCodes.BadTimeout.name,
  StatusCodes.BadRequestTimeout.name,
  StatusCodes.BadCommunicationError.name,
]);

/** It answers before its device has done it. */
export const isStillAtIt = ({ name }: StatusCode): boolean =>
  name === StatusCodes.GoodCompletesAsynchronously.name;

/** What a status says of a write or a call. */
export function outcomeOf(status: StatusCode, tag: string, argument = ''): Written {
  if (status.value < UNCERTAIN) return { outcome: 'written', turnaround: undefined };
  const isUnknown = isUsable(status) || UNANSWERED.has(status.name);
  const words = { tag, status: `${status.name}${argument}` };
  const refused = rejected('opcua.write-refused', words);
  return isUnknown ? { ...refused, outcome: 'unknown' } : refused;
}
