/**
 * One group of tags in one subscription: makes it, hands over what it brings, tries again slowly what the server
 * refuses, and makes it anew when it dies. Where the server has no subscriptions, it reads.
 */
import type { Log } from '../../gateway/host/log.ts';
import { Nap } from '../../gateway/host/nap.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import { later, type Millis, type MonoMs, millis, monoMs } from '../../gateway/model/units.ts';
import type { OpcuaConnection } from './connection.ts';
import { Holes } from './holes.ts';
import { type Item, isItem, itemsOf, type Lookup, readItems, refusedSample } from './items.ts';
import { ServiceFault } from './link.ts';
import type { OpcuaGroup } from './plan.ts';
import { isUnsupported, type Recovery, remedyFor } from './recovery.ts';
import { Retries } from './retries.ts';
import { SilenceCheck } from './silence.ts';
import { DataChangeNotification, type NotificationMessage, type StatusCode } from './stack.ts';
import {
  createItems,
  createSubscription,
  deleteItems,
  deleteSubscription,
  type Subscription,
} from './subscribing.ts';
import { hasOverflow, isNodeGone } from './value.ts';

export interface GroupContext extends Lookup {
  readonly link: OpcuaConnection;
  readonly log: Log;
}

type Request = OpcuaGroup['items'][number];
type Handled = readonly [handle: number, sample: Sample];
type Emit = (samples: readonly Sample[]) => void;

/** After so many keep-alives what is watched is also read: to see that changes are told, and for heartbeats. */
const LOOK_KEEP_ALIVES = 10;
/** Publishings that a change may take to be told. */
const TELLING_PUBLISHINGS = 3;
/** A deadband that a server cannot keep is done without (OPC 10000-4 §5.13.2). */
const FILTER_REFUSED = /^Bad(MonitoredItemFilter|Deadband|Filter)/;

export class WatchedGroup {
  readonly #group: OpcuaGroup;
  readonly #context: GroupContext;
  readonly #nap: Nap;
  /** By handle, the place of the tag in the group: what is watched, and the server's id of it. */
  readonly #items = new Map<number, Item>();
  readonly #ids = new Map<number, number>();
  readonly #retries = new Retries<number>();
  readonly #unfiltered = new Set<number>();
  readonly #holes: Holes;
  #emit: Emit = () => {};
  #subscription: Subscription | undefined;
  #isPolled: boolean;
  #lookDue: MonoMs = monoMs(0);
  readonly #silence = new SilenceCheck();
  #broken: string | undefined;
  #recovery: Recovery | undefined;
  /** How often the server looks at the item that it looks at least often. */
  #slowestLook: Millis = millis(0);
  /** Of a broken subscription. */
  #heard: MonoMs | undefined;

  constructor(group: OpcuaGroup, context: GroupContext) {
    this.#group = group;
    this.#context = context;
    this.#nap = new Nap('opcua.group', context.clock);
    this.#holes = new Holes(group.tags, context.clock);
    this.#isPolled = context.device.mode === 'poll';
  }

