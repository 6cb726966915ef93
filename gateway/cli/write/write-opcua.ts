/** `headgate write opc.tcp://…`: one value to one node of an OPC UA server, or the call of one method. */
import type { TagRequest, Written } from '../../../drivers/driver.ts';
import type { OpcuaAddress, OpcuaDevice } from '../../../drivers/opcua/device.ts';
import { isItem, itemsOf, readItems } from '../../../drivers/opcua/items.ts';
import { resolveNodes } from '../../../drivers/opcua/resolve.ts';
import { DataType, NodeId } from '../../../drivers/opcua/stack.ts';
import { fieldInfo } from '../../../drivers/opcua/structure.ts';
import { namesOf } from '../../../drivers/opcua/value.ts';
import { readTypes, type ValueType } from '../../../drivers/opcua/value-types.ts';
import { writeTag } from '../../../drivers/opcua/write.ts';
import type { WriteContext } from '../../../drivers/opcua/write-outcome.ts';
import { sleep } from '../../host/clock.ts';
import { silentLog } from '../../host/log.ts';
import { GatewayError } from '../../model/errors.ts';
import { plainValue, type Value } from '../../model/sample.ts';
import { later, type Millis, seconds } from '../../model/units.ts';
import { opcuaBusOf, useOpcua } from '../opcua/opcua-call.ts';
import { opcuaTags } from '../opcua/opcua-tags.ts';
import type { Call } from '../verb.ts';
import { usage } from '../wire/device-flags.ts';
import { withProgress } from '../wire/field-call.ts';
import { isAgreed, settleOption } from './write-call.ts';
import { type Finished, notSent } from './write-once.ts';
import { isSameValue, typedValue } from './write-value.ts';
import { outcomeFields, renderOutcome } from './write-view.ts';

const BETWEEN_READ_BACKS: Millis = seconds(1);

type Request = TagRequest<OpcuaAddress>;

interface OneWrite {
  readonly url: string;
  readonly device: OpcuaDevice;
  readonly request: Request;
  readonly text: string;
  readonly settle: Millis;
}

/** Shows what will be written, asks, writes once, prints one outcome. Throws `cli.usage`. */
export async function writeOpcua(call: Call): Promise<number> {
  const { language, values } = call;
  const [url, address, text, ...rest] = call.positionals;
  if (url === undefined || address === undefined || text === undefined || rest.length > 0)
    throw usage('write', 'name a bus, one address and one value');
  if ((call.lists.allow ?? []).length > 0) throw usage('write', '--allow is for meters');
  const { device, requests } = opcuaTags(call, 'write', [address]);
  const settle = settleOption(call);
  const write: OneWrite = { url, device, request: requests[0] as Request, text, settle };
  const words = { en: `writing to ${url} …`, zh: `正在写入 ${url} …` };
  const work = writeOnce(call, write);
  // Where somebody is asked, the time that the answer takes is theirs.
  const finished = await (values.yes ? withProgress(call, words, work) : work);
  const { value = text } = finished;
  call.print(
    values.json
      ? JSON.stringify(outcomeFields(finished, { quantity: address, value }, language))
      : renderOutcome(finished, language),
  );
  return finished.outcome === 'verified' || finished.outcome === 'written' ? 0 : 1;
}

/** `value` as the node takes it; undefined where it was not found out. */
type Ended = Finished & { readonly value?: Value };

/** A connection that cannot be opened or is lost is an outcome too, and so is an interruption. */
async function writeOnce(call: Call, write: OneWrite): Promise<Ended> {
  let mayHaveLeft = false;
  const onSend = () => {
    mayHaveLeft = true;
  };
  try {
    const bus = await opcuaBusOf(call, 'write', write.url);
    return await useOpcua(call, bus, (link) => {
      const { device } = write;
      return carryOut(call, write, { link, device, clock: call.clock, log: silentLog }, onSend);
    });
  } catch (error) {
    const outcome = mayHaveLeft ? 'unknown' : 'failed';
    if (error instanceof GatewayError && error.code !== 'cli.usage')
      return { outcome, reason: error };
    if (call.signal.aborted) return { outcome };
    throw error;
  }
}

