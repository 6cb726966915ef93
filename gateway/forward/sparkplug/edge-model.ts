/** What there is to be told of the edge node and its devices: metrics, how each stands, and which devices are lost. */
import type { BlockClass } from '../../journal/journal.ts';
import { classOfTag } from '../../model/event-tag.ts';
import type { Quality } from '../../model/quality.ts';
import type { Sample, TagId } from '../../model/sample.ts';
import { SELF_QUANTITIES, SELF_TAGS, selfTagId } from '../../model/self-tag.ts';
import type { Tag } from '../../model/tag.ts';
import type { MonoMs, UtcMs } from '../../model/units.ts';
import type { Selection } from '../selection.ts';
import { DATATYPE } from './datatype.ts';
import { DATATYPE_OF, kindOf, type MetricKind, type Reading, shownAs } from './metric-value.ts';
import type { Metric } from './payload.ts';
import { placeOf } from './place.ts';

export interface EdgeMetric {
  readonly tag: TagId;
  readonly name: string;
  /** Undefined where names are used. */
  readonly alias: number | undefined;
  readonly device: EdgeDevice;
  readonly unit: string | undefined;
  /** It is read from a device, whose loss it shows. */
  readonly isField: boolean;
  kind: MetricKind;
  /** Nothing has said its kind yet. */
  isGuessed: boolean;
  latest: (Reading & { readonly time: UtcMs }) | undefined;
  /** The time of what the host knows to be present: whatever waited and is not newer is history. */
  shown: number;
}

export interface EdgeDevice {
  /** Undefined: the edge node itself. */
  readonly id: string | undefined;
  readonly metrics: Map<TagId, EdgeMetric>;
  /** Between its birth and its death, as the host knows it. */
  isBorn: boolean;
  /** Its birth does not fit any more: other metrics, or another datatype. */
  isChanged: boolean;
  /** Metrics that are read and were answered at last, and those that were not. */
  answered: number;
  silent: number;
  historyAt: MonoMs | undefined;
}

/** Nothing of it answers: its connection is lost. */
export const isLost = ({ answered, silent }: EdgeDevice): boolean => silent > 0 && answered === 0;

export class EdgeModel {
  readonly node: EdgeDevice = deviceOf(undefined);
  readonly #hasAliases: boolean;
  readonly #selection: Selection | undefined;
  readonly #devices = new Map<string, EdgeDevice>();
  readonly #byTag = new Map<TagId, EdgeMetric>();
  readonly #byAlias = new Map<number, EdgeMetric>();
  #lastAlias = 0;

  constructor(tags: readonly Tag[], hasAliases: boolean, selection?: Selection) {
    this.#hasAliases = hasAliases;
    this.#selection = selection;
    this.configure(tags);
  }

  get devices(): Iterable<EdgeDevice> {
    return this.#devices.values();
  }

