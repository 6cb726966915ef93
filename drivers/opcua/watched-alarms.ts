/**
 * The alarms of one device in a subscription of their own: made and watched, taken up again on the next connection,
 * made anew when it dies.
 */
import type { Clock } from '../../gateway/host/clock.ts';
import type { Log } from '../../gateway/host/log.ts';
import { Nap } from '../../gateway/host/nap.ts';
import { later, type MonoMs, millis, minutes, monoMs, seconds } from '../../gateway/model/units.ts';
import type { Watcher, Written } from '../driver.ts';
import { AlarmWatch, isGood } from './conditions.ts';
import type { OpcuaConnection } from './connection.ts';
import type { AlarmOptions, OpcuaDevice } from './device.ts';
import { type OpcuaLink, ServiceFault } from './link.ts';
import type { Publishing } from './publishing.ts';
import { isSessionGone } from './recovery.ts';
import { resolveNodes } from './resolve.ts';
import {
  coerceNodeId,
  EventNotificationList,
  NodeId,
  type NotificationMessage,
  type StatusCode,
} from './stack.ts';
import { createSubscription, deleteSubscription } from './subscribing.ts';

/** What of a connection alarms need. */
export interface AlarmLink extends OpcuaLink, Pick<OpcuaConnection, 'lost' | 'endurance'> {
  readonly publishing: Pick<Publishing, 'add' | 'has' | 'remove' | 'resume'>;
}

export interface AlarmContext {
  readonly link: AlarmLink;
  readonly device: OpcuaDevice;
  readonly clock: Clock;
  readonly log: Log;
}

type AlarmWatcher = Pick<Watcher, 'alarm' | 'standing'>;

/** How soon an alarm is told. */
const PUBLISHING = millis(250);
/** Between two attempts where the server refuses: it may have alarms after the next download of its program. */
const TRY_AGAIN = minutes(5);
/** Between two attempts where the server ends the subscription. */
const RENEW = seconds(10);
const NEVER = monoMs(Number.POSITIVE_INFINITY);
/** The Server object, whose events are those of the whole server (OPC 10000-3 §8.2). */
const SERVER = coerceNodeId('ns=0;i=2253');
/** The only item of its subscription. */
const HANDLE = 1;

export class WatchedAlarms {
  readonly #options: AlarmOptions;
  readonly #context: AlarmContext;
  readonly #alarms: AlarmWatch;
  readonly #nap: Nap;
  #watcher: AlarmWatcher = { alarm: () => {}, standing: () => {} };
  /** The subscription that is watched; undefined while none is. */
  #subscription: number | undefined;
  /** One that the server may still have and nobody wants. */
  #old: number | undefined;
  #begun: MonoMs = monoMs(0);
  #due: MonoMs = monoMs(0);
  #refused: string | undefined;

  constructor(options: AlarmOptions, context: AlarmContext) {
    const { device, ...rest } = context;
    this.#options = options;
    this.#context = context;
    this.#nap = new Nap('opcua.alarms', context.clock);
    this.#alarms = new AlarmWatch({
      ...rest,
      options,
      tolerance: device.clockTolerance,
      watcher: {
        alarm: (report) => this.#watcher.alarm(report),
        standing: (alarms) => this.#watcher.standing(alarms),
      },
    });
  }

  /** Once per connection; resolves with the signal, rejects when the connection is of no more use. */
  async watch(watcher: AlarmWatcher, signal: AbortSignal): Promise<void> {
    const { link, clock } = this.#context;
    const either = AbortSignal.any([signal, link.lost]);
    this.#watcher = watcher;
    try {
      await link.publishing.resume();
      const kept = this.#subscription;
      this.#due = kept === undefined ? clock.mono() : NEVER;
      if (kept !== undefined) await this.#alarms.refresh(kept, either);
      while (!either.aborted) {
        if (clock.mono() >= this.#due) await this.#begin(either);
        await this.#nap.until(this.#due, either);
      }
      if (!signal.aborted) throw link.lost.reason;
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Under the terms of WatchSession.acknowledge. */
  acknowledge(alarm: string, comment: string, signal: AbortSignal): Promise<Written> {
    return this.#alarms.acknowledge(alarm, comment, signal);
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#context;
    this.#begun = clock.mono();
    this.#due = NEVER;
    const status = await this.#tryToWatch(signal);
    const refused = isGood(status) ? undefined : status.name;
    if (refused !== undefined) this.#due = later(this.#begun, TRY_AGAIN);
    if (refused !== undefined && refused !== this.#refused)
      log.warn('opcua.alarms-refused', { status: refused });
    this.#refused = refused;
  }

  async #tryToWatch(signal: AbortSignal): Promise<StatusCode> {
    const { link } = this.#context;
    try {
      await this.#forget();
      const source = await this.#findSource();
      if (!(source instanceof NodeId)) return source;
      const subscription = await createSubscription(link, PUBLISHING, link.endurance);
      const { id } = subscription;
      this.#old = id;
      link.publishing.add({
        ...subscription,
        take: (message) => this.#take(message),
        broken: () => this.#onBroken(id),
      });
      const status = await this.#alarms.start(id, HANDLE, source, signal);
      if (!isGood(status)) await this.#forget();
      else if (link.publishing.has(id)) {
        this.#subscription = id;
        this.#old = undefined;
      }
      return status;
    } catch (error) {
      if (!(error instanceof ServiceFault) || isSessionGone(error.status.name)) throw error;
      return error.status;
    }
  }

  async #forget(): Promise<void> {
    const { link } = this.#context;
    const old = this.#old;
    if (old === undefined) return;
    this.#old = undefined;
    link.publishing.remove(old);
    await deleteSubscription(link, old).catch((error: unknown) => {
      if (!(error instanceof ServiceFault)) throw error;
    });
  }

  async #findSource(): Promise<NodeId | StatusCode> {
    const { link, device } = this.#context;
    const { source } = this.#options;
    if (source === undefined) return SERVER;
    const [found] = await resolveNodes(link, device, [source]);
    return found as NodeId | StatusCode;
  }

  #take({ notificationData }: NotificationMessage): void {
    for (const data of notificationData ?? [])
      if (data instanceof EventNotificationList)
        for (const { eventFields } of data.events ?? []) this.#alarms.take(eventFields ?? []);
  }

  #onBroken(subscription: number): void {
    this.#subscription = undefined;
    this.#old = subscription;
    this.#due = later(this.#begun, RENEW);
    this.#nap.wake();
  }
}
