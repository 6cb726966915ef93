/**
 * Which messages tell of a block, and in which order: births before data, historical marks, deaths of devices. Knows no broker
 * and no sequence number; those who send it count.
 */
import { fromBatch } from '../../journal/batch.ts';
import type { Block } from '../../journal/journal.ts';
import type { Sample } from '../../model/sample.ts';
import { later, type MonoMs, monoMs, seconds, type UtcMs } from '../../model/units.ts';
import { gapText } from '../envelope.ts';
import { DATATYPE } from './datatype.ts';
import { type EdgeDevice, type EdgeMetric, type EdgeModel, isLost, wholeMs } from './edge-model.ts';
import { DATATYPE_OF, kindOf, shownAs } from './metric-value.ts';
import type { Metric } from './payload.ts';

export interface EdgeMessage {
  readonly type: 'NBIRTH' | 'DBIRTH' | 'NDATA' | 'DDATA' | 'DDEATH';
  /** Undefined of the node. */
  readonly device: string | undefined;
  readonly metrics: readonly Metric[];
}

export interface Moment {
  readonly utc: UtcMs;
  readonly mono: MonoMs;
}

export const REBIRTH = 'Node Control/Rebirth';
export const BD_SEQ = 'bdSeq';
/** Losses that the journal has recorded; the text is that of the envelope. */
export const GAP = 'Journal/Gap';

/** About how much of a message is filled: brokers take more, and what is lost at once stays small. */
const PART_LIMIT = 64 * 1024;
const METRIC_BYTES = 48;
/** A device that is lost and has history stays born until none came for so long. */
const HISTORY_PAUSE = seconds(2);

/** All births (§6), behind `present`. A device that is lost gets none until it is back. */
export function births(model: EdgeModel, bdSeq: number, { utc }: Moment): EdgeMessage[] {
  const own = { time: wholeMs(utc), isTold: true } as const;
  const node = [
    { ...own, name: BD_SEQ, datatype: DATATYPE.Int64, value: BigInt(bdSeq) },
    { ...own, name: REBIRTH, datatype: DATATYPE.Boolean, value: false },
    { ...own, name: GAP, datatype: DATATYPE.String, value: null },
  ];
  model.node.isBorn = true;
  model.node.isChanged = false;
  const messages: EdgeMessage[] = [
    { type: 'NBIRTH', device: undefined, metrics: [...node, ...model.born(model.node, utc)] },
  ];
  for (const device of model.devices)
    if (!isLost(device)) messages.push(birthOf(model, device, utc));
  return messages;
}

function birthOf(model: EdgeModel, device: EdgeDevice, utc: UtcMs): EdgeMessage {
  device.isBorn = true;
  device.isChanged = false;
  return { type: 'DBIRTH', device: device.id, metrics: model.born(device, utc) };
}

interface Entry {
  readonly metric: EdgeMetric;
  readonly sample: Sample;
}

/**
 * The messages of a block. `isHistory`: it was in the journal before the births; of it only what is newer than they said is
 * news. Undefined: the birth of the node does not fit any more, so that all has to be born anew first.
 */
export function blockMessages(
  model: EdgeModel,
  block: Block,
  isHistory: boolean,
  now: Moment,
): readonly EdgeMessage[] | undefined {
  const byDevice = new Map<EdgeDevice, Entry[]>();
  const wasHistory = isHistory || block.gap?.reason === 'thinned' || block.salvaged !== undefined;
  for (const sample of fromBatch(block.samples, block.tagOf)) {
    if (!model.isSelected(block.class, sample.tag)) continue;
    const metric = model.of(sample.tag);
    if (sample.value !== null) model.fit(metric, kindOf(sample.value));
    const entries = byDevice.get(metric.device);
    if (entries) entries.push({ metric, sample });
    else byDevice.set(metric.device, [{ metric, sample }]);
  }
  if (model.node.isChanged) return undefined;
  return [
    ...gapMessages(block, wasHistory, now),
    ...[...byDevice].flatMap(([device, entries]) =>
      deviceMessages(model, device, entries, wasHistory, now),
    ),
    ...(wasHistory ? [] : deaths(model, now)),
  ];
}

