/**
 * What a host of Sparkplug B 3.0 knows of edge nodes, and where they break the specification: sequence numbers, births before
 * data, datatypes, aliases, staleness. Pure but for its own state.
 */
import type { SparkplugMetric, SparkplugPayload } from './sparkplug-schema.ts';

export interface JudgedMessage {
  readonly topic: string;
  readonly type: string;
  readonly node: string;
  readonly device: string | undefined;
  readonly qos: number;
  readonly retain: boolean;
  readonly payload: SparkplugPayload;
}

export interface KnownMetric {
  readonly name: string;
  readonly datatype: number;
  value: unknown;
  quality: number;
  timestamp: number;
  /** Values that came as history. */
  readonly history: { readonly timestamp: number; readonly value: unknown }[];
}

export interface KnownDevice {
  isOnline: boolean;
  /** Nothing of it is current: it, or its node, is dead. */
  isStale: boolean;
  metrics: Map<string, KnownMetric>;
}

export interface KnownNode extends KnownDevice {
  bdSeq: string | undefined;
  seq: number | undefined;
  readonly devices: Map<string, KnownDevice>;
  /** By alias, over all devices. */
  aliases: Map<string, { readonly device: string | undefined; readonly name: string }>;
}

const INT64 = 4;
const BOOLEAN = 11;
const LONGEST_ENUM = 34;
const GOOD = 192;
const QUALITIES = [0, GOOD, 500];
const REBIRTH = 'Node Control/Rebirth';
/** The field of a value, by datatype, of those that a gateway may send. */
const FIELDS: Readonly<Record<number, keyof SparkplugMetric>> = {
  ...{ 1: 'intValue', 2: 'intValue', 3: 'intValue', 5: 'intValue', 6: 'intValue', 7: 'intValue' },
  ...{ 4: 'longValue', 8: 'longValue', 13: 'longValue', 9: 'floatValue', 10: 'doubleValue' },
  ...{ 11: 'booleanValue', 12: 'stringValue', 14: 'stringValue', 15: 'stringValue' },
};
const VALUES = [
  ...(['intValue', 'longValue', 'floatValue', 'doubleValue', 'booleanValue'] as const),
  ...(['stringValue', 'bytesValue'] as const),
];

export class SparkplugJudge {
  readonly nodes = new Map<string, KnownNode>();
  readonly complaints: string[] = [];

  take(message: JudgedMessage): void {
    const { topic, type, node: name, device, qos, retain, payload } = message;
    const complain = (what: string) => this.complaints.push(`${topic}: ${what}`);
    if (retain) complain('retained');
    if (type !== 'NDEATH' && qos !== 0) complain(`QoS ${qos}`);
    if (type !== 'NDEATH' && payload.timestamp === undefined) complain('no timestamp');
    if (type.startsWith('D') !== (device !== undefined)) complain('a device id where none belongs');
    const node = this.nodes.get(name) ?? newNode();
    this.nodes.set(name, node);
    if (type === 'NDEATH') {
      nodeDeath(node, payload, complain);
      return;
    }
    this.#count(node, type, payload, complain);
    const metrics = payload.metrics ?? [];
    if (type === 'NBIRTH') nodeBirth(node, metrics, complain);
    else if (!node.isOnline) complain('before any NBIRTH');
    else if (type === 'NDATA') data(node, node, metrics, complain);
    else this.#ofDevice(node, message, complain);
  }

  #count(node: KnownNode, type: string, { seq }: SparkplugPayload, complain: Complain): void {
    const expected = type === 'NBIRTH' ? 0 : ((node.seq ?? -1) + 1) % 256;
    if (seq === undefined || Number(seq) !== expected) complain(`seq ${seq}, not ${expected}`);
    node.seq = Number(seq);
  }

  #ofDevice(node: KnownNode, { type, device: id, payload }: JudgedMessage, complain: Complain) {
    if (id === undefined) return;
    const known = node.devices.get(id);
    const metrics = payload.metrics ?? [];
    if (type === 'DBIRTH') {
      const device = known ?? newDevice();
      node.devices.set(id, device);
      birth(node, device, id, metrics, complain);
    } else if (!known?.isOnline) complain('of a device that is not born');
    else if (type === 'DDEATH') {
      known.isOnline = false;
      known.isStale = true;
    } else data(node, known, metrics, complain);
  }
}

type Complain = (what: string) => void;

function nodeDeath(node: KnownNode, payload: SparkplugPayload, complain: Complain): void {
  const { seq, metrics = [] } = payload;
  const [bdSeq] = metrics;
  if (seq !== undefined) complain('a seq in a death');
  if (metrics.length !== 1 || bdSeq?.name !== 'bdSeq') complain('more or less than bdSeq');
  // A late will of an earlier session says nothing about this one.
  if (bdSeq?.longValue !== node.bdSeq) return;
  node.isOnline = false;
  for (const device of [node, ...node.devices.values()]) device.isStale = true;
  for (const device of node.devices.values()) device.isOnline = false;
}

