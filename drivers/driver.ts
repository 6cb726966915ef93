/**
 * The plug-in contract of a protocol. A driver plans requests (pure) and opens sessions; the bus
 * decides when a request may go out and gives it the line for itself.
 */
import type { Clock } from '../gateway/host/clock.ts';
import type { Log } from '../gateway/host/log.ts';
import type { Refusal, Schema } from '../gateway/host/schema.ts';
import type { StateStore } from '../gateway/host/state-store.ts';
import type { AlarmReport } from '../gateway/model/alarm.ts';
import type { ErrorCode, ErrorDetails } from '../gateway/model/errors.ts';
import type { Sample, Value } from '../gateway/model/sample.ts';
import type { Tag } from '../gateway/model/tag.ts';
import type { Millis } from '../gateway/model/units.ts';
import type { Line, ResourceKey, SerialTiming } from './line/line.ts';

/** A tag with its parsed address and how often it is wanted. */
export interface TagRequest<Address> {
  readonly tag: Tag;
  readonly address: Address;
  readonly scan: Millis;
}

/** One request on the wire, for tags of one device and one scan class. */
export interface Group {
  /** Unique within the device; names the group in logs and plans: `holding 100..124`. */
  readonly label: string;
  readonly scan: Millis;
  readonly tags: readonly Tag[];
  readonly cost: WireCost;
}

/** What a request costs on the wire; the bus turns bytes into time by the line's baud rate. */
export interface WireCost {
  readonly requestBytes: number;
  readonly replyBytes: number;
}

/**
 * How a request ended, for the device link. `answered`: the device spoke, whatever it said about the
 * tags. `silent`: no answer in time. `garbled`: bytes came, but no valid frame.
 */
export type Outcome = 'answered' | 'silent' | 'garbled';

export interface Reading<G extends Group = Group> {
  /** One per tag of the group, in the group's order; none when `regroup` takes the group's place. */
  readonly samples: readonly Sample[];
  readonly outcome: Outcome;
  /** From the last byte sent to the first byte received; undefined without an answer. */
  readonly turnaround: Millis | undefined;
  /**
   * What the driver learnt: from now on the group's tags are read as these groups, at once and then in
   * the group's scan class. Every tag of the group is in exactly one of them.
   */
  readonly regroup?: readonly G[];
  /**
   * The next read of the group, counted from its end, whatever its scan class says: sooner when the device is
   * busy, later when it refuses for good.
   */
  readonly again?: Millis;
}

/** A value on its way to the device, as the address' driver understands it. */
export interface WriteRequest<Address = unknown> {
  readonly tag: Tag;
  readonly address: Address;
  readonly value: Value;
}

/** A write before it is one, where the device is: of this value, or of any while nobody knows which. */
export interface WriteWish<Address = unknown> {
  readonly tag: Tag;
  readonly address: Address;
  readonly value: Value | undefined;
  readonly framing: BusAccess['framing'];
}

/**
 * How a write ended. `written`: the device acknowledged it, or the protocol has no acknowledgement for it
 * (a broadcast). `rejected`: the device, or the device's options here, refused it and nothing changed.
 * `unknown`: it left, and no answer came; it is never repeated by itself. `failed`: it did not leave.
 */
export type WriteOutcome = 'written' | 'rejected' | 'unknown' | 'failed';

export interface Written {
  readonly outcome: WriteOutcome;
  /** Why it was refused. */
  readonly refusal?: { readonly code: ErrorCode; readonly details: ErrorDetails };
  readonly turnaround: Millis | undefined;
}

/** What a session may use of the gateway, whatever it talks over. */
export interface SessionIo extends BusAccess {
  readonly clock: Clock;
  readonly log: Log;
}

/** What the session of a device on a line may use. */
export interface DriverIo extends SessionIo {
  /**
   * The bus's transport, shared with the other sessions of the bus and used only inside a request.
   */
  readonly line: Line;
}

/**
 * What the bus configuration offers a driver: where it is, and how bytes become frames there.
 * `packets`: Modbus TCP and the like. `wire`: characters on a serial wire, near or far. `opcua`, `gpio`: a link
 * of the driver's own.
 */
export interface BusAccess {
  readonly resource: ResourceKey;
  readonly framing: 'packets' | 'wire' | 'opcua' | 'gpio';
  /** Of the device's own settings on this wire; the bus tunes the line to them before each request. */
  readonly timing: SerialTiming | undefined;
}

/**
 * What a driver lets people write. Apart from the driver itself, so that a running gateway does not
 * carry the checks it is done with.
 */
export interface DriverOptions<Device = unknown, Address = unknown> {
  /** The name in `protocol:`, the same as the driver's. */
  readonly type: string;
  /** The device's own options in YAML. */
  readonly deviceSchema: Schema<Device>;
  /** The text of a tag's `address:` in YAML, or an object with it and the tag's own options. */
  readonly addressSchema: Schema<Address>;
  /** The kinds of bus that such a device can be on; any when left out. */
  framings?(device: Device): readonly BusAccess['framing'][];
  /** Whether the device reports alarms of its own; no driver's does when left out. */
  raisesAlarms?(device: Device): boolean;
  /** Why the address makes no sense for this device; undefined where it does. */
  misfit?(device: Device, address: Address): Refusal | undefined;
  /** What a read of the address gives, where the address alone says it. */
  kindOf?(address: Address): 'flag' | 'number' | 'text' | undefined;
  /** Whether what is written holds for a time only, unless it is written again. */
  isFading?(address: Address): boolean;
  /**
   * Why the device, as its options are, is never asked to write this; undefined where it may be. A session refuses the same
   * before anything leaves.
   */
  refusesWrite?(device: Device, wish: WriteWish<Address>): Written['refusal'] | undefined;
  /** What on the bus the address takes for itself alone; two tags of a bus with equal ones are a mistake. */
  claimOf?(address: Address): string;
}

