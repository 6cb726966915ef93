/**
 * What the contract suite of drivers (../driver.test.ts) needs of each: a peer that speaks the protocol, the tags
 * that it has and has not, and the ways to hurt it.
 */
import type { BusAccess, Link, Planner, Session, WatchSession } from '../../../drivers/driver.ts';
import type { Clock } from '../../../gateway/host/clock.ts';
import { type VirtualClock, virtualClock } from '../../../gateway/host/virtual-clock.ts';
import type { Value } from '../../../gateway/model/sample.ts';
import { type Millis, millis } from '../../../gateway/model/units.ts';
import { until } from '../../support/waiting.ts';

/** One driver and one kind of peer. */
export interface DriverHarness {
  /** `modbus on a simulated wire` */
  readonly name: string;
  /** Programs and files, for `describeWith`. */
  readonly needs: readonly string[];
  /** Whether devices report by themselves: the scene then has a watched side. */
  readonly isWatched?: boolean;
  /** Addresses as in YAML. */
  readonly tags: TagChoice;
  /** A fresh peer, and a session on a connection that is not open yet. */
  setUp(): Promise<Scene>;
}

export interface TagChoice {
  /** What the peer has, with values that stand still; two of them at least share a group. */
  readonly present: readonly TagValue[];
  /** What the peer has not, however it is written. */
  readonly absent: readonly unknown[];
  /** What can be written, and values that it does not have at first. */
  readonly writable: { readonly address: unknown; readonly values: readonly [Value, Value] };
  /** What the protocol, the device's options or the peer itself does not let be written. */
  readonly readOnly: readonly TagValue[];
  /** What carries the peer's own time. */
  readonly stamped?: unknown;
}

export interface TagValue {
  readonly address: unknown;
  readonly value: Value;
}

export interface Scene {
  readonly planner: Planner;
  readonly protocol: string;
  readonly access: BusAccess;
  /** The device's options; the same parsed a second time; those of another unit, where a bus can have one. */
  readonly device: unknown;
  readonly twin: unknown;
  readonly stranger: unknown;
  readonly session: Session;
  readonly time: Passing;
  readonly peer: Peer;
  /** How long a request and its reply may take on the way, besides the device's patience. */
  readonly allowance: Millis;
  /** A second session with the device. */
  open(): Session;
  /** How often anything was sent on behalf of sessions, understood by the peer or not. */
  sent(): number;
  connect(): Promise<void>;
  /** Where devices report by themselves. */
  readonly watched?: WatchedSide;
  /** Makes a call under the conditions that the bus keeps: a wire is quiet before each request. */
  calmly<T>(call: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** What a driver has besides whose devices report by themselves. */
export interface WatchedSide {
  readonly session: WatchSession;
  readonly link: Link;
  /** The one of the present tags that the peer can give other values, the last of which it has at first. */
  readonly moving: { readonly address: unknown; readonly values: readonly Value[] };
  move(value: Value): void;
}

/** The far end, as it is seen from itself. */
export interface Peer {
  /** Requests that reached it, whatever became of them. */
  heard(): number;
  /** Those of them that write. */
  written(): number;
  /** What stands where the writable tag points. */
  standing(): Value;
  /** Everything that can be written, for comparison. */
  picture(): unknown;
  /** Takes no notice of requests. */
  beSilent(): void;
  /** Obeys, and its answers come far too late. */
  loseAnswers(): void;
  recover(): void;
  /** The connection is gone, and a new one refused until `restore`. */
  cut(): Promise<void>;
  restore(): Promise<void>;
}

/** Time that tests let pass. */
export interface Passing {
  readonly clock: Clock;
  /** What things may take longer than they have to. */
  readonly slack: Millis;
  /** Lets time pass until the promise settles. */
  settled<T>(promise: Promise<T>): Promise<T>;
  until(what: string, holds: () => boolean): Promise<void>;
  /** At least so much of it. */
  pass(time: Millis): Promise<void>;
}

const STEP: Millis = millis(5);
/** Of a busy machine. */
const REAL_SLACK: Millis = millis(400);

/** Time that moves only here. */
export function virtualTime(): Passing & { readonly clock: VirtualClock } {
  const clock = virtualClock();
  return {
    clock,
    slack: millis(2 * STEP),
    async settled(promise) {
      let isSettled = false;
      const settled = promise.finally(() => {
        isSettled = true;
      });
      settled.catch(() => {});
      await clock.advance(millis(0));
      while (!isSettled) await clock.advance(STEP);
      return settled;
    },
    until: (what, holds) =>
      until(what, async () => {
        if (holds()) return true;
        await clock.advance(STEP);
        return holds();
      }),
    pass: (time) => clock.advance(time),
  };
}

/** Time of the machine. */
export const realTime = (clock: Clock): Passing => ({
  clock,
  slack: REAL_SLACK,
  settled: (promise) => promise,
  until,
  async pass(time) {
    const end = clock.mono() + time;
    await until(`${time} ms`, () => clock.mono() >= end);
  },
});
