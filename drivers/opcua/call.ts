/** One service call on a secure channel, with a deadline of its own. */
import type { Clock } from '../../gateway/host/clock.ts';
import { GatewayError, reasonOf } from '../../gateway/model/errors.ts';
import type { Millis } from '../../gateway/model/units.ts';
import { ServiceFault, type ServiceRequest } from './link.ts';
import { inTime } from './patience.ts';
import { type NodeId, StatusCode, StatusCodes } from './stack.ts';

export interface CallOptions {
  /** Of the session. */
  readonly token: NodeId;
  readonly timeout: Millis;
  readonly clock: Clock;
  readonly url: string;
  /** Aborted when the connection is lost, or nobody wants the answer any more. */
  readonly signal: AbortSignal;
}

/**
 * Sends a request in the session and waits for its answer. Rejects with a ServiceFault when the server refuses the
 * call, with `opcua.timeout`, and with the signal's reason.
 */
export function transact<Response extends object>(
  client: object,
  request: ServiceRequest,
  { token, timeout, clock, url, signal }: CallOptions,
): Promise<Response> {
  if (!isTransactor(client)) throw new TypeError('this version of node-opcua cannot be used');
  if (signal.aborted) return Promise.reject(signal.reason);
  Object.assign(request.requestHeader, { authenticationToken: token, timeoutHint: timeout });
  const answer = new Promise<Response>((resolve, reject) =>
    client.performMessageTransaction(request, (error, response) => {
      const status = faultOf(error, response);
      if (status) reject(new ServiceFault(status));
      else if (error) reject(new GatewayError('opcua.lost', { url, reason: reasonOf(error) }));
      else resolve(response as Response);
    }),
  );
  const details = { url, request: request.constructor.name, timeout };
  const late = () => new GatewayError('opcua.timeout', details);
  return inTime(answer, { clock, name: 'opcua.answer', timeout, late, signal });
}

/** The client's own call, which its public type leaves out and its sessions are built on. */
interface Transactor {
  performMessageTransaction(
    request: ServiceRequest,
    callback: (error: Error | null, response?: object) => void,
  ): void;
}

const isTransactor = (client: object): client is Transactor =>
  'performMessageTransaction' in client && typeof client.performMessageTransaction === 'function';

/** Whether the server said it, and not the library or nobody. */
export const wasAnswered = (error: unknown): boolean =>
  error instanceof ServiceFault ||
  (error instanceof Error && Reflect.get(error, 'response') !== undefined);

/** The status of a whole call that is not good; it comes with the answer, or inside the library's error. */
function faultOf(error: Error | null, response: object | undefined): StatusCode | undefined {
  const answer = response ?? Reflect.get(error ?? {}, 'response');
  const header: unknown = answer && Reflect.get(answer, 'responseHeader');
  const status: unknown = header && Reflect.get(header, 'serviceResult');
  return status instanceof StatusCode && status.value !== StatusCodes.Good.value
    ? status
    : undefined;
}