function deviceMessages(
  model: EdgeModel,
  device: EdgeDevice,
  entries: readonly Entry[],
  isHistory: boolean,
  now: Moment,
): readonly EdgeMessage[] {
  const news = new Set(
    entries.filter(({ metric, sample }) => !isHistory || isNewer(metric, sample)),
  );
  for (const { metric, sample } of news) {
    model.see(metric, sample);
    metric.shown = Math.max(metric.shown, sample.time);
  }
  const isNode = device.id === undefined;
  // The host knows that nothing answers.
  if (!isNode && !device.isBorn && entries.every(({ sample }) => isSilence(sample))) return [];
  if (isHistory) device.historyAt = now.mono;
  if (isNode || (device.isBorn && !device.isChanged))
    return dataMessages(device, entries, (entry) => !news.has(entry));
  // What stands in the birth is history as data.
  const birth = birthOf(model, device, now.utc);
  return [birth, ...dataMessages(device, entries, () => true)];
}

const isNewer = ({ shown }: EdgeMetric, { time }: Sample): boolean => time > shown;
const isSilence = ({ quality }: Sample): boolean => quality === 'bad:comm';

/** In order of time (§6), in as many messages as are needed. */
function dataMessages(
  { id: device }: EdgeDevice,
  entries: readonly Entry[],
  isOld: (entry: Entry) => boolean,
): readonly EdgeMessage[] {
  const type = device === undefined ? 'NDATA' : 'DDATA';
  const parts: Metric[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const entry of entries.toSorted((a, b) => a.sample.time - b.sample.time)) {
    const metric = dataMetric(entry, isOld(entry));
    const wanted = sizeOf(metric);
    if (size + wanted > PART_LIMIT) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)?.push(metric);
    size += wanted;
  }
  return parts.map((metrics) => ({ type, device, metrics }));
}

function dataMetric({ metric, sample }: Entry, isHistorical: boolean): Metric {
  const { name, alias, kind } = metric;
  return {
    ...(alias === undefined ? { name } : { alias }),
    time: wholeMs(sample.time),
    datatype: DATATYPE_OF[kind],
    isTold: false,
    ...(isHistorical && { isHistorical }),
    ...shownAs(kind, sample),
  };
}

const sizeOf = ({ name = '', value }: Metric): number =>
  METRIC_BYTES + name.length + (typeof value === 'string' ? 4 * value.length : 0);

function gapMessages(
  { gap, seq }: Block,
  isHistorical: boolean,
  { utc }: Moment,
): readonly EdgeMessage[] {
  if (gap === undefined) return [];
  const value = gapText(gap, seq);
  const form = { name: GAP, time: wholeMs(utc), datatype: DATATYPE.String, isTold: false };
  return [{ type: 'NDATA', device: undefined, metrics: [{ ...form, isHistorical, value }] }];
}

/** Devices that were lost since the host last heard of them. */
export function deaths(model: EdgeModel, { mono }: Moment): readonly EdgeMessage[] {
  return dying(model)
    .filter((device) => deathOf(device) <= mono)
    .map((device) => {
      device.isBorn = false;
      return { type: 'DDEATH', device: device.id, metrics: [] };
    });
}

/** When the next of them is due; undefined: none is dying. */
export function nextDeath(model: EdgeModel): MonoMs | undefined {
  const due = Math.min(...dying(model).map(deathOf));
  return due === Number.POSITIVE_INFINITY ? undefined : monoMs(due);
}

const dying = (model: EdgeModel): readonly EdgeDevice[] =>
  [...model.devices].filter((device) => device.isBorn && isLost(device));

const deathOf = ({ historyAt }: EdgeDevice): MonoMs =>
  historyAt === undefined ? monoMs(Number.NEGATIVE_INFINITY) : later(historyAt, HISTORY_PAUSE);
