import { describe, expect, test } from 'vitest';
import { ServiceFault, type ServiceRequest } from '../../../drivers/opcua/link.ts';
import { Publishing, type Subscriber } from '../../../drivers/opcua/publishing.ts';
import {
  NotificationMessage,
  PublishRequest,
  RepublishRequest,
  StatusCodes,
  TransferSubscriptionsRequest,
} from '../../../drivers/opcua/stack.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis } from '../../../gateway/model/units.ts';

interface Asked {
  readonly request: ServiceRequest;
  answer(response: object): Promise<void>;
  refuse(error: Error): Promise<void>;
}

const turns = async () => {
  for (let i = 0; i < 4; i++) await new Promise<void>((resolve) => setImmediate(resolve));
};

/** A session whose answers the test gives. */
function scriptedSession() {
  const asked: Asked[] = [];
  let lost = new AbortController();
  const link = {
    sessionNumber: 1,
    get lost() {
      return lost.signal;
    },
    ask: <R extends object>(request: ServiceRequest) =>
      new Promise<R>((resolve, reject) => {
        lost.signal.addEventListener('abort', () => reject(new Error('lost')));
        asked.push({
          request,
          answer: (response) => {
            resolve(response as R);
            return turns();
          },
          refuse: (error) => {
            reject(error);
            return turns();
          },
        });
      }),
  };
  const take = <T extends ServiceRequest>(kind: new (...args: never[]) => T) => {
    const found = asked.findIndex(({ request }) => request instanceof kind);
    const [one] = found < 0 ? [] : asked.splice(found, 1);
    if (one === undefined) throw new Error(`no ${kind.name} was asked`);
    return { ...one, request: one.request as T };
  };
  return {
    link,
    asked,
    take,
    lose: () => lost.abort(new Error('lost')),
    connect: (isNew: boolean) => {
      lost = new AbortController();
      asked.length = 0;
      if (isNew) link.sessionNumber++;
    },
  };
}

const data = (sequenceNumber: number) => {
  const message = new NotificationMessage({ sequenceNumber });
  message.notificationData = [Object.create({ monitoredItems: [] })];
  return message;
};
const keepAlive = (sequenceNumber: number) => new NotificationMessage({ sequenceNumber });

async function publishing(id = 5) {
  const clock = virtualClock();
  const session = scriptedSession();
  const publish = new Publishing(session.link, clock);
  const numbers: number[] = [];
  const broken: string[] = [];
  const subscriber: Subscriber = {
    id,
    keepAlive: millis(5_000),
    take: ({ sequenceNumber }) => numbers.push(sequenceNumber),
    broken: (reason) => broken.push(reason),
  };
  await publish.resume();
  publish.add(subscriber);
  await turns();
  const answer = (message: NotificationMessage) =>
    session.take(PublishRequest).answer({ subscriptionId: id, notificationMessage: message });
  return { ...session, clock, publish, subscriber, numbers, broken, answer };
}

