/** What can be made to go wrong with a simulated OPC UA server while it runs. */
import type { Clock } from '../../gateway/host/clock.ts';
import { later, type Millis } from '../../gateway/model/units.ts';
import type { AcceptedSockets } from './accepted-sockets.ts';
import {
  DataChangeNotification,
  DataValue,
  PublishResponse,
  ReadResponse,
  type StatusCode,
  StatusCodes,
} from './stack.ts';
import type { Request, Response, WatchedServer } from './watched-server.ts';

export type OpcuaFault =
  /**
   * A variable is unknown to reads, fails, or is taken out of the address space until the fault is cleared. Items that
   * watch a node that goes get BadNodeIdInvalid, and nothing more when it comes back.
   */
  | {
      readonly kind: 'bad-node';
      readonly node: string;
      readonly how: 'unknown' | 'device-failure' | 'gone';
    }
  /** More sessions than this are refused with BadTooManySessions. */
  | { readonly kind: 'session-limit'; readonly sessions: number }
  /**
   * Publishing stops without a word while everything else goes on. With `keepAlive` the subscriptions still tell that
   * they are alive, only the data stay away; without it PublishRequests are kept and not answered.
   */
  | { readonly kind: 'frozen-subscription'; readonly keepAlive?: boolean }
  /** Connections are accepted and kept, and nothing is said on them. */
  | { readonly kind: 'silent' }
  /** Requests about a session are heard and nothing comes of them. */
  | { readonly kind: 'deaf' }
  /** Values are written and methods called, and nobody is told. */
  | { readonly kind: 'mute' }
  /** CreateSubscription is answered BadServiceUnsupported. */
  | { readonly kind: 'no-subscriptions' }
  /** Every answer takes this long. */
  | { readonly kind: 'slow'; readonly delay: Millis }
  /** No value carries a timestamp. */
  | { readonly kind: 'no-timestamps' }
  /** More operations in one call are refused with BadTooManyOperations; `hidden` limits stand in no OperationLimits. */
  | { readonly kind: 'small-limits'; readonly limit: number; readonly hidden?: boolean };

export type OpcuaFaultKind = OpcuaFault['kind'];
type FaultOf<Kind extends OpcuaFaultKind> = Extract<OpcuaFault, { kind: Kind }>;

/** What is asked before there is a session. */
const DISCOVERY = /^(GetEndpoints|FindServers)Request$/;
const MUTED = /^(Write|Call)Response$/;
/** The limits of a server that nothing is wrong with. */
const MAX_SESSIONS = 100;
const MAX_OPERATIONS = 10_000;
/** The arrays of operations in the requests of OPC 10000-4 §5. */
const OPERATIONS = [
  'nodesToRead',
  'nodesToWrite',
  'nodesToBrowse',
  'browsePaths',
  'itemsToCreate',
  'itemsToModify',
  'monitoredItemIds',
  'methodsToCall',
] as const;

/** The faults of one server that concern its services; a restart of the server does not clear them. */
export class Interventions {
  readonly #clock: Clock;
  readonly #faults = new Map<OpcuaFaultKind, OpcuaFault>();
  #server: WatchedServer | undefined;
  #held: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  set(fault: OpcuaFault): void {
    this.#faults.set(fault.kind, fault);
  }

  clear(kind: OpcuaFaultKind): void {
    this.#faults.delete(kind);
  }

  /** Brings a running server in line with the faults; called after each change and at each start. */
  apply(server: WatchedServer, sockets: AcceptedSockets): void {
    this.#server = server;
    const capabilities = server.engine.serverCapabilities;
    capabilities.maxSessions = this.#get('session-limit')?.sessions ?? MAX_SESSIONS;
    const small = this.#get('small-limits');
    const limit = small && !small.hidden ? small.limit : MAX_OPERATIONS;
    Object.assign(capabilities.operationLimits, {
      maxNodesPerRead: limit,
      maxNodesPerWrite: limit,
      maxNodesPerBrowse: limit,
      maxNodesPerTranslateBrowsePathsToNodeIds: limit,
      maxMonitoredItemsPerCall: limit,
      maxNodesPerMethodCall: limit,
    });
    this.#enablePublishing();
    if (!this.#holdsPublishing) this.#release();
    sockets.silent = this.#faults.has('silent');
  }

  /** The server is gone and with it everybody who waits for an answer. */
  forget(): void {
    this.#server = undefined;
    this.#held = [];
  }

  request(request: Request, serve: () => void, refuse: (status: StatusCode) => void): void {
    if (this.#faults.has('deaf') && !DISCOVERY.test(request.schema.name)) return;
    const refusal = this.#refusalOf(request);
    const answer = refusal === undefined ? serve : () => refuse(refusal);
    const slow = this.#get('slow');
    if (!slow) answer();
    else this.#clock.at('sim.opcua-slow', later(this.#clock.mono(), slow.delay), answer);
  }

  response(response: Response, send: () => void): void {
    if (response.schema.name === 'CreateSubscriptionResponse') this.#enablePublishing();
    if (this.#faults.has('no-timestamps')) stripTimestamps(response);
    if (this.#faults.has('mute') && MUTED.test(response.schema.name)) return;
    if (this.#holdsPublishing && response instanceof PublishResponse) this.#held.push(send);
    else send();
  }

  get #holdsPublishing(): boolean {
    const frozen = this.#get('frozen-subscription');
    return frozen !== undefined && !frozen.keepAlive;
  }

  /** A subscription that may not publish still sends its keep-alives. */
  #enablePublishing(): void {
    const enabled = !this.#get('frozen-subscription')?.keepAlive;
    for (const session of this.#server?.engine.getSessions() ?? [])
      for (const subscription of session.publishEngine.subscriptions)
        subscription.publishingEnabled = enabled;
  }

  #refusalOf(request: Request): StatusCode | undefined {
    if (request.schema.name === 'CreateSubscriptionRequest' && this.#faults.has('no-subscriptions'))
      return StatusCodes.BadServiceUnsupported;
    const small = this.#get('small-limits');
    if (small && operationsIn(request) > small.limit) return StatusCodes.BadTooManyOperations;
    return undefined;
  }

  #get<Kind extends OpcuaFaultKind>(kind: Kind): FaultOf<Kind> | undefined {
    return this.#faults.get(kind) as FaultOf<Kind> | undefined;
  }

  #release(): void {
    const held = this.#held;
    this.#held = [];
    for (const send of held) send();
  }
}

/** In place, by copies: the stack keeps the values it sends. */
function stripTimestamps(response: Response): void {
  const bare = ({ value, statusCode }: DataValue) => new DataValue({ value, statusCode });
  if (response instanceof ReadResponse) response.results = response.results?.map(bare) ?? [];
  if (response instanceof PublishResponse)
    for (const notification of response.notificationMessage.notificationData ?? [])
      if (notification instanceof DataChangeNotification)
        for (const item of notification.monitoredItems ?? []) item.value = bare(item.value);
}

function operationsIn(request: Request): number {
  const fields = new Map<string, unknown>(Object.entries(request));
  const lengths = OPERATIONS.map((name) => {
    const operations = fields.get(name);
    return Array.isArray(operations) ? operations.length : 0;
  });
  return Math.max(...lengths);
}
