/**
 * Writing one tag: the value exactly, once, and read back. What a structure holds besides the field is read before, so
 * what the device changes in between is lost.
 */
import { sleep } from '../../gateway/host/clock.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import { plainValue, type Value } from '../../gateway/model/sample.ts';
import { between, later, millis, seconds } from '../../gateway/model/units.ts';
import type { WriteRequest, Written } from '../driver.ts';
import type { OpcuaAddress } from './device.ts';
import { ServiceFault } from './link.ts';
import { callMethod } from './method.ts';
import { pickerOf } from './picker.ts';
import { planWrite, type SentValue } from './planned-write.ts';
import { resolveNodes } from './resolve.ts';
import {
  AttributeIds,
  DataValue,
  NodeId,
  ReadRequest,
  type ReadResponse,
  type StatusCode,
  StatusCodes,
  WriteRequest as WriteCall,
  type WriteResponse,
} from './stack.ts';
import { isNodeGone, isUsable } from './value.ts';
import { forgetType, readTypes, rememberedType, type ValueType } from './value-types.ts';
import {
  isStillAtIt,
  outcomeOf,
  rejected,
  type Sending,
  type WriteContext,
} from './write-outcome.ts';

/** A server may show a new value only after its next look at the device. */
const READ_BACK_FOR = seconds(1);
const BETWEEN_READ_BACKS = millis(100);

/**
 * Writes the tag, or calls its method. `written`: the server said Good, and what it shows afterwards is the value, or
 * cannot be read. `unknown`: also where it shows another value, because nobody knows why. Rejects when the connection
 * is lost.
 */
export async function writeTag(
  context: WriteContext,
  request: WriteRequest<OpcuaAddress>,
  signal: AbortSignal,
): Promise<Written> {
  const { tag, address } = request;
  let hasLeft = false;
  const onLeft = () => {
    hasLeft = true;
  };
  try {
    const refs = address.object ? [address.node, address.object] : [address.node];
    const found = await resolveNodes(context.link, context.device, refs);
    const [node, object] = found.filter((one) => one instanceof NodeId);
    const missing = found.find((one): one is StatusCode => !(one instanceof NodeId));
    if (missing || node === undefined)
      return rejected('opcua.node-missing', { tag: tag.id, status: missing?.name });
    if (object) return await callMethod(context, request, { object, method: node, onLeft, signal });
    return await writeNode(context, node, request, { onLeft, signal });
  } catch (error) {
    if (error instanceof ServiceFault) return outcomeOf(error.status, tag.id);
    if (!(error instanceof GatewayError) || error.code !== 'opcua.timeout') throw error;
    const { code, details } = error;
    const outcome = hasLeft ? 'unknown' : 'failed';
    return { outcome, refusal: { code, details }, turnaround: undefined };
  }
}

async function writeNode(
  context: WriteContext,
  node: NodeId,
  request: WriteRequest<OpcuaAddress>,
  { onLeft, signal }: Sending,
): Promise<Written> {
  const { link, clock } = context;
  const type = rememberedType(link, node) ?? (await readTypes(link, [node])).get(node.toString());
  const needsCurrent = request.address.field.length > 0 || type?.builtIn === undefined;
  const current = needsCurrent ? await readValue(context, node, signal) : undefined;
  if (current && !isUsable(current.statusCode)) {
    const code = isNodeGone(current.statusCode) ? 'opcua.node-missing' : 'opcua.write-refused';
    return rejected(code, { tag: request.tag.id, status: current.statusCode.name });
  }
  const planned = planWrite(request, type, current?.value);
  if ('refusal' in planned) return rejected(planned.refusal.code, planned.refusal.details);

  const sent = clock.mono();
  onLeft();
  const { results } = await link.ask<WriteResponse>(writeCall(node, planned), { signal });
  const turnaround = between(sent, clock.mono());
  const status = results?.[0] ?? StatusCodes.BadUnknownResponse;
  if (status.name === StatusCodes.BadTypeMismatch.name) forgetType(link, node);
  const ended = { ...outcomeOf(status, request.tag.id), turnaround };
  const isDone = ended.outcome === 'written' && !isStillAtIt(status);
  return isDone ? readBack(context, node, { request, type, planned, ended, signal }) : ended;
}

/** The stack copies what it is constructed with, and cannot copy bytes of a structure it does not know. */
function writeCall(node: NodeId, { variant, indexRange }: SentValue): WriteCall {
  const call = new WriteCall({
    nodesToWrite: [{ nodeId: node, attributeId: AttributeIds.Value, indexRange }],
  });
  const dataValue = new DataValue();
  dataValue.value = variant;
  for (const one of call.nodesToWrite ?? []) one.value = dataValue;
  return call;
}

interface WrittenValue {
  readonly request: WriteRequest<OpcuaAddress>;
  readonly type: ValueType | undefined;
  readonly planned: SentValue;
  readonly ended: Written;
  readonly signal: AbortSignal;
}

async function readBack(
  context: WriteContext,
  node: NodeId,
  { request, type, planned, ended, signal }: WrittenValue,
): Promise<Written> {
  const { clock } = context;
  const pick = pickerOf(request.address, type?.book);
  const end = later(clock.mono(), READ_BACK_FOR);
  for (;;) {
    const read = await readValue(context, node, signal).catch(() => undefined);
    const found = read && isUsable(read.statusCode) ? pick(read.value) : undefined;
    // The write stands whatever becomes of the reading, also when nobody waits for it any more.
    if (found === undefined || found === null || found === planned.expected) return ended;
    if (later(clock.mono(), BETWEEN_READ_BACKS) > end)
      return { ...ended, outcome: 'unknown', refusal: differs(request, planned.expected, found) };
    await sleep(clock, 'opcua.read-back', BETWEEN_READ_BACKS, signal).catch(() => undefined);
  }
}

const differs = ({ tag }: WriteRequest, wrote: Value, found: Value) => ({
  code: 'opcua.read-back-differs' as const,
  details: { tag: tag.id, wrote: `${plainValue(wrote)}`, found: `${plainValue(found)}` },
});

async function readValue(
  { link }: WriteContext,
  nodeId: NodeId,
  signal: AbortSignal,
): Promise<DataValue | undefined> {
  const call = new ReadRequest({ nodesToRead: [{ nodeId, attributeId: AttributeIds.Value }] });
  const { results } = await link.ask<ReadResponse>(call, { signal });
  return results?.[0];
}