  /** Once per connection; resolves with the signal, rejects when the connection is of no more use. */
  async watch(emit: Emit, signal: AbortSignal): Promise<void> {
    const { link } = this.#context;
    this.#emit = emit;
    const either = AbortSignal.any([signal, link.lost]);
    try {
      await link.publishing.resume();
      const isKept = this.#subscription !== undefined && link.publishing.has(this.#subscription.id);
      if (isKept) await this.#confirm();
      else await this.#begin();
      while (!either.aborted) {
        if (this.#broken !== undefined) await this.#recover(this.#broken);
        else {
          await this.#nap.until(monoMs(Math.min(this.#retries.due, this.#lookDue)), either);
          if (!either.aborted && this.#broken === undefined) await this.#tend();
        }
      }
      if (!signal.aborted) throw link.lost.reason;
    } catch (error) {
      if (signal.aborted) return;
      this.#markBad(this.#subscription && link.publishing.heardAt(this.#subscription.id));
      throw error;
    }
  }

  async #begin(): Promise<void> {
    const { link, device, log, clock } = this.#context;
    this.#items.clear();
    this.#ids.clear();
    this.#retries.clear();
    this.#silence.clear();
    this.#slowestLook = millis(0);
    this.#broken = undefined;
    this.#subscription = undefined;
    this.#lookDue = later(clock.mono(), this.#isPolled ? millis(0) : this.#untilNextLook());
    if (!this.#isPolled)
      try {
        const { scan } = this.#group;
        this.#subscription = await createSubscription(link, scan, link.endurance);
        this.#listen(this.#subscription);
      } catch (error) {
        const isWithout = error instanceof ServiceFault && isUnsupported(error.status.name);
        if (!isWithout || device.mode === 'subscribe') throw error;
        log.warn('opcua.read-instead', { group: this.#group.label, reason: error.message });
        this.#isPolled = true;
        this.#lookDue = clock.mono();
      }
    await this.#add(this.#group.items.map((_, handle) => handle));
  }

  #listen(subscription: Subscription): void {
    this.#context.link.publishing.add({
      ...subscription,
      take: (message) => this.#take(message),
      broken: (reason, heard) => {
        this.#broken = reason;
        this.#heard = heard;
        this.#nap.wake();
      },
    });
  }

  /** Looks the tags up and watches them; what cannot be watched says so, and is tried again later. */
  async #add(handles: readonly number[]): Promise<void> {
    const { clock } = this.#context;
    const requests = handles.map((handle) => this.#group.items[handle] as Request);
    const found = await itemsOf(requests, this.#context);
    const refused = new Map<number, StatusCode>();
    const wanted: { handle: number; item: Item }[] = [];
    for (const [i, item] of found.entries()) {
      const handle = handles[i] as number;
      if (isItem(item)) wanted.push({ handle, item });
      else refused.set(handle, item);
    }
    for (const { handle, item } of wanted) this.#items.set(handle, item);
    if (this.#subscription) await this.#createItems(this.#subscription.id, wanted, refused);
    for (const { handle } of wanted) if (!refused.has(handle)) this.#retries.delete(handle);
    for (const handle of refused.keys()) {
      this.#items.delete(handle);
      this.#retries.add(handle, clock.mono());
    }
    if (refused.size > 0)
      this.#hand([...refused].map(([handle, status]) => [handle, this.#refused(handle, status)]));
  }

  async #createItems(
    id: number,
    wanted: readonly { readonly handle: number; readonly item: Item }[],
    refused: Map<number, StatusCode>,
  ): Promise<void> {
    const { link, log } = this.#context;
    const again: { handle: number; item: Item }[] = [];
    const filtered = wanted.map(({ handle, item }) => ({
      handle,
      item,
      isFiltered: !this.#unfiltered.has(handle),
    }));
    const results = await createItems(link, id, filtered);
    for (const [i, result] of results.entries()) {
      const { handle, item, isFiltered } = filtered[i] as (typeof filtered)[0];
      if ('sampling' in result) {
        this.#ids.set(handle, result.id);
        this.#slowestLook = millis(Math.max(this.#slowestLook, result.sampling));
      } else if (isFiltered && item.request.address.deadband && FILTER_REFUSED.test(result.name)) {
        log.warn('opcua.deadband-refused', { tag: item.request.tag.id, status: result.name });
        this.#unfiltered.add(handle);
        again.push({ handle, item });
      } else refused.set(handle, result);
    }
    if (again.length > 0) await this.#createItems(id, again, refused);
  }

  #take({ notificationData }: NotificationMessage): void {
    for (const data of notificationData ?? []) {
      if (!(data instanceof DataChangeNotification)) continue;
      const taken: Handled[] = [];
      for (const { clientHandle, value } of data.monitoredItems ?? []) {
        const item = this.#items.get(clientHandle);
        if (item === undefined) continue;
        if (hasOverflow(value.statusCode)) this.#context.link.noteOverflow();
        if (isNodeGone(value.statusCode))
          this.#retries.add(clientHandle, this.#context.clock.mono());
        else if (this.#retries.size > 0) this.#retries.delete(clientHandle);
        const sample = item.sampler(value);
        this.#silence.published(clientHandle, sample);
        taken.push([clientHandle, sample]);
      }
      if (taken.length > 0) this.#hand(taken);
    }
    if (this.#broken !== undefined || this.#retries.size > 0) this.#nap.wake();
  }

  /** What is due: tags that could not be watched, and the next reading. */
  async #tend(): Promise<void> {
    const { clock, link } = this.#context;
    const due = this.#retries.dueAt(clock.mono());
    if (due.length > 0) {
      const ids = due.flatMap((handle) => this.#ids.get(handle) ?? []);
      for (const handle of due) this.#ids.delete(handle);
      if (this.#subscription && ids.length > 0) await deleteItems(link, this.#subscription.id, ids);
      await link.refreshNamespaces();
      await this.#add(due);
    }
    if (clock.mono() < this.#lookDue) return;
    if (this.#isPolled) await this.#confirm();
    else if (this.#silence.isWaiting) {
      if (this.#silence.isSilent()) this.#broken = 'changes are not published';
    } else await this.#look();
    this.#lookDue = later(clock.mono(), this.#untilNextLook());
  }

  #untilNextLook(): Millis {
    const { keepAlive } = this.#context.link.endurance;
    const { scan } = this.#group;
    if (this.#isPolled) return scan;
    // So long a server may take to publish what was read a moment ago.
    if (this.#silence.isWaiting)
      return millis(keepAlive + TELLING_PUBLISHINGS * Math.max(scan, this.#slowestLook));
    return millis(LOOK_KEEP_ALIVES * Math.max(keepAlive, scan));
  }

  /** Reads what should have been published already; a tag with a heartbeat is handed over. */
  async #look(): Promise<void> {
    const items = [...this.#items];
    const samples = await readItems(
      items.map(([, item]) => item),
      this.#context,
    );
    const confirmed: Sample[] = [];
    for (const [i, sample] of samples.entries()) {
      const [handle, { request }] = items[i] as [number, Item];
      if (!request.address.deadband) this.#silence.read(handle, sample);
      const wantsHeartbeat = request.tag.report.heartbeat !== undefined;
      if (wantsHeartbeat && sample.time <= this.#holes.newest(handle))
        confirmed.push(this.#holes.confirmed(handle, sample));
    }
    if (confirmed.length > 0) this.#emit(confirmed);
  }

  /** Reads what is watched: after a hole, and where nothing is published. */
  async #confirm(): Promise<void> {
    const items = [...this.#items];
    const samples = await readItems(
      items.map(([, item]) => item),
      this.#context,
    );
    this.#hand(samples.map((sample, i) => [(items[i] as [number, Item])[0], sample]));
  }

  async #recover(reason: string): Promise<void> {
    const { link, clock, log } = this.#context;
    const remedy = remedyFor('subscription', this.#recovery, clock.mono());
    this.#recovery = { remedy, at: clock.mono() };
    log.warn('opcua.subscription-lost', { group: this.#group.label, reason, remedy });
    this.#markBad(this.#heard);
    if (remedy !== 'resubscribe') throw link.fail(remedy, reason);
    const old = this.#subscription;
    if (old) {
      link.publishing.remove(old.id);
      await deleteSubscription(link, old.id).catch(onlyFaults);
    }
    await this.#begin();
  }

  #hand(taken: readonly Handled[]): void {
    this.#emit(taken.map(([handle, sample]) => this.#holes.passed(handle, sample)));
  }

  #markBad(heard: MonoMs | undefined): void {
    this.#emit(this.#holes.open(heard));
  }

  #refused(handle: number, status: StatusCode): Sample {
    const request = this.#group.items[handle] as Request;
    return refusedSample(request, status, this.#context);
  }
}

/** A server that cannot forget what it has forgotten already may say so. */
const onlyFaults = (error: unknown): void => {
  if (!(error instanceof ServiceFault)) throw error;
};
