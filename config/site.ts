/**
 * The configuration of one gateway, parsed and checked: what the rest of the code sees. Nothing
 * here is optional that has a default.
 */
import type { SerialFormat, SerialSettings } from '../drivers/line/line.ts';
import type { RemotePolicy, WritePolicy } from '../gateway/model/command.ts';
import type { BusName, DeviceName, TagId } from '../gateway/model/sample.ts';
import type { Tag } from '../gateway/model/tag.ts';
import type { Bytes, Millis } from '../gateway/model/units.ts';
import type { RuleSet } from '../rules/rule.ts';

export interface Site {
  readonly gateway: {
    readonly id: string;
    readonly timezone: string;
    /** It tells of itself by tags of its own. */
    readonly hasSelfTags?: true;
  };
  readonly journal: JournalConfig;
  readonly uplinks: readonly UplinkConfig[];
  readonly buses: readonly BusConfig[];
  readonly devices: readonly DeviceConfig[];
  /** All tags of all devices, and behind them those that rules derive; `tags[i].index === i`. */
  readonly tags: readonly Tag[];
  readonly rules: RuleSet;
  /** What is wanted of commands from upstream; they come by the uplinks that accept them. */
  readonly commands: RemotePolicy;
  /** How `demo` and `sim` play the field; absent from a real site. */
  readonly simulation: SimulationConfig | undefined;
  /**
   * SHA-256 of the merged configuration, hexadecimal; changes exactly when its meaning may have.
   */
  readonly hash: string;
}

export interface JournalConfig {
  /** Absolute. */
  readonly path: string;
  /** The longest a telemetry sample waits before its commit begins. */
  readonly lossWindow: Millis;
  /** How far that may be widened to hold the budget. Left out: not at all. */
  readonly lossWindowMax?: Millis;
  /** Bytes a day that may be written to the flash. */
  readonly flashBudget?: Bytes;
  /** Bytes that the flash may take in its life. */
  readonly endurance?: Bytes;
  readonly maxSize: Bytes;
  readonly keep: Millis;
}

/** Told apart by the key that says what kind it is. */
export type UplinkConfig =
  | UplinkOf<'mqtt', MqttConfig>
  | UplinkOf<'sparkplug', SparkplugConfig>
  | UplinkOf<'hj212', Hj212Config>;

type UplinkOf<K extends string, Config> = UplinkCommon & { readonly [key in K]: Config };

interface UplinkCommon {
  readonly name: string;
  /** Whether commands are taken from it. */
  readonly commands: 'accept' | 'refuse';
}

/** How a broker is reached. */
export interface BrokerConfig {
  /** mqtt:// or mqtts:// */
  readonly url: string;
  readonly version: 4 | 5;
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Absolute paths of PEM files. */
  readonly ca: string | undefined;
  readonly clientCert: string | undefined;
  readonly clientKey: string | undefined;
  readonly keepalive: Millis;
}

/** What an uplink gets, by the class of the block: patterns of tag ids. A class that is not there stays away. */
export interface OnlyConfig {
  readonly telemetry?: readonly string[] | undefined;
  readonly alarm?: readonly string[] | undefined;
  readonly record?: readonly string[] | undefined;
}

export interface MqttConfig extends BrokerConfig {
  /** Further brokers. */
  readonly fallback: readonly string[];
  readonly format: 'envelope' | 'thingsboard' | 'per-tag' | 'influx' | 'template';
  /** JSON with placeholders, of format template. */
  readonly template: unknown;
  /** With `{gateway}`, `{class}`, `{device}`, `{tag}`. */
  readonly topic: string;
  readonly compress: 'none' | 'zstd';
  /** Undefined: everything. */
  readonly only: OnlyConfig | undefined;
  /** Of messages that are not history; undefined: they do not expire. */
  readonly expiry: Millis | undefined;
  /** Messages on their way at once; the broker's receive maximum lowers it. */
  readonly window: number;
  /**
   * What a PUBACK "no matching subscribers" (MQTT 5, 0x10) means: taken, or hold the block until
   * somebody listens.
   */
  readonly unrouted: 'accept' | 'hold';
  /**
   * After a lost connection, blocks acknowledged this shortly before the loss are sent again: a
   * broker that died may have lost them.
   */
  readonly resend: Millis;
  /** Whose acknowledgement counts. */
  readonly ack: 'broker' | 'receiver';
  /** How long a receiver may take. */
  readonly ackWithin: Millis;
  /** Whether blocks are sent again that somebody upstream asks for. */
  readonly replay: 'accept' | 'refuse';
  readonly backlog: BacklogBudget;
}

