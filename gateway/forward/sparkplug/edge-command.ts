/**
 * What a host wants of the edge node or a device (NCMD, DCMD; §6): a rebirth, and writes as requests of the
 * form that all commands from upstream have. Says nothing about whether they may be carried out. Pure.
 */
import { createHash } from 'node:crypto';
import type { CommandRequest, RemoteWish } from '../../model/remote-command.ts';
import { type Millis, utcMs } from '../../model/units.ts';
import type { Read } from '../inbox.ts';
import { REBIRTH } from './edge-messages.ts';
import type { EdgeDevice, EdgeMetric, EdgeModel } from './edge-model.ts';
import { DATATYPE_OF } from './metric-value.ts';
import type { ReadMetric, ReadPayload, Scalar } from './payload.ts';
import { scalarOf } from './scalar.ts';

/** Who commands, and what is known of the metrics. */
export interface EdgeCommandContext {
  readonly gateway: string;
  readonly uplink: string;
  /** How long after its time a command may be carried out. */
  readonly age: Millis;
  readonly model: EdgeModel;
}

export type EdgeCommandRead = Read<readonly CommandRequest[], string>;

/** Of one message. */
export const MOST_COMMANDS = 20;
/** Characters. */
const LONGEST_NAME = 100;
const LONGEST_TEXT = 1_000;
const LATEST_TIME = 2n ** 53n;

export const wantsRebirth = ({ metrics }: ReadPayload): boolean =>
  metrics.some(({ name, value }) => name === REBIRTH && value?.field === 'boolean' && value.value);

/** The writes of a message for `device`; what is no write of one metric refuses the whole message. */
export function readWrites(
  payload: ReadPayload,
  device: EdgeDevice | undefined,
  context: EdgeCommandContext,
): EdgeCommandRead {
  const writes = payload.metrics.filter(({ name }) => name !== REBIRTH);
  if (writes.length > MOST_COMMANDS) return refused(`more than ${MOST_COMMANDS} metrics`);
  const requests: CommandRequest[] = [];
  for (const write of writes) {
    const request = requestOf(write, payload, device, context);
    if (typeof request === 'string') return refused(request);
    requests.push(request);
  }
  return { ok: true, request: requests };
}

const refused = (problem: string): EdgeCommandRead => ({ ok: false, problem });

/** Text: what is wrong with it. */
function requestOf(
  write: ReadMetric,
  payload: ReadPayload,
  device: EdgeDevice | undefined,
  { gateway, uplink, age, model }: EdgeCommandContext,
): CommandRequest | string {
  const metric = device && metricOf(write, device, model);
  const tag = metric?.tag ?? strangerOf(write.name, device);
  if (tag === undefined) return 'a metric without a name';
  const time = write.time ?? payload.time;
  // Without one nobody could say how old it is.
  if (time === undefined || time > LATEST_TIME) return 'no timestamp';
  const wish = wishOf(write, metric);
  if (typeof wish === 'string') return wish;
  return {
    gateway,
    id: idOf(uplink, tag, time, wish),
    tag,
    wish,
    issued: utcMs(Number(time)),
    expires: utcMs(Number(time) + age),
    hold: undefined,
    by: `sparkplug ${uplink}`,
    counter: undefined,
    signature: undefined,
  };
}

function metricOf(
  { name, alias }: ReadMetric,
  device: EdgeDevice,
  model: EdgeModel,
): EdgeMetric | undefined {
  if (name !== undefined) return model.metric(device, name);
  const metric = alias === undefined ? undefined : model.byAlias(Number(alias));
  return metric?.device === device ? metric : undefined;
}

/** A name that no metric has goes on to the door, which says so and has it in the audit. */
function strangerOf(name: string | undefined, device: EdgeDevice | undefined): string | undefined {
  if (name === undefined || name.length > LONGEST_NAME) return undefined;
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name)) return undefined;
  return `${device?.id ?? 'node'}.${name}`;
}

/** Null: nobody wants anything of the tag any more. */
function wishOf(write: ReadMetric, metric: EdgeMetric | undefined): RemoteWish | string {
  const read = scalarOf(write, metric && DATATYPE_OF[metric.kind]);
  if (!read.ok) return `${read.why}: ${read.name}`;
  if (read.value === null) return { kind: 'release' };
  const value = plainOf(read.value);
  return value === undefined ? 'no value that a tag can have' : { kind: 'write', value };
}

/** As JSON has it: what a number cannot hold is text. */
function plainOf(value: Scalar): boolean | number | string | undefined {
  if (value instanceof Uint8Array) return undefined;
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : `${value}`;
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'string' && value.length > LONGEST_TEXT ? undefined : value;
}

/** The same message is the same command, however often it comes. */
function idOf(uplink: string, tag: string, time: bigint, wish: RemoteWish): string {
  const text = JSON.stringify([uplink, tag, `${time}`, wish]);
  return `sp-${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`;
}
