/** A connection to a simulated OPC UA server that does no more than alarms need: requests, and what is published. */
import { OPCUAClient } from 'node-opcua';
import { transact } from '../../drivers/opcua/call.ts';
import { NO_LIMITS } from '../../drivers/opcua/limits.ts';
import type { OpcuaLink } from '../../drivers/opcua/link.ts';
import { Publishing } from '../../drivers/opcua/publishing.ts';
import { EventNotificationList, type Variant } from '../../drivers/opcua/stack.ts';
import { createSubscription } from '../../drivers/opcua/subscribing.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { millis, seconds } from '../../gateway/model/units.ts';

const clock = systemClock();

export interface AlarmLink {
  readonly link: OpcuaLink;
  readonly subscriptionId: number;
  /** Says goodbye, or breaks the connection. */
  end(politely?: boolean): Promise<void>;
}

/** One session with one subscription in it. */
export async function alarmLink(
  url: string,
  take: (fields: readonly Variant[]) => void,
): Promise<AlarmLink> {
  const client = OPCUAClient.create({
    endpointMustExist: false,
    connectionStrategy: { maxRetry: 0 },
    keepSessionAlive: false,
  });
  await client.connect(url);
  const session = await client.createSession();
  const token = session.authenticationToken;
  if (token === undefined) throw new Error('the server gave no session');
  const lost = new AbortController();
  client.on('close', () => lost.abort());
  const link: OpcuaLink = {
    resource: `opcua:${url}`,
    limits: NO_LIMITS,
    namespaces: await session.readNamespaceArray(),
    ask: (request, { timeout = seconds(5), signal } = {}) => {
      const either = signal ? AbortSignal.any([signal, lost.signal]) : lost.signal;
      return transact(client, request, { token, timeout, clock, url, signal: either });
    },
    connect: async () => {},
    close: async () => {},
  };
  const publishing = new Publishing({ ask: link.ask, sessionNumber: 1, lost: lost.signal }, clock);
  await publishing.resume();
  const subscription = await createSubscription(link, millis(20), seconds(30));
  publishing.add({
    ...subscription,
    take({ notificationData }) {
      for (const data of notificationData ?? [])
        if (data instanceof EventNotificationList)
          for (const { eventFields } of data.events ?? []) take(eventFields ?? []);
    },
    broken: () => {},
  });
  return {
    link,
    subscriptionId: subscription.id,
    async end(politely = true) {
      publishing.pause();
      if (politely) await session.close();
      lost.abort(new Error('ended'));
      await client.disconnect();
    },
  };
}
