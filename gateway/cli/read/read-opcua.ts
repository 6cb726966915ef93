/** `headgate read opc.tcp://…`: nodes of an OPC UA server, without a site. */
import type { TagRequest } from '../../../drivers/driver.ts';
import type { OpcuaAddress } from '../../../drivers/opcua/device.ts';
import { isItem, itemsOf, readValues, refusedSample } from '../../../drivers/opcua/items.ts';
import type { DataValue, StatusCode } from '../../../drivers/opcua/stack.ts';
import { isNodeGone } from '../../../drivers/opcua/value.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Sample } from '../../model/sample.ts';
import type { Tag } from '../../model/tag.ts';
import { opcuaBusOf, useOpcua } from '../opcua/opcua-call.ts';
import { type OpcuaTags, opcuaTags } from '../opcua/opcua-tags.ts';
import type { Call } from '../verb.ts';
import { usage } from '../wire/device-flags.ts';
import { withProgress } from '../wire/field-call.ts';
import { sampleLine } from './read-view.ts';

interface ReadNode {
  readonly tag: Tag;
  readonly sample: Sample;
  readonly status: StatusCode;
  readonly isThere: boolean;
}

/** Prints every sample; throws for the first without a value. */
export async function readOpcua(
  call: Call,
  url: string,
  addresses: readonly string[],
): Promise<number> {
  if (addresses.length === 0)
    throw usage('read', 'name a server and at least one address; headgate browse prints them');
  const tags = opcuaTags(call, 'read', addresses);
  if (tags.requests.some(({ address }) => address.object !== undefined))
    throw usage('read', 'a method is called, with headgate write');
  const words = { en: `asking ${url} …`, zh: `正在询问 ${url} …` };
  const read = await withProgress(call, words, readAll(call, url, tags));
  for (const { sample, tag } of read) call.print(sampleLine(sample, tag, call));
  const failed = read.find(({ sample }) => sample.value === null);
  if (failed === undefined) return 0;
  const { tag, status, isThere, sample } = failed;
  const details = { node: tag.quantity, status: status.name };
  throw isThere
    ? new GatewayError('cli.opcua-no-value', { ...details, quality: sample.quality })
    : new GatewayError('cli.opcua-no-node', details);
}

async function readAll(
  call: Call,
  url: string,
  { device, requests }: OpcuaTags,
): Promise<readonly ReadNode[]> {
  const bus = await opcuaBusOf(call, 'read', url);
  return useOpcua(call, bus, async (link) => {
    const lookup = { link, device, clock: call.clock };
    const found = await itemsOf(requests, lookup);
    const items = found.filter(isItem);
    const values = await readValues(items, lookup, call.signal);
    const valuesOf = new Map(items.map((item, i) => [item, values[i] as DataValue]));
    return found.map((one, i): ReadNode => {
      const request = requests[i] as TagRequest<OpcuaAddress>;
      const { tag } = request;
      if (!isItem(one))
        return { tag, sample: refusedSample(request, one, lookup), status: one, isThere: false };
      const value = valuesOf.get(one) as DataValue;
      const status = value.statusCode;
      return { tag, sample: one.sampler(value), status, isThere: !isNodeGone(status) };
    });
  });
}
