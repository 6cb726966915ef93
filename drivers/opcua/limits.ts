/**
 * How much one request may ask for: what the server says of itself, what its product is known for, and what it was
 * seen to refuse. Whatever asks for many things at once goes through `inChunks`.
 */
import { type OpcuaLink, type ServerLimits, ServiceFault } from './link.ts';
import {
  AttributeIds,
  coerceNodeId,
  ReadRequest,
  type ReadResponse,
  StatusCodes,
} from './stack.ts';

/** Limits of one service call. */
export type CallLimit = Exclude<keyof ServerLimits, 'itemsPerSubscription'>;

/**
 * The most in one request, whatever the server allows: an S7-1500 takes no more than 1,000 items in all requests it has
 * not yet answered, and more gain nothing. A guess for methods, each of which may take its time.
 */
const AT_ONCE: Readonly<Record<CallLimit, number>> = {
  nodesPerRead: 1_000,
  nodesPerWrite: 1_000,
  nodesPerBrowse: 1_000,
  nodesPerTranslate: 1_000,
  itemsPerCall: 1_000,
  nodesPerMethodCall: 100,
};

/** Where a server says it (OPC 10000-5 §6.3.2 and §6.3.11; numbers of OPC 10000-6 annex A). */
const NODES: Readonly<Record<keyof ServerLimits, string>> = {
  nodesPerRead: 'i=11705',
  nodesPerWrite: 'i=11707',
  nodesPerBrowse: 'i=11710',
  nodesPerTranslate: 'i=11712',
  itemsPerCall: 'i=11714',
  nodesPerMethodCall: 'i=11709',
  itemsPerSubscription: 'i=24104',
};
const PRODUCT_NAME = 'i=2261';
const PRODUCT_URI = 'i=2262';

interface KnownServer {
  /** Looked for in the product's name and URI. */
  readonly product: RegExp;
  readonly limits: Partial<ServerLimits>;
  readonly source: string;
}

/** Servers that do not say all of it themselves. */
export const KNOWN_SERVERS: readonly KnownServer[] = [
  {
    product: /S7-1[25]00/i,
    limits: {
      nodesPerRead: 1_000,
      nodesPerWrite: 1_000,
      itemsPerCall: 1_000,
      itemsPerSubscription: 1_000,
    },
    source:
      'per call: the S7-1500 page of the epics-modules/opcua wiki; per subscription: the smallest of the CPUs ' +
      'that industrialmonitordirect.com lists for Siemens entry 109737901',
  },
];

/**
 * What the server says; where it says nothing, what its product is known for. A server may say 0 for no limit. Pure.
 */
export function limitsOf(said: Partial<ServerLimits>, product: string): ServerLimits {
  const known = KNOWN_SERVERS.find((server) => server.product.test(product))?.limits ?? {};
  const limit = (name: keyof ServerLimits) => said[name] || known[name];
  return {
    nodesPerRead: limit('nodesPerRead'),
    nodesPerWrite: limit('nodesPerWrite'),
    nodesPerBrowse: limit('nodesPerBrowse'),
    nodesPerTranslate: limit('nodesPerTranslate'),
    itemsPerCall: limit('itemsPerCall'),
    nodesPerMethodCall: limit('nodesPerMethodCall'),
    itemsPerSubscription: limit('itemsPerSubscription'),
  };
}

/** Of a server that nothing is known of. */
export const NO_LIMITS: ServerLimits = limitsOf({}, '');

/** Asks the server for its limits. That it has none of these variables is no failure; rejects as `ask` does. */
export async function readLimits(link: Pick<OpcuaLink, 'ask' | 'limits'>): Promise<ServerLimits> {
  const names = Object.keys(NODES) as (keyof ServerLimits)[];
  const nodes = [...names.map((name) => NODES[name]), PRODUCT_NAME, PRODUCT_URI];
  const values = await inChunks(link, 'nodesPerRead', nodes, async (chunk) => {
    const nodesToRead = chunk.map((id) => ({
      nodeId: coerceNodeId(id),
      attributeId: AttributeIds.Value,
    }));
    const { results } = await link.ask<ReadResponse>(new ReadRequest({ nodesToRead }));
    return results?.map(({ value }): unknown => value?.value);
  });
  const said: Partial<Record<keyof ServerLimits, number>> = {};
  for (const [i, name] of names.entries()) {
    const value = values[i];
    if (typeof value === 'number') said[name] = value;
  }
  return limitsOf(said, values.slice(names.length).join(' '));
}

/** Any list in pieces of at most `size`. Pure. */
export function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}

/** What each connection was seen to refuse; it is remembered as long as the link itself. */
const learnt = new WeakMap<object, Map<CallLimit, number>>();

/** The most that one request may hold now. */
export function limitOf(link: Pick<OpcuaLink, 'limits'>, name: CallLimit): number {
  const seen = learnt.get(link)?.get(name) ?? Number.POSITIVE_INFINITY;
  return Math.max(1, Math.min(link.limits[name] ?? AT_ONCE[name], AT_ONCE[name], seen));
}

/** Statuses of a server to which a request, or its answer, is too large (OPC 10000-4 §7.39). */
const TOO_MUCH: ReadonlySet<number> = new Set([
  StatusCodes.BadTooManyOperations.value,
  StatusCodes.BadRequestTooLarge.value,
  StatusCodes.BadResponseTooLarge.value,
  StatusCodes.BadEncodingLimitsExceeded.value,
  StatusCodes.BadTcpMessageTooLarge.value,
]);

/**
 * Carries out one service over many items, one request after the other, and returns one result for each item in their
 * order. A server that finds a request too large is asked for half as many from then on. Rejects as `call` does, and
 * with a ServiceFault for an answer of another length.
 */
export async function inChunks<Item, Result>(
  link: Pick<OpcuaLink, 'limits'>,
  name: CallLimit,
  items: readonly Item[],
  call: (chunk: readonly Item[]) => Promise<readonly Result[] | null | undefined>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  while (results.length < items.length) {
    const chunk = items.slice(results.length, results.length + limitOf(link, name));
    try {
      const part = (await call(chunk)) ?? [];
      if (part.length !== chunk.length) throw new ServiceFault(StatusCodes.BadUnknownResponse);
      for (const result of part) results.push(result);
    } catch (error) {
      if (!isTooMuch(error) || chunk.length === 1) throw error;
      const lowered = learnt.get(link) ?? new Map<CallLimit, number>();
      learnt.set(link, lowered.set(name, Math.floor(chunk.length / 2)));
    }
  }
  return results;
}

const isTooMuch = (error: unknown): boolean =>
  error instanceof ServiceFault && TOO_MUCH.has(error.status.value);
