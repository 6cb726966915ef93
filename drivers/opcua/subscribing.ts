/** The service calls that make and end subscriptions and the items in them (OPC 10000-4 §5.13 and §5.14). */
import { type Millis, millis } from '../../gateway/model/units.ts';
import type { Item } from './items.ts';
import { inChunks } from './limits.ts';
import type { OpcuaLink } from './link.ts';
import { samplingOf } from './plan.ts';
import {
  AttributeIds,
  CreateMonitoredItemsRequest,
  type CreateMonitoredItemsResponse,
  CreateSubscriptionRequest,
  type CreateSubscriptionResponse,
  DataChangeFilter,
  DataChangeTrigger,
  DeadbandType,
  DeleteMonitoredItemsRequest,
  DeleteSubscriptionsRequest,
  MonitoringMode,
  type StatusCode,
  TimestampsToReturn,
} from './stack.ts';

/** OPC 10000-4 §5.14.2: the lifetime is at least three keep-alives. */
const LIFETIME_KEEP_ALIVES = 3;

export interface Subscription {
  readonly id: number;
  /** The longest the server stays silent. */
  readonly keepAlive: Millis;
}

/** How a subscription lives while nothing changes, and while nobody asks for what changed. */
export interface Endurance {
  /** The server says that it lives so often, or once a publishing where that is seldomer. */
  readonly keepAlive: Millis;
  /** The server keeps the subscription for so long without hearing of anybody. */
  readonly lifetime: Millis;
}

/** A subscription that is published as often as `interval`. */
export async function createSubscription(
  link: OpcuaLink,
  interval: Millis,
  { keepAlive: wanted, lifetime }: Endurance,
): Promise<Subscription> {
  const keepAliveCount = Math.max(1, Math.ceil(wanted / interval));
  const request = new CreateSubscriptionRequest({
    requestedPublishingInterval: interval,
    requestedMaxKeepAliveCount: keepAliveCount,
    requestedLifetimeCount: Math.max(
      LIFETIME_KEEP_ALIVES * keepAliveCount,
      Math.ceil(lifetime / interval),
    ),
    maxNotificationsPerPublish: 0,
    publishingEnabled: true,
    priority: 0,
  });
  const made = await link.ask<CreateSubscriptionResponse>(request);
  const keepAlive = made.revisedPublishingInterval * made.revisedMaxKeepAliveCount;
  return { id: made.subscriptionId, keepAlive: millis(keepAlive) };
}

/** The server may have forgotten it already, which is as good. */
export const deleteSubscription = (link: OpcuaLink, id: number): Promise<unknown> =>
  link.ask(new DeleteSubscriptionsRequest({ subscriptionIds: [id] }));

export const deleteItems = (
  link: OpcuaLink,
  subscriptionId: number,
  monitoredItemIds: number[],
): Promise<unknown> =>
  link.ask(new DeleteMonitoredItemsRequest({ subscriptionId, monitoredItemIds }));

/** An item on its way into a subscription; `handle` comes back with each of its values. */
export interface WantedItem {
  readonly handle: number;
  readonly item: Item;
  /** Whether the server is to keep small changes to itself, where the address says so. */
  readonly isFiltered: boolean;
}

/** An item as the server made it. */
export interface CreatedItem {
  readonly id: number;
  /** How often the server really looks. */
  readonly sampling: Millis;
}

/** What became of each, in their order: the item, or why there is none. */
export async function createItems(
  link: OpcuaLink,
  subscriptionId: number,
  wanted: readonly WantedItem[],
): Promise<readonly (CreatedItem | StatusCode)[]> {
  const results = await inChunks(link, 'itemsPerCall', wanted, async (chunk) => {
    const request = new CreateMonitoredItemsRequest({
      subscriptionId,
      timestampsToReturn: TimestampsToReturn.Both,
      itemsToCreate: chunk.map(itemToCreate),
    });
    return (await link.ask<CreateMonitoredItemsResponse>(request)).results;
  });
  return results.map(({ statusCode, monitoredItemId: id, revisedSamplingInterval: sampling }) =>
    statusCode.isGoodish() ? { id, sampling: millis(sampling) } : statusCode,
  );
}

function itemToCreate({ handle, item: { node, request }, isFiltered }: WantedItem) {
  const { interval, queue } = samplingOf(request);
  const { deadband, discard } = request.address;
  return {
    itemToMonitor: { nodeId: node, attributeId: AttributeIds.Value },
    monitoringMode: MonitoringMode.Reporting,
    requestedParameters: {
      clientHandle: handle,
      samplingInterval: interval,
      queueSize: queue,
      discardOldest: discard === 'oldest',
      filter:
        deadband && isFiltered
          ? new DataChangeFilter({
              trigger: DataChangeTrigger.StatusValue,
              deadbandType:
                deadband.kind === 'percent' ? DeadbandType.Percent : DeadbandType.Absolute,
              deadbandValue: deadband.value,
            })
          : null,
    },
  };
}