/** What the blocks that wait from an outage may take of the line; undefined: what is left of it. */
export interface BacklogBudget {
  /** A second. */
  readonly rate: Bytes | undefined;
  /** In a day. */
  readonly perDay: Bytes | undefined;
  /** IANA; that of the site. Its days count. */
  readonly timezone: string;
}

/** An edge node of Sparkplug B 3.0; `url` is the first of its brokers. */
export interface SparkplugConfig extends BrokerConfig {
  readonly group: string;
  readonly node: string;
  /** The host without which nothing is said; undefined: none. */
  readonly primaryHost: string | undefined;
  /** Further brokers. */
  readonly fallback: readonly string[];
  readonly hasAliases: boolean;
  /** Undefined: everything. */
  readonly only: OnlyConfig | undefined;
  /** After a lost connection, what was delivered this shortly before the loss is sent again, as history. */
  readonly resend: Millis;
  /** How long after its timestamp a command may still be carried out. */
  readonly commandAge: Millis;
}

/** A supervising platform that is told pollution data (HJ 212-2017). */
export interface Hj212Config {
  readonly host: string;
  readonly port: number;
  /** The code of the system, two digits: 32 is water pollution source. */
  readonly st: string;
  /** The id of the data logger at the platform. */
  readonly mn: string;
  readonly pw: string;
  /** IANA; that of the site. */
  readonly timezone: string;
  readonly factors: readonly Hj212Factor[];
  readonly sends: readonly Hj212Data[];
  /** Between two real-time data, and the length of a period of minute data, until the host sets another. */
  readonly realtime: Millis;
  readonly minute: Millis;
  /** For an acknowledgement, and how often it is asked for again, until the host sets others. */
  readonly overTime: Millis;
  readonly reCount: number;
  /** How long after its end a period is closed: what is stored later is not in it. */
  readonly settle: Millis;
  /** What is older is not sent later any more. */
  readonly backfill: Millis;
}

export type Hj212Data = 'realtime' | 'minute' | 'hour' | 'day';
/** What is said of data beside the value (HJ 212-2017). */
export type DataFlag = 'N' | 'S' | 'T' | 'M' | 'C' | 'F' | 'D' | 'B';

export interface Hj212Factor {
  /** `w01018` */
  readonly code: string;
  readonly tag: TagId;
  /** A counter of which -Cou is what it grew by. */
  readonly total?: { readonly tag: TagId; readonly maxAge: Millis } | undefined;
  /** A tag that says the state of the analyser, by its values as text; a value that is not there is a fault. */
  readonly flag?:
    | {
        readonly tag: TagId;
        readonly values: ReadonlyMap<string, DataFlag>;
        readonly maxAge: Millis;
      }
    | undefined;
  /** How long a sample of this tag stands when no other comes; the others have their own. */
  readonly maxAge: Millis;
}

/** A line that the gateway asks its questions on. */
export type WireTransport =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'serial-tcp'; readonly host: string; readonly port: number }
  | {
      readonly kind: 'serial';
      readonly path: string;
      /** The pin that turns the RS-485 transceiver round: chip and line, high while sending. */
      readonly direction?: { readonly chip: string; readonly line: number | string };
    }
  /**
   * A serial wire behind a DTU that dials in here. Several may share one port; each is told apart by the
   * registration it sends first.
   */
  | {
      readonly kind: 'dtu';
      /** Where the gateway listens. */
      readonly host: string;
      readonly port: number;
      /** What the DTU sends when it has connected; empty: the first that connects is it. */
      readonly registration: Uint8Array;
      /** What it sends now and then to keep the connection alive; dropped wherever it stands alone. */
      readonly heartbeat: Uint8Array;
    };

/** An OPC UA server; its devices report by themselves. */
export interface OpcuaTransport {
  readonly kind: 'opcua';
  /** opc.tcp://host:port/path */
  readonly url: string;
  readonly security: OpcuaSecurity;
  readonly user: OpcuaUser;
  /** How long the server keeps the session of a client it does not hear of. */
  readonly sessionTimeout: Millis;
  /** How often the server says that it lives while nothing changes. */
  readonly keepAlive: Millis;
  /** How long the server may take for one answer. */
  readonly timeout: Millis;
  /** Absolute; keys, certificates and trust of this gateway as a client. */
  readonly pki: string;
  /** The id of this gateway, part of the name it has at the server. */
  readonly gateway: string;
}