  /** The site has these tags now. What is known of those that it had stays. */
  configure(tags: readonly Tag[]): void {
    const wanted = tags.filter(({ id }) => this.isSelected(classOfTag(id), id));
    const ids = new Set(wanted.map(({ id }) => id));
    for (const metric of [...this.#byTag.values()]) if (!ids.has(metric.tag)) this.#drop(metric);
    for (const tag of wanted) if (!this.#byTag.has(tag.id)) this.#add(tag.id, tag);
  }

  /** Whether samples of the tag that come in blocks of the class are told. */
  isSelected(of: BlockClass, tag: TagId): boolean {
    return this.#selection?.has(of, tag) ?? true;
  }

  device(id: string): EdgeDevice | undefined {
    return this.#devices.get(id);
  }

  metric(device: EdgeDevice, name: string): EdgeMetric | undefined {
    for (const metric of device.metrics.values()) if (metric.name === name) return metric;
    return undefined;
  }

  byAlias(alias: number): EdgeMetric | undefined {
    return this.#byAlias.get(alias);
  }

  /** Of any tag: one that the site does not have any more gets a metric when it comes from the journal. */
  of(tag: TagId): EdgeMetric {
    return this.#byTag.get(tag) ?? this.#add(tag, undefined);
  }

  /** How all tags stand now; what the host knows begins anew. */
  present(samples: readonly Sample[], now: UtcMs): void {
    for (const device of [this.node, ...this.#devices.values()]) {
      Object.assign(device, { isBorn: false, isChanged: false, answered: 0, silent: 0 });
      for (const metric of device.metrics.values()) {
        metric.latest = undefined;
        metric.shown = now;
      }
    }
    for (const sample of samples) {
      const metric = this.#byTag.get(sample.tag);
      if (metric === undefined) continue;
      if (sample.value !== null) this.fit(metric, kindOf(sample.value));
      this.see(metric, sample);
    }
  }

  /** The latest of a tag. */
  see(metric: EdgeMetric, { value, quality, timeBasis, time }: Sample): void {
    const { device } = metric;
    if (metric.isField) {
      count(device, metric.latest?.quality, -1);
      count(device, quality, 1);
    }
    metric.latest = { value, quality, timeBasis, time };
  }

  /** Makes room for a value of this kind: what was guessed becomes it, and text is what all others are together. */
  fit(metric: EdgeMetric, kind: MetricKind): void {
    if (metric.kind !== kind && metric.kind !== 'text') {
      metric.kind = metric.isGuessed ? kind : 'text';
      metric.device.isChanged = true;
    }
    metric.isGuessed = false;
  }

  /** All metrics as a birth has them (§6), each with its present value or none. */
  born(device: EdgeDevice, now: UtcMs): readonly Metric[] {
    return [...device.metrics.values()].map((metric) => {
      const { name, alias, kind, unit, latest } = metric;
      const { value, properties = [] } = shownAs(kind, latest ?? UNHEARD);
      const time = latest?.time ?? now;
      metric.shown = value === null ? now : time;
      return {
        ...{ name, time: wholeMs(time), datatype: DATATYPE_OF[kind], isTold: true, value },
        ...(alias !== undefined && { alias }),
        properties: [
          ...(unit === undefined
            ? []
            : [{ key: 'engUnit', datatype: DATATYPE.String, value: unit }]),
          ...properties,
        ],
      };
    });
  }

  #add(tag: TagId, known: Tag | undefined): EdgeMetric {
    const place = placeOf(tag);
    const device = place.device === undefined ? this.node : this.#deviceOf(place.device);
    const holds = known?.field?.holds ?? (isText(tag) ? 'text' : undefined);
    const metric: EdgeMetric = {
      tag,
      name: place.metric,
      alias: this.#hasAliases ? ++this.#lastAlias : undefined,
      device,
      unit: known?.unit,
      isField: known?.field !== undefined,
      kind: holds ?? 'number',
      isGuessed: holds === undefined,
      latest: undefined,
      shown: Number.POSITIVE_INFINITY,
    };
    device.metrics.set(tag, metric);
    device.isChanged = true;
    this.#byTag.set(tag, metric);
    if (metric.alias !== undefined) this.#byAlias.set(metric.alias, metric);
    return metric;
  }

  #deviceOf(id: string): EdgeDevice {
    const device = this.#devices.get(id) ?? deviceOf(id);
    this.#devices.set(id, device);
    return device;
  }

  #drop({ tag, alias, device }: EdgeMetric): void {
    this.#byTag.delete(tag);
    if (alias !== undefined) this.#byAlias.delete(alias);
    device.metrics.delete(tag);
    if (device.id !== undefined && device.metrics.size === 0) this.#devices.delete(device.id);
  }
}

const UNHEARD: Reading = { value: null, quality: 'bad:waiting', timeBasis: 'gateway' };

const deviceOf = (id: string | undefined): EdgeDevice => ({
  id,
  metrics: new Map(),
  isBorn: false,
  isChanged: false,
  answered: 0,
  silent: 0,
  historyAt: undefined,
});

function count(device: EdgeDevice, quality: Quality | undefined, by: 1 | -1): void {
  if (quality === undefined || quality === 'bad:waiting') return;
  if (quality === 'bad:comm') device.silent += by;
  else device.answered += by;
}

/** Of the tags that the gateway makes by itself: events, and what it says of itself in words. */
const isText = (tag: TagId): boolean => /[._]event$/.test(tag) || OWN_TEXTS.has(tag);

const OWN_TEXTS: ReadonlySet<TagId> = new Set(
  SELF_QUANTITIES.filter((quantity) => SELF_TAGS[quantity].type === 'text').map(selfTagId),
);

export const wholeMs = (time: number): number => Math.max(0, Math.round(time));
