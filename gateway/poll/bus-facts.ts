/** What a bus says about itself, for the status and the metrics. */

export interface BusFacts {
  readonly name: string;
  readonly resource: string;
  readonly line: 'open' | 'connecting' | 'waiting' | 'closed';
  readonly lastError: string | undefined;
  /** The share of time since the start in which a request was under way. */
  readonly busyShare: number;
  readonly devices: readonly DeviceFacts[];
}

export interface DeviceFacts {
  readonly name: string;
  readonly state: 'up' | 'down' | 'unknown';
  readonly sinceMs: number;
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
