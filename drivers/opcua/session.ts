/** One device on an OPC UA server: its groups watched, its tags written, its methods called. */
import { badSamples } from '../../gateway/host/stamp.ts';
import { untilOneFails } from '../../gateway/host/together.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import { between, type Millis, millis } from '../../gateway/model/units.ts';
import type { Reading, Watcher, WatchIo, WatchSession, WriteRequest, Written } from '../driver.ts';
import type { OpcuaConnection } from './connection.ts';
import type { OpcuaAddress, OpcuaDevice } from './device.ts';
import { readTags } from './items.ts';
import { chunks } from './limits.ts';
import { inTime } from './patience.ts';
import { MOST_ITEMS, type OpcuaGroup } from './plan.ts';
import { WatchedAlarms } from './watched-alarms.ts';
import { WatchedGroup } from './watched-group.ts';
import { writeTag } from './write.ts';

export class OpcuaSession implements WatchSession<OpcuaGroup, OpcuaAddress> {
  readonly patience;
  readonly silence = millis(0);
  readonly gap = millis(0);
  readonly #device: OpcuaDevice;
  readonly #io: WatchIo<OpcuaConnection>;
  readonly #closed = new AbortController();
  /** Kept over connections, so that a subscription that lives on is taken up again. */
  #watched: readonly WatchedGroup[] = [];
  #itemsEach = 0;
  readonly #alarms: WatchedAlarms | undefined;
  readonly acknowledge?: (alarm: string, comment: string, signal: AbortSignal) => Promise<Written>;

  constructor(device: OpcuaDevice, io: WatchIo<OpcuaConnection>) {
    this.patience = io.link.timeout;
    this.#device = device;
    this.#io = io;
    if (device.alarms === undefined) return;
    const alarms = new WatchedAlarms(device.alarms, { ...io, device });
    this.#alarms = alarms;
    this.acknowledge = (alarm, comment, signal) =>
      alarms.acknowledge(alarm, comment, this.#untilClosed(signal));
  }

  async watch(groups: readonly OpcuaGroup[], watcher: Watcher, signal: AbortSignal): Promise<void> {
    const { limits } = this.#io.link;
    const most = Math.min(limits.itemsPerSubscription ?? MOST_ITEMS, MOST_ITEMS);
    if (most !== this.#itemsEach) {
      this.#itemsEach = most;
      this.#watched = groups.flatMap((group) => split(group, most)).map((part) => this.#open(part));
    }
    const emit = (samples: readonly Sample[]) => watcher.samples(samples);
    const works = this.#watched.map((group) => (ended: AbortSignal) => group.watch(emit, ended));
    const alarms = this.#alarms;
    if (alarms) works.push((ended) => alarms.watch(watcher, ended));
    await untilOneFails(works, this.#untilClosed(signal));
  }

  async read(
    group: OpcuaGroup,
    signal: AbortSignal,
    timeout: Millis = this.patience,
  ): Promise<Reading<OpcuaGroup>> {
    const { clock } = this.#io;
    const started = clock.mono();
    const over = new AbortController();
    const either = AbortSignal.any([this.#untilClosed(signal), over.signal]);
    either.throwIfAborted();
    const details = { url: this.#io.link.url, request: 'Read', timeout };
    const late = () => new GatewayError('opcua.timeout', details);
    const patience = { clock, name: 'opcua.read', timeout, late, signal: either };
    try {
      const context = { ...this.#io, device: this.#device };
      const samples = await inTime(readTags(group.items, context, either), patience);
      return { samples, outcome: 'answered', turnaround: between(started, clock.mono()) };
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== 'opcua.timeout') throw error;
      const samples = badSamples(group.tags, 'bad:comm', clock);
      return { samples, outcome: 'silent', turnaround: undefined };
    } finally {
      over.abort();
    }
  }

  write(request: WriteRequest<OpcuaAddress>, signal: AbortSignal): Promise<Written> {
    const either = this.#untilClosed(signal);
    if (either.aborted) return Promise.reject(either.reason);
    return writeTag({ ...this.#io, device: this.#device }, request, either);
  }

  async close(): Promise<void> {
    this.#closed.abort();
  }

  readonly #untilClosed = (signal: AbortSignal): AbortSignal =>
    AbortSignal.any([signal, this.#closed.signal]);

  #open(group: OpcuaGroup): WatchedGroup {
    return new WatchedGroup(group, { ...this.#io, device: this.#device });
  }
}

function split(group: OpcuaGroup, most: number): readonly OpcuaGroup[] {
  if (group.items.length <= most) return [group];
  return chunks(group.items, most).map((items) => ({
    ...group,
    items,
    tags: items.map(({ tag }) => tag),
  }));
}
