/** What `headgate decode sparkplug` says of a payload. Shares the reader with the uplink. Pure; never throws. */
import type { ExplainedPart, Explainer, Explanation, Plain } from '../../../drivers/explanation.ts';
import { datatypeName } from '../../forward/sparkplug/datatype.ts';
import type { ReadMetric, ReadPayload, Scalar } from '../../forward/sparkplug/payload.ts';
import { readPayload } from '../../forward/sparkplug/payload-reader.ts';
import { scalarOf } from '../../forward/sparkplug/scalar.ts';
import { WireError, WireReader } from '../../forward/sparkplug/wire.ts';
import type { ErrorText } from '../../model/errors.ts';

type Words = ErrorText['message'];

export const sparkplugExplainer: Explainer = { protocol: 'sparkplug', explain };

function explain(bytes: Uint8Array): Explanation {
  const read = readPayload(bytes);
  const parts = partsOf(bytes, read.ok ? read.payload : undefined);
  if (read.ok) return { ok: true, fields: fieldsOf(read.payload), parts };
  const { at, problem } = read;
  const words = { en: `byte ${at}: ${problem.en}`, zh: `第 ${at} 字节：${problem.zh}` };
  return { ok: false, reject: 'malformed', words, parts };
}

/** The fields of the message, as far as they can be told apart. */
function partsOf(bytes: Uint8Array, payload: ReadPayload | undefined): readonly ExplainedPart[] {
  const parts: ExplainedPart[] = [];
  const wire = new WireReader(bytes);
  let metrics = 0;
  try {
    for (let field = wire.next(); field; field = wire.next()) {
      wire.skip(field);
      const metric = field.field === 2 ? payload?.metrics[metrics++] : undefined;
      const label = labelOf(field.field, metric, payload);
      parts.push({ at: field.at, length: wire.at - field.at, label });
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
  return parts;
}

function labelOf(
  field: number,
  metric: ReadMetric | undefined,
  payload: ReadPayload | undefined,
): Words {
  const of = (name: Words, value: unknown): Words =>
    value === undefined
      ? name
      : { en: `${name.en} ${String(value)}`, zh: `${name.zh} ${String(value)}` };
  switch (field) {
    case 1:
      return of({ en: 'timestamp', zh: '时间戳' }, timeText(payload?.time));
    case 2:
      return of({ en: 'metric', zh: '指标' }, metric && metricText(metric));
    case 3:
      return of({ en: 'seq', zh: '序号 seq' }, payload?.seq);
    case 4:
      return of({ en: 'uuid', zh: 'uuid' }, payload?.uuid);
    case 5:
      return { en: 'body', zh: '正文' };
  }
  return { en: `unknown field ${field}`, zh: `未知字段 ${field}` };
}

const metricText = (metric: ReadMetric): string => {
  const { name, alias, isHistorical } = metric;
  const who = [name, alias === undefined ? undefined : `#${alias}`].filter(Boolean).join(' ');
  return `${who} = ${JSON.stringify(plainOf(metric))}${isHistorical ? ' (historical)' : ''}`;
};

function fieldsOf({ time, seq, uuid, bodyLength, metrics }: ReadPayload) {
  return present({
    timestamp: numberOf(time),
    time: timeText(time),
    seq: numberOf(seq),
    uuid,
    body: bodyLength > 0 ? bodyLength : undefined,
    metrics: metrics.map(metricFields),
  });
}

function metricFields(metric: ReadMetric): { readonly [key: string]: Plain } {
  const { name, alias, time, datatype, properties } = metric;
  const keys = properties.map(({ key, value }) => [key, plainScalar(value ?? null)] as const);
  return present({
    name,
    alias: numberOf(alias),
    timestamp: numberOf(time),
    datatype: datatype === undefined ? undefined : (datatypeName(datatype) ?? datatype),
    historical: metric.isHistorical || undefined,
    transient: metric.isTransient || undefined,
    value: plainOf(metric),
    properties: keys.length > 0 ? Object.fromEntries(keys) : undefined,
  });
}

/** What is not one value is said by its name. */
function plainOf(metric: ReadMetric): Plain {
  const read = scalarOf(metric);
  if (read.ok) return plainScalar(read.value);
  return metric.value === undefined ? null : `(${read.why}: ${read.name})`;
}

function plainScalar(value: Scalar | null): Plain {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value === 'number' && !Number.isFinite(value)) return `${value}`;
  return typeof value === 'bigint' ? (numberOf(value) ?? null) : value;
}

/** A number, or, beyond what a double holds, its digits. */
const numberOf = (value: bigint | undefined): number | string | undefined =>
  value === undefined || !Number.isSafeInteger(Number(value)) ? value?.toString() : Number(value);

function timeText(time: bigint | undefined): string | undefined {
  const date = new Date(Number(time ?? Number.NaN));
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** Without what is not there. */
const present = (fields: Readonly<Record<string, Plain | undefined>>) =>
  Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, Plain] => entry[1] !== undefined),
  );
