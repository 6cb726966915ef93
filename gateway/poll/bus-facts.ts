/** What the gateway may ask of a bus of any kind, and what a bus says about itself. */
import type { WriteRequest, Written } from '../../drivers/driver.ts';
import type { Service } from '../host/service.ts';
import type { ErrorCode, ErrorDetails } from '../model/errors.ts';
import type { TagId } from '../model/sample.ts';

/** Why a write was held back at the last moment; nothing of it was sent. */
export interface Withheld {
  readonly outcome: 'rejected' | 'expired';
  readonly refusal: { readonly code: ErrorCode; readonly details: ErrorDetails };
  readonly turnaround: undefined;
}

/**
 * The last look at a write, taken synchronously when the line is the write's own and before the session gets it. What
 * it returns is the write's outcome; with undefined the write goes out. Called at most once, and never throws.
 */
export type WriteGate = () => Withheld | undefined;

/** first: somebody waits for it · in-turn: what was due before goes first, so that many of them starve nobody. */
export type RereadRank = 'first' | 'in-turn';

/** A bus in service, whether its devices are polled or report by themselves. */
export interface FieldBus extends Service {
  /**
   * Settles with the write's outcome and never rejects. While the way to the device is down nothing is sent
   * and the outcome is `failed`; nothing is kept for later. With a gate, it has the last word.
   */
  write(device: string, request: WriteRequest): Promise<Written>;
  write(device: string, request: WriteRequest, gate: WriteGate): Promise<Written | Withheld>;
  /** A write of the device is about to come: a slow line begins nothing new for a moment. */
  expect?(device: string): void;
  /** Passes on that somebody has seen an alarm of the device; under the terms of `write`. */
  acknowledge?(device: string, alarm: string, comment: string): Promise<Written>;
  /** Reads the tag at once, whatever its scan class says; before what is only due when left out. */
  reread(tag: TagId, rank?: RereadRank): void;
  facts(): BusFacts;
}

export interface BusFacts {
  readonly name: string;
  readonly resource: string;
  readonly line: 'open' | 'connecting' | 'waiting' | 'closed';
  readonly lastError: string | undefined;
  /** The share of time since the start in which a request was under way. */
  readonly busyShare: number;
  readonly devices: readonly DeviceFacts[];
  /** What a link of its own says about itself. */
  readonly link?: Readonly<Record<string, string | number>>;
}

/** Of all devices together. */
export function pollSums(buses: readonly BusFacts[]) {
  const devices = buses.flatMap((bus) => bus.devices);
  const sum = (of: 'polls' | 'late' | 'overruns') =>
    devices.reduce((total, device) => total + device[of], 0);
  return { polls: sum('polls'), late: sum('late'), overruns: sum('overruns') };
}

export interface DeviceFacts {
  readonly name: string;
  readonly state: 'up' | 'down' | 'unknown';
  readonly sinceMs: number;
  /** Requests, or reports of a device that reports by itself. */
  readonly polls: number;
  readonly answered: number;
  readonly silent: number;
  readonly garbled: number;
  readonly late: number;
  readonly overruns: number;
  /** Line time that the device's requests took. */
  readonly lineMs: number;
  readonly turnaroundMs: number;
}