export const OPCUA_SECURITIES = [
  'None',
  'Basic256Sha256/Sign',
  'Basic256Sha256/SignAndEncrypt',
  'Aes256_Sha256_RsaPss/Sign',
  'Aes256_Sha256_RsaPss/SignAndEncrypt',
] as const;
/** Policy and mode of the secure channel (OPC 10000-7 §6.6). */
export type OpcuaSecurity = (typeof OPCUA_SECURITIES)[number];

export type OpcuaUser =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'password'; readonly name: string; readonly password: string }
  /** Absolute paths of PEM files. */
  | { readonly kind: 'certificate'; readonly certificate: string; readonly key: string };

/** The pins of this machine. */
export interface GpioTransport {
  readonly kind: 'gpio';
  /** Label or name of the chip, `pinctrl-bcm2711`, `gpiochip0`; undefined: the only one, or the first. */
  readonly chip: string | undefined;
  /** How the pins are reached; auto takes the character device where its tools are installed. */
  readonly backend: 'auto' | 'sysfs' | 'gpiod' | 'simulated';
}

export type BusTransport = WireTransport | OpcuaTransport | GpioTransport;

export type BusConfig = BusConfigOf<BusTransport>;
/** A bus with a line on which one device is asked at a time. */
export type WireBusConfig = BusConfigOf<WireTransport>;

export const isWireBus = (bus: BusConfig): bus is WireBusConfig =>
  bus.transport.kind !== 'opcua' && bus.transport.kind !== 'gpio';

interface BusConfigOf<T extends BusTransport> {
  readonly name: BusName;
  readonly transport: T;
  /** On a serial wire, near or behind a serial server. */
  readonly baud: number;
  readonly format: SerialFormat;
  /** The share of line time that all silent devices of this bus may use together, 0..1. */
  readonly silentShare: number;
}

export interface DeviceConfig {
  readonly name: DeviceName;
  readonly bus: BusName;
  readonly protocol: string;
  /** The profile that the device was made from, `eastron/sdm630`. */
  readonly profile?: string;
  /** Of a device on a wire, where they differ from the bus's. */
  readonly settings?: SerialSettings;
  /** What the driver's own deviceSchema made of the device's options. */
  readonly options: unknown;
  /** It has alarms of its own. */
  readonly raisesAlarms?: true;
  readonly tags: readonly TagConfig[];
}

export interface TagConfig {
  readonly tag: Tag;
  /** The address as written, and what the driver's addressSchema made of it. */
  readonly addressText: string;
  readonly address: unknown;
  readonly scan: Millis;
  /** What may be done with the tag; a tag that is only written is never polled. Left out: read. */
  readonly access?: TagAccess;
  /** What the site lets be done to it; undefined: it cannot be written. */
  readonly write?: WritePolicy | undefined;
}

export type TagAccess = 'read' | 'write' | 'read-write';

export interface SimulationConfig {
  readonly devices: ReadonlyMap<DeviceName, SimulatedDevice>;
  /** How a recorded table becomes samples of the site's tags; undefined: nobody said. */
  readonly trace: TraceMapping | undefined;
}

/** What the columns of a recorded table (CSV) are. */
export interface TraceMapping {
  /** The title of the column with the time. */
  readonly time: string;
  readonly separator: ';' | ',';
  /** By the title of the column. */
  readonly columns: ReadonlyMap<string, TagId>;
}

export const SIMULATED_FAULTS = [
  'silent',
  'late',
  'wrong-unit',
  'bad-crc',
  'half-frame',
  'noise',
  'exception',
  'reboot',
  'busy',
  'zero',
  'torn',
  'swap',
  'stuck',
  'collision',
  'babble',
] as const;
export type SimulatedFault = (typeof SIMULATED_FAULTS)[number];

export interface SimulatedDevice {
  /** From the last byte of a request to the first of the reply. */
  readonly turnaround: Millis;
  readonly fault: SimulatedFault | undefined;
  /** The share of requests that meet the fault, 0..1. */
  readonly faultShare: number;
  /**
   * By quantity: the range its signal moves in and how fast. Tags without one get a plausible
   * default.
   */
  readonly signals: ReadonlyMap<string, SimulatedSignal>;
}

export interface SimulatedSignal {
  readonly shape: 'sine' | 'ramp' | 'counter' | 'square' | 'walk' | 'constant';
  readonly min: number;
  readonly max: number;
  readonly period: Millis;
}
