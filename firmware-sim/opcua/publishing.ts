/** Reads the PublishResponses of one run of a server into the log of what it published. */
import { utcMs } from '../../gateway/model/units.ts';
import type { PublishedLog } from './published.ts';
import {
  DataChangeNotification,
  DataType,
  Int64ToBigInt,
  type MonitoredItemBase,
  type PublishResponse,
  UInt64ToBigInt,
  type Variant,
} from './stack.ts';

export class PublishingEar {
  readonly #log: PublishedLog;
  /** By NodeId. */
  readonly #names: ReadonlyMap<string, string>;
  readonly #items = new Map<number, MonitoredItemBase[]>();
  /** By subscription, then by the client's handle. */
  readonly #handles = new Map<number, Map<number, string>>();

  constructor(log: PublishedLog, names: ReadonlyMap<string, string>) {
    this.#log = log;
    this.#names = names;
  }

  itemCreated(subscription: number, item: MonitoredItemBase): void {
    const items = this.#items.get(subscription);
    if (items) items.push(item);
    else {
      this.#forgetEnded();
      this.#items.set(subscription, [item]);
    }
    this.#handles.delete(subscription);
  }

  /** How many monitored items are remembered. */
  get size(): number {
    return this.#items.values().reduce((sum, { length }) => sum + length, 0);
  }

  published({ subscriptionId, notificationMessage }: PublishResponse): void {
    for (const notification of notificationMessage.notificationData ?? [])
      if (notification instanceof DataChangeNotification)
        for (const { clientHandle, value } of notification.monitoredItems ?? [])
          this.#log.add({
            name: this.#nameOf(subscriptionId, clientHandle),
            value: plain(value.value),
            status: value.statusCode.value,
            sourceTime: value.sourceTimestamp ? utcMs(value.sourceTimestamp.getTime()) : undefined,
          });
  }

  #nameOf(subscription: number, handle: number): string {
    const handles = this.#handles.get(subscription) ?? this.#read(subscription);
    return handles.get(handle) ?? `handle ${handle}`;
  }

  /** An item that has ended has no node any more. */
  #forgetEnded(): void {
    for (const [subscription, items] of this.#items) {
      if (items.some(({ node }) => node)) continue;
      this.#items.delete(subscription);
      this.#handles.delete(subscription);
    }
  }

  /** Handles are read late: a client may change the handle of an item it has. */
  #read(subscription: number): Map<number, string> {
    const items = this.#items.get(subscription) ?? [];
    const handles = new Map(
      items.map(({ node, clientHandle }) => {
        const id = node?.nodeId.toString() ?? '';
        return [clientHandle, this.#names.get(id) ?? id];
      }),
    );
    this.#handles.set(subscription, handles);
    return handles;
  }
}

/** The value of a Variant with 64-bit integers as bigint. */
function plain({ dataType, value }: Variant): unknown {
  const exact =
    dataType === DataType.Int64
      ? Int64ToBigInt
      : dataType === DataType.UInt64
        ? UInt64ToBigInt
        : undefined;
  if (!exact || value === null || value === undefined) return value;
  return Array.isArray(value) && Array.isArray(value[0]) ? value.map(exact) : exact(value);
}
