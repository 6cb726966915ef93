/**
 * What is tried when something between the gateway and an OPC UA server breaks: the smallest remedy first, a larger
 * one when a smaller did not last. The order of OPC 10000-4 §6.7, and the only place that decides it. Pure.
 */
import { between, type Millis, type MonoMs, minutes } from '../../gateway/model/units.ts';

/**
 * `resubscribe`: new subscriptions in the same session. `session`: a new session in the same channel. `client`: a new
 * channel, in it the old session if the server still has it.
 */
export const REMEDIES = ['resubscribe', 'session', 'client'] as const;
export type Remedy = (typeof REMEDIES)[number];

/** What broke: publishing, the session, or the connection under both. */
export type Breakage = 'subscription' | 'session' | 'channel';

/** The last remedy and when it was taken. */
export interface Recovery {
  readonly remedy: Remedy;
  readonly at: MonoMs;
}

/** A remedy that did not last so long was too small. */
export const LASTING: Millis = minutes(2);

const SMALLEST: Readonly<Record<Breakage, Remedy>> = {
  subscription: 'resubscribe',
  session: 'session',
  channel: 'client',
};

/** What to do about a breakage at `now`, given what was done last. */
export function remedyFor(breakage: Breakage, last: Recovery | undefined, now: MonoMs): Remedy {
  const smallest = REMEDIES.indexOf(SMALLEST[breakage]);
  const isRecent = last !== undefined && between(last.at, now) < LASTING;
  const escalated = isRecent ? REMEDIES.indexOf(last.remedy) + 1 : 0;
  return REMEDIES[Math.min(Math.max(smallest, escalated), REMEDIES.length - 1)] as Remedy;
}

/** Statuses of a server that no longer knows the session (OPC 10000-4 §5.7). */
const SESSION_GONE: ReadonlySet<string> = new Set([
  'BadSessionIdInvalid',
  'BadSessionClosed',
  'BadSessionNotActivated',
]);

/** Whether the server says that there is no such session: a new one cannot be the second. */
export const isSessionGone = (status: string): boolean => SESSION_GONE.has(status);

/** Statuses of a server that no longer knows a subscription (OPC 10000-4 §5.14). */
const SUBSCRIPTION_GONE: ReadonlySet<string> = new Set([
  'BadSubscriptionIdInvalid',
  'BadNoSubscription',
  'BadTimeout',
  'GoodSubscriptionTransferred',
]);
export const isSubscriptionGone = (status: string): boolean => SUBSCRIPTION_GONE.has(status);

/** What a server says that offers a service to nobody. */
const UNSUPPORTED: ReadonlySet<string> = new Set([
  'BadServiceUnsupported',
  'BadNotImplemented',
  'BadNotSupported',
]);
export const isUnsupported = (status: string): boolean => UNSUPPORTED.has(status);
