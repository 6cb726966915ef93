/**
 * The connection to one OPC UA server: one secure channel with one session in it, shared by all devices of the bus.
 */
import type { Millis } from '../../gateway/model/units.ts';
import type { Link } from '../driver.ts';
import type { StatusCode } from './stack.ts';

/** What one request may ask for, as the server says or as it was measured; undefined: no limit known. */
export interface ServerLimits {
  readonly nodesPerRead: number | undefined;
  readonly nodesPerWrite: number | undefined;
  readonly nodesPerBrowse: number | undefined;
  readonly nodesPerTranslate: number | undefined;
  readonly itemsPerCall: number | undefined;
  readonly nodesPerMethodCall: number | undefined;
  /** Not of one request, but of all that are together in one subscription. */
  readonly itemsPerSubscription: number | undefined;
}

export interface OpcuaLink extends Link {
  /** The server's namespace table as of this connection; the index is the number in a NodeId. */
  readonly namespaces: readonly string[];
  readonly limits: ServerLimits;
  /**
   * One service call in the session. Rejects with `opcua.timeout`, with `opcua.lost` when the connection is gone, and
   * with a ServiceFault when the server refuses the call as a whole.
   */
  ask<Response extends object>(request: ServiceRequest, ask?: AskOptions): Promise<Response>;
}

export interface AskOptions {
  readonly signal?: AbortSignal;
  /** Instead of the bus's own. */
  readonly timeout?: Millis;
}

/** Any request of the stack. */
export interface ServiceRequest {
  readonly requestHeader: object;
}

/** The server refused a whole call (OPC 10000-4 §7.35). */
export class ServiceFault extends Error {
  override readonly name = 'ServiceFault';
  readonly status: StatusCode;

  constructor(status: StatusCode) {
    super(status.name);
    this.status = status;
  }
}