export interface Planner<Device = unknown, Address = unknown, G extends Group = Group> {
  readonly type: string;
  /**
   * Pure: merges tags into as few requests as the device's limits and the wire's cost allow. Every
   * tag is in exactly one group.
   */
  plan(device: Device, tags: readonly TagRequest<Address>[], access: BusAccess): readonly G[];
  /**
   * Names the unit on its bus, `modbus 3`; devices with equal names are one unit, and live and die together.
   */
  unitOf(device: Device): string;
}

/** A protocol whose devices are asked, one request at a time, on a line that the gateway owns. */
export interface Driver<Device = unknown, Address = unknown, G extends Group = Group>
  extends Planner<Device, Address, G> {
  /** Does no I/O on a shared line; may be called while the line is down. */
  open(device: Device, io: DriverIo): Session<G, Address>;
}

/**
 * A protocol that has a connection of its own and whose devices report by themselves: an OPC UA server, the pins
 * of the box. `Bus` is what the configuration says of the bus, `L` the connection.
 */
export interface WatchDriver<
  Bus = unknown,
  Device = unknown,
  Address = unknown,
  G extends Group = Group,
  L extends Link = Link,
> extends Planner<Device, Address, G> {
  /** The way to everything on the bus. Does no I/O yet. */
  link(bus: Bus, io: LinkIo): L;
  /** Does no I/O yet; may be called while the link is down. */
  open(device: Device, io: WatchIo<L>): WatchSession<G, Address>;
}

export type AnyDriver = Driver | WatchDriver;

export const isWatchDriver = (driver: AnyDriver): driver is WatchDriver => 'link' in driver;

/** What a link may use of the gateway. */
export interface LinkIo {
  readonly clock: Clock;
  readonly log: Log;
  /** What has to outlive a restart: pulses counted. */
  readonly state: StateStore;
}

/** What the session of a device that reports by itself may use. */
export interface WatchIo<L extends Link = Link> extends SessionIo {
  readonly link: L;
  readonly state: StateStore;
}

/** A connection that a driver keeps by itself. The bus alone decides when it is opened again. */
export interface Link {
  readonly resource: ResourceKey;
  /**
   * Opens once; rejects when the far end is not there or refuses. An open link resolves at once. What is left of an
   * earlier connection (a session the server still keeps) is taken up again or given up here, never doubled.
   */
  connect(signal: AbortSignal): Promise<void>;
  /** Ends the connection; idempotent, never throws. `forGood`: nothing is kept to be taken up again. */
  close(forGood: boolean): Promise<void>;
  /** For the status: names and numbers that say how it goes. */
  facts?(): Readonly<Record<string, string | number>>;
}

/** Takes what a device reports. */
export interface Watcher {
  /** Of one report, in the device's order. */
  samples(samples: readonly Sample[]): void;
  /** A device with alarms of its own; after (re)connecting, first all that stand. */
  alarm(report: AlarmReport): void;
  /** The device has told of all its alarms that stand, these: what else was known has cleared. */
  standing(alarms: readonly string[]): void;
}

export interface Session<G extends Group = Group, Address = unknown> {
  /** The device's time-out: how long it may stay silent before a request counts as unanswered. */
  readonly patience: Millis;
  /** How long the wire has to be quiet before each of the session's requests. */
  readonly silence: Millis;
  /** How long the unit is left in peace after it answered; others may use the wire meanwhile. */
  readonly gap: Millis;
  /**
   * Called by the bus with the line open, quiet and reserved, one call at a time per bus. "The device said
   * no" and "no answer" are bad samples; rejects only when the line is lost. Settles within the
   * device's time-out plus the reply's time on the wire, once for each try that the device's options ask for.
   * `timeout` overrides the device's own for a probe, which is one try.
   */
  read(group: G, signal: AbortSignal, timeout?: Millis): Promise<Reading<G>>;
  /**
   * Where the device takes several requests at once: the most of them, and the call that reads so many
   * groups together under the terms of `read`. One reading per group, in their order.
   */
  readonly burst?: number;
  readBurst?(groups: readonly G[], signal: AbortSignal): Promise<readonly Reading<G>[]>;
  /**
   * Called like `read`. "The device said no" is an outcome; rejects only when the line is lost, and then
   * says nothing about whether the device obeyed. Absent where a protocol only reads.
   */
  write?(request: WriteRequest<Address>, signal: AbortSignal): Promise<Written>;
  /**
   * The unit came back after a silence and may be another one: forgets what was learnt about it and returns
   * the groups to begin with again; undefined when there is nothing to forget.
   */
  relearn?(): readonly G[] | undefined;
  /** Settles everything pending; idempotent. */
  close(): Promise<void>;
}

/** The session of a device that reports by itself. */
export interface WatchSession<G extends Group = Group, Address = unknown>
  extends Session<G, Address> {
  /**
   * Called each time the link has opened. Watches all groups and hands over what comes until the signal ends it, and
   * resolves then; rejects when the link is lost. A tag that cannot be watched is a bad sample and is tried again
   * slowly, by itself; a source that reports no changes by itself is read in the groups' scan classes.
   */
  watch(groups: readonly G[], watcher: Watcher, signal: AbortSignal): Promise<void>;
  /** Passes back to the device that somebody has seen the alarm. Under the terms of `write`. */
  acknowledge?(alarm: string, comment: string, signal: AbortSignal): Promise<Written>;
}
