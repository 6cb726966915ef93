import {
  DataChangeNotification,
  DataType,
  DataValue,
  NodeId,
  PublishResponse,
  VariantArrayType,
} from 'node-opcua';
import { expect, it } from 'vitest';
import { PublishedLog } from '../../../firmware-sim/opcua/published.ts';
import { PublishingEar } from '../../../firmware-sim/opcua/publishing.ts';

type Item = Parameters<PublishingEar['itemCreated']>[1];

const itemOf = (id: string, clientHandle: number): Item => {
  const node = { nodeId: NodeId.resolveNodeId(id) } as NonNullable<Item['node']>;
  return { node, clientHandle } as Item;
};

const responseOf = (subscriptionId: number, clientHandle: number, value: DataValue) =>
  new PublishResponse({
    subscriptionId,
    notificationMessage: {
      notificationData: [new DataChangeNotification({ monitoredItems: [{ clientHandle, value }] })],
    },
  });

const number = (value: number) =>
  new DataValue({ value: { dataType: DataType.Double, value }, sourceTimestamp: new Date(5) });

it('names what was published by the subscription and its handle of then', () => {
  const log = new PublishedLog(10);
  const ear = new PublishingEar(log, new Map([['ns=2;s=a', 'a']]));
  const item = itemOf('ns=2;s=a', 7);
  ear.itemCreated(1, item);
  ear.itemCreated(2, itemOf('ns=2;s=b', 7));
  ear.published(responseOf(1, 7, number(1)));
  ear.published(responseOf(2, 7, number(2)));
  ear.published(responseOf(2, 8, number(3)));
  expect(log.all()).toEqual([
    { name: 'a', value: 1, status: 0, sourceTime: 5 },
    { name: 'ns=2;s=b', value: 2, status: 0, sourceTime: 5 },
    { name: 'handle 8', value: 3, status: 0, sourceTime: 5 },
  ]);
});

it('has 64-bit integers as they are, one or many', () => {
  const log = new PublishedLog(10);
  const ear = new PublishingEar(log, new Map());
  const { Scalar, Array: Many } = VariantArrayType;
  const ones = [0xffff_ffff, 0xffff_ffff];
  const pair = [
    [0, 1],
    [0x20_0000, 1],
  ];
  for (const value of [
    { dataType: DataType.Int64, arrayType: Scalar, value: ones },
    { dataType: DataType.UInt64, arrayType: Scalar, value: ones },
    { dataType: DataType.UInt64, arrayType: Many, value: pair },
  ])
    ear.published(responseOf(1, 1, new DataValue({ value })));
  expect(log.all().map(({ value }) => value)).toEqual([
    -1n,
    18_446_744_073_709_551_615n,
    [1n, 9_007_199_254_740_993n],
  ]);
});

it('forgets the items of subscriptions that have ended', () => {
  const ear = new PublishingEar(new PublishedLog(10), new Map());
  for (let subscription = 0; subscription < 100; subscription++) {
    const item = itemOf('ns=2;s=a', 1);
    ear.itemCreated(subscription, item);
    item.node = null;
  }
  expect(ear.size).toBe(1);
});