describe('publishing', () => {
  test('keeps one request more than subscriptions with the server', async () => {
    const { asked, publish, subscriber } = await publishing();
    expect(asked).toHaveLength(2);
    publish.add({ ...subscriber, id: 6 });
    expect(asked).toHaveLength(3);
  });

  test('hands messages over in order and acknowledges each with the next request', async () => {
    const { answer, take, numbers } = await publishing();
    await answer(data(1));
    await answer(data(2));
    expect(numbers).toEqual([1, 2]);
    take(PublishRequest);
    const { request } = take(PublishRequest);
    expect(request.subscriptionAcknowledgements).toMatchObject([
      { subscriptionId: 5, sequenceNumber: 2 },
    ]);
  });

  test('asks again for a message that did not come, and holds the later ones back', async () => {
    const { answer, take, numbers, broken } = await publishing();
    await answer(data(1));
    await answer(data(4));
    await answer(data(5));
    expect(numbers).toEqual([1]);
    const second = take(RepublishRequest);
    expect(second.request.retransmitSequenceNumber).toBe(2);
    await second.answer({ notificationMessage: data(2) });
    await take(RepublishRequest).answer({ notificationMessage: data(3) });
    expect(numbers).toEqual([1, 2, 3, 4, 5]);
    expect(broken).toEqual([]);
  });

  test('notices at a keep-alive that a message did not come', async () => {
    const { answer, take, numbers } = await publishing();
    await answer(keepAlive(2));
    await take(RepublishRequest).answer({ notificationMessage: data(1) });
    expect(numbers).toEqual([1]);
  });

  test('says that the subscription is broken when the server has the message no more', async () => {
    const { answer, take, numbers, broken, publish } = await publishing();
    await answer(data(3));
    await take(RepublishRequest).refuse(new ServiceFault(StatusCodes.BadMessageNotAvailable));
    expect(broken).toEqual(['message 1 is lost']);
    expect(numbers).toEqual([]);
    expect(publish.facts()).toMatchObject({ lost_messages: 2, subscriptions: 0 });
  });

  test('takes nothing twice', async () => {
    const { answer, numbers } = await publishing();
    await answer(data(1));
    await answer(data(1));
    await answer(data(2));
    expect(numbers).toEqual([1, 2]);
  });

  test('gives a silent subscription up after three keep-alives, and not before', async () => {
    const { clock, answer, broken } = await publishing();
    await clock.advance(millis(14_000));
    await answer(keepAlive(1));
    await clock.advance(millis(14_900));
    expect(broken).toEqual([]);
    await clock.advance(millis(200));
    expect(broken).toEqual(['silent for 15000 ms']);
  });

  test('breaks every subscription when the server knows none', async () => {
    const { take, broken, clock } = await publishing();
    await take(PublishRequest).refuse(new ServiceFault(StatusCodes.BadNoSubscription));
    expect(broken).toEqual(['BadNoSubscription']);
    await clock.advance(millis(2_000));
  });

  test('asks for less when the server says that it is too much', async () => {
    const { take, asked, answer } = await publishing();
    await take(PublishRequest).refuse(new ServiceFault(StatusCodes.BadTooManyPublishRequests));
    expect(asked).toHaveLength(1);
    await answer(data(1));
    expect(asked).toHaveLength(1);
  });
});

describe('after a lost connection, publishing', () => {
  test('fetches what was missed from the session that lives on, then goes on', async () => {
    const { answer, take, numbers, lose, connect, publish, asked } = await publishing();
    await answer(data(1));
    lose();
    await turns();
    connect(false);
    const ready = publish.resume();
    await turns();
    await take(RepublishRequest).answer({ notificationMessage: data(2) });
    await take(RepublishRequest).refuse(new ServiceFault(StatusCodes.BadMessageNotAvailable));
    await ready;
    await turns();
    expect(numbers).toEqual([1, 2]);
    expect(asked.map(({ request }) => request.constructor.name)).toEqual([
      'PublishRequest',
      'PublishRequest',
    ]);
    await answer(data(3));
    expect(numbers).toEqual([1, 2, 3]);
  });

  test('takes the subscriptions over into a new session, where the server lets it', async () => {
    const { take, lose, connect, publish, broken, numbers } = await publishing();
    lose();
    await turns();
    connect(true);
    const ready = publish.resume();
    await turns();
    await take(TransferSubscriptionsRequest).answer({
      results: [{ statusCode: StatusCodes.Good }],
    });
    await take(RepublishRequest).answer({ notificationMessage: data(1) });
    await take(RepublishRequest).refuse(new ServiceFault(StatusCodes.BadMessageNotAvailable));
    await ready;
    expect(broken).toEqual([]);
    expect(numbers).toEqual([1]);
  });

  test('says which subscriptions are gone', async () => {
    const { take, lose, connect, publish, broken } = await publishing();
    lose();
    await turns();
    connect(true);
    const ready = publish.resume();
    await turns();
    const refused = { statusCode: StatusCodes.BadSubscriptionIdInvalid };
    await take(TransferSubscriptionsRequest).answer({ results: [refused] });
    await ready;
    expect(broken).toEqual(['BadSubscriptionIdInvalid']);
  });

  test('does not count the time without a connection as silence', async () => {
    const { take, lose, connect, publish, broken, clock } = await publishing();
    lose();
    publish.pause();
    await clock.advance(millis(60_000));
    connect(false);
    const ready = publish.resume();
    await turns();
    await take(RepublishRequest).refuse(new ServiceFault(StatusCodes.BadMessageNotAvailable));
    await ready;
    await clock.advance(millis(14_000));
    expect(broken).toEqual([]);
  });
});