async function carryOut(
  call: Call,
  write: OneWrite,
  context: WriteContext,
  onSend: () => void,
): Promise<Ended> {
  const { request, text, url } = write;
  const [node] = await resolveNodes(context.link, context.device, [request.address.node]);
  if (!(node instanceof NodeId))
    return notSent('cli.opcua-no-node', { node: request.tag.quantity, status: node?.name });
  const type = (await readTypes(context.link, [node])).get(node.toString());
  const value = valueFor(text, request.address, type);
  const now = await held(context, request);
  if (!call.values.json) call.print(preview(url, { request, value, type, now }, call));
  if (!(await isAgreed(call))) return { ...notSent('cli.not-confirmed'), value };
  onSend();
  const written = await writeTag(context, { ...request, value }, call.signal);
  const ended = { ...endOf(written, request), value };
  const isOver = written.outcome === 'rejected' || written.outcome === 'failed';
  if (isOver || request.address.object !== undefined) return ended;
  const isSame = (read: Value) => isShownAs(value, read, request.address, type);
  const readBack = await readUntil(call, { ...write, context, isSame });
  if (readBack === undefined) return ended;
  return isSame(readBack) ? { outcome: 'verified', readBack, value } : { ...ended, readBack };
}

/** The outcome as the driver says it, with the address as it was typed. */
function endOf({ outcome, refusal }: Written, { tag }: Request): Finished {
  if (refusal === undefined) return { outcome };
  const { code, details } = refusal;
  const named = details.tag === tag.id ? { ...details, tag: tag.quantity } : details;
  return { outcome, reason: new GatewayError(code, named) };
}

/** What somebody typed as the type of its variable wants it; the driver says so where it does not fit. */
function valueFor(text: string, { object, field }: OpcuaAddress, type: ValueType | undefined) {
  if (object !== undefined) return text;
  const target =
    field.length > 0 && type?.structure ? fieldInfo(type.structure, field, type.book) : type;
  if (target?.names) return typedValue(text, 'number') ?? text;
  if (target?.builtIn === undefined) return typedValue(text, undefined) ?? text;
  return typedValue(text, KINDS.get(target.builtIn) ?? 'text') ?? text;
}

const NUMBERS = ['SByte', 'Byte', 'Int16', 'UInt16', 'Int32', 'UInt32', 'Int64', 'UInt64'] as const;
const KINDS: ReadonlyMap<DataType, 'flag' | 'number'> = new Map([
  [DataType.Boolean, 'flag'],
  ...[...NUMBERS, 'Float' as const, 'Double' as const].map(
    (name) => [DataType[name], 'number'] as const,
  ),
]);

/** What the server shows; undefined where it shows nothing, or shows it to others. */
async function held(context: WriteContext, request: Request): Promise<Value | undefined> {
  if (request.address.object !== undefined) return undefined;
  const items = (await itemsOf([request], context)).filter(isItem);
  const [sample] = await readItems(items, context);
  return sample?.value ?? undefined;
}

interface Preview {
  readonly request: Request;
  readonly value: Value;
  readonly type: ValueType | undefined;
  readonly now: Value | undefined;
}

function preview(url: string, { request, value, type, now }: Preview, { language }: Call): string {
  const { quantity } = request.tag;
  const zh = language === 'zh';
  const shown = plainValue(value);
  if (request.address.object !== undefined)
    return zh
      ? `在 ${url} 上执行 ${quantity}，参数 ${shown}`
      : `${quantity} with ${shown} at ${url}`;
  const name = type?.builtIn === undefined ? [] : [DataType[type.builtIn]];
  const holds = zh ? '当前值' : 'it holds';
  const facts = [...name, ...(now === undefined ? [] : [`${holds} ${plainValue(now)}`])];
  const head = zh ? `将 ${quantity} = ${shown} 写入 ${url}` : `${quantity} = ${shown} to ${url}`;
  return facts.length > 0 ? `${head}\n  ${facts.join(', ')}` : head;
}

/** Of an enumeration the number that was written is shown by its name. */
function isShownAs(
  value: Value,
  read: Value,
  address: OpcuaAddress,
  type: ValueType | undefined,
): boolean {
  const name = typeof value === 'number' ? namesOf(address, type)?.get(value) : undefined;
  return read === name || isSameValue(value, read, type?.builtIn === DataType.Float);
}

interface ReadBack extends OneWrite {
  readonly context: WriteContext;
  readonly isSame: (read: Value) => boolean;
}

/** The value that the node shows at last; undefined where it cannot be read. */
async function readUntil(
  { clock, signal }: Call,
  { context, request, settle, isSame }: ReadBack,
): Promise<Value | undefined> {
  const end = later(clock.mono(), settle);
  try {
    for (;;) {
      const value = await held(context, request);
      if (value === undefined || isSame(value)) return value;
      if (later(clock.mono(), BETWEEN_READ_BACKS) > end) return value;
      await sleep(clock, 'cli.rest', BETWEEN_READ_BACKS, signal);
    }
  } catch {
    // The write stands whatever becomes of the reading.
    return undefined;
  }
}