function nodeBirth(node: KnownNode, metrics: readonly SparkplugMetric[], complain: Complain): void {
  const bdSeq = metrics.find(({ name }) => name === 'bdSeq');
  if (bdSeq?.datatype !== INT64 || bdSeq.longValue === undefined) complain('no bdSeq as Int64');
  const rebirth = metrics.find(({ name }) => name === REBIRTH);
  if (rebirth?.datatype !== BOOLEAN || rebirth.booleanValue !== false)
    complain('no rebirth metric');
  if (rebirth?.alias !== undefined) complain('an alias of the rebirth metric');
  node.bdSeq = bdSeq?.longValue;
  node.devices.clear();
  node.aliases = new Map();
  birth(node, node, undefined, metrics, complain);
}

function birth(
  node: KnownNode,
  known: KnownDevice,
  id: string | undefined,
  metrics: readonly SparkplugMetric[],
  complain: Complain,
): void {
  known.isOnline = true;
  known.isStale = false;
  const before = known.metrics;
  known.metrics = new Map();
  for (const metric of metrics) {
    const { name, alias, timestamp, datatype, isHistorical } = metric;
    if (name === undefined || datatype === undefined || timestamp === undefined) {
      complain(`metric ${name} without name, datatype or timestamp`);
      continue;
    }
    if (datatype < 1 || datatype > LONGEST_ENUM) complain(`${name} has datatype ${datatype}`);
    if (isHistorical) complain(`${name} is history in a birth`);
    if (known.metrics.has(name)) complain(`${name} stands there twice`);
    if (alias !== undefined) {
      const other = node.aliases.get(alias);
      if (other && (other.device !== id || other.name !== name))
        complain(`alias ${alias} of ${name} is that of ${other.name}`);
      node.aliases.set(alias, { device: id, name });
    }
    const history = before.get(name)?.history ?? [];
    const one = { name, datatype, value: undefined, quality: GOOD, timestamp: 0, history };
    known.metrics.set(name, one);
    see(one, metric, complain);
  }
}

function data(
  node: KnownNode,
  known: KnownDevice,
  metrics: readonly SparkplugMetric[],
  complain: Complain,
): void {
  if (metrics.length === 0) complain('data without metrics');
  let newest = 0;
  for (const metric of metrics) {
    const { name, alias, timestamp, datatype, isHistorical = false } = metric;
    const named = alias === undefined ? name : node.aliases.get(alias)?.name;
    if (alias !== undefined && name !== undefined) complain(`${name} with its alias`);
    if (datatype !== undefined) complain(`${named} with its datatype`);
    const one = known.metrics.get(named ?? '');
    if (one === undefined || timestamp === undefined) {
      complain(`metric ${name ?? alias} is not in the birth, or has no time`);
      continue;
    }
    if (!isHistorical && Number(timestamp) < newest) complain(`${named} is older than one before`);
    if (!isHistorical) newest = Number(timestamp);
    see(one, metric, complain);
  }
}

/** Takes a value; history changes nothing about the present. */
function see(known: KnownMetric, metric: SparkplugMetric, complain: Complain): void {
  const { isNull = false, isHistorical = false, timestamp = '0' } = metric;
  const present = VALUES.filter((field) => metric[field] !== undefined);
  const wanted = FIELDS[known.datatype];
  if (isNull ? present.length > 0 : present.length !== 1 || present[0] !== wanted)
    complain(`${known.name} of datatype ${known.datatype} has ${present.join() || 'no value'}`);
  const value = isNull || wanted === undefined ? null : metric[wanted];
  const quality = qualityOf(metric, complain);
  if (isHistorical) known.history.push({ timestamp: Number(timestamp), value });
  else Object.assign(known, { value, quality, timestamp: Number(timestamp) });
}

function qualityOf({ name, properties }: SparkplugMetric, complain: Complain): number {
  const { keys = [], values = [] } = properties ?? {};
  if (keys.length !== values.length) complain(`${name}: keys and values of properties differ`);
  for (const value of values) if (value.type === undefined) complain(`${name}: a property's type`);
  const at = keys.indexOf('Quality');
  if (at < 0) return GOOD;
  const { type, intValue = -1 } = values[at] ?? {};
  if (type !== 3 || !QUALITIES.includes(intValue)) complain(`${name}: Quality ${intValue}`);
  return intValue;
}

const newDevice = (): KnownDevice => ({ isOnline: false, isStale: true, metrics: new Map() });
const newNode = (): KnownNode => ({
  ...newDevice(),
  bdSeq: undefined,
  seq: undefined,
  devices: new Map(),
  aliases: new Map(),
});
