/** The tags of a group as nodes of the server that is connected now: where each is, and how its values are read. */
import type { Clock } from '../../gateway/host/clock.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import type { TagRequest } from '../driver.ts';
import type { OpcuaAddress, OpcuaDevice } from './device.ts';
import { inChunks } from './limits.ts';
import type { AskingLink } from './references.ts';
import { resolveNodes } from './resolve.ts';
import {
  AttributeIds,
  DataValue,
  NodeId,
  ReadRequest,
  type ReadResponse,
  type StatusCode,
  TimestampsToReturn,
} from './stack.ts';
import { type Sampler, samplerOf } from './value.ts';
import { readTypes } from './value-types.ts';

/** A tag whose node the server has. */
export interface Item {
  readonly request: TagRequest<OpcuaAddress>;
  readonly node: NodeId;
  readonly sampler: Sampler;
}

/** What the items of a device are looked up with. */
export interface Lookup {
  readonly link: AskingLink;
  readonly device: OpcuaDevice;
  readonly clock: Clock;
}

/** Each tag as an item, or the status that says why it is none. */
export async function itemsOf(
  requests: readonly TagRequest<OpcuaAddress>[],
  { link, device, clock }: Lookup,
): Promise<readonly (Item | StatusCode)[]> {
  const refs = requests.map(({ address }) => address.node);
  const nodes = await resolveNodes(link, device, refs);
  const types = await readTypes(
    link,
    nodes.filter((node) => node instanceof NodeId),
  );
  return nodes.map((node, i) => {
    const request = requests[i] as TagRequest<OpcuaAddress>;
    if (!(node instanceof NodeId)) return node;
    const type = types.get(node.toString());
    const { tag, address } = request;
    return { request, node, sampler: samplerOf(tag, address, type, { clock, device }) };
  });
}

export const isItem = (found: Item | StatusCode): found is Item => 'sampler' in found;

/** The sample of a tag whose node the server has not, or refuses to watch. */
export const refusedSample = (
  { tag, address }: TagRequest<OpcuaAddress>,
  statusCode: StatusCode,
  { clock, device }: Lookup,
): Sample => samplerOf(tag, address, undefined, { clock, device })(new DataValue({ statusCode }));

/** What the server has now of the tags, in their order; they are looked up first. */
export async function readTags(
  requests: readonly TagRequest<OpcuaAddress>[],
  lookup: Lookup,
  signal: AbortSignal,
): Promise<readonly Sample[]> {
  const found = await itemsOf(requests, lookup);
  const samples = await readItems(found.filter(isItem), lookup, signal);
  let next = 0;
  return found.map((item, i) =>
    isItem(item)
      ? (samples[next++] as Sample)
      : refusedSample(requests[i] as TagRequest<OpcuaAddress>, item, lookup),
  );
}

/** What the server has now, in the items' order. */
export async function readItems(
  items: readonly Item[],
  lookup: Lookup,
  signal?: AbortSignal,
): Promise<readonly Sample[]> {
  const values = await readValues(items, lookup, signal);
  return values.map((value, i) => (items[i] as Item).sampler(value));
}

/** What `readItems` makes samples of. */
export function readValues(
  items: readonly Item[],
  { link }: Pick<Lookup, 'link'>,
  signal?: AbortSignal,
): Promise<readonly DataValue[]> {
  return inChunks(link, 'nodesPerRead', items, async (chunk) => {
    const nodesToRead = chunk.map(({ node }) => ({
      nodeId: node,
      attributeId: AttributeIds.Value,
    }));
    const request = new ReadRequest({ nodesToRead, timestampsToReturn: TimestampsToReturn.Both });
    const { results } = await link.ask<ReadResponse>(request, signal ? { signal } : {});
    return results;
  });
}
