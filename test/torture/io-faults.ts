/** Which calls fail, drawn from a seed. Pure. */
import type { Random } from '../../gateway/model/backoff.ts';
import { type CallKind, FAULT_ERRORS, type Fault } from './disk-recorder.ts';

export type ErrorName = keyof typeof FAULT_ERRORS;

export interface DrawnFault {
  /** `sync EIO once`, for counts. */
  readonly name: string;
  readonly faults: readonly Fault[];
  /** It goes on until it is lifted. */
  readonly isLasting: boolean;
}

const KINDS: readonly (readonly [kind: CallKind, share: number])[] = [
  ['write', 8],
  ['sync', 7],
  ['open', 2],
  ['truncate', 2],
  ['unlink', 1],
];
const LOT = KINDS.flatMap(([kind, share]) => Array.from({ length: share }, () => kind));
const ERRORS: Readonly<Record<CallKind, readonly ErrorName[]>> = {
  write: ['EIO', 'ENOSPC', 'EROFS', 'short'],
  sync: ['EIO', 'ENOSPC', 'EROFS'],
  open: ['EIO', 'ENOSPC', 'EROFS'],
  truncate: ['EIO', 'ENOSPC', 'EROFS'],
  unlink: ['EIO', 'ENOSPC', 'EROFS'],
  rename: ['EIO'],
};
/** More calls than a fault sees before it is lifted. */
const LASTING = 1_000_000;

export function drawFault(random: Random): DrawnFault {
  const below = (limit: number) => Math.floor(random() * limit);
  const kind = LOT[below(LOT.length)] as CallKind;
  const names = ERRORS[kind];
  const error = names[below(names.length)] as ErrorName;
  const how = below(10);
  const isLasting = how >= 8;
  const times = isLasting ? LASTING : how >= 5 ? 2 + below(6) : 1;
  const fault = (call: CallKind, name: ErrorName, after: number, count: number): Fault => ({
    kind: call,
    after,
    times: count,
    error: FAULT_ERRORS[name],
  });
  const faults = [fault(kind, error, kind === 'open' ? 1 : 1 + below(12), times)];
  // Files are opened, and removed, where the worker is started again: something has to end it before.
  const isRare = kind === 'open' || kind === 'unlink';
  const other = isRare ? 'sync' : 'write';
  if (isRare || below(6) === 0) faults.push(fault(other, 'EIO', 1 + below(6), 1));
  const length = isLasting ? 'until lifted' : times > 1 ? 'some times' : 'once';
  return { name: `${kind} ${error} ${length}`, faults, isLasting };
}
