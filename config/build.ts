/** The site of a draft that has no problems. Pure. */
import { dirname, join } from 'node:path';
import type { RemotePolicy } from '../gateway/model/command.ts';
import {
  busName,
  type DeviceName,
  deviceName,
  type TagId,
  tagId,
} from '../gateway/model/sample.ts';
import type { Tag } from '../gateway/model/tag.ts';
import type { RuleSet } from '../rules/rule.ts';
import type { DraftTag } from './checker.ts';
import type { Draft, DraftDevice } from './draft.ts';
import { hj212Of } from './hj212.ts';
import type { SimulationOptions, TagOptions } from './schema.ts';
import type { BusOptions } from './schema-bus.ts';
import { type BrokerOptions, brokerOf, type MqttOptions, mqttOptions } from './schema-uplink.ts';
import type { CommandsOptions } from './schema-write.ts';
import type {
  BrokerConfig,
  BusConfig,
  BusTransport,
  DeviceConfig,
  MqttConfig,
  OpcuaUser,
  SimulationConfig,
  Site,
  TagConfig,
  UplinkConfig,
} from './site.ts';
import { isRemote, writePolicyOf } from './write-policy.ts';

/** What the references of one uplink stand for; paths are absolute. */
export interface ResolvedUplink {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly ca: string | undefined;
  readonly clientCert: string | undefined;
  readonly clientKey: string | undefined;
}

/** What a site has that no file says. */
export interface Resolved {
  readonly journalPath: string;
  readonly uplinks: ReadonlyMap<string, ResolvedUplink>;
  readonly users: ReadonlyMap<string, OpcuaUser>;
  readonly operators: RemotePolicy['operators'];
  readonly rules: RuleSet;
  readonly hash: string;
}

/** Undefined when something in the draft is. */
export function siteOf(draft: Draft, resolved: Resolved): Site | undefined {
  const { gateway, journal, commands } = draft;
  if (gateway === undefined || journal === undefined || commands === undefined) return undefined;
  const buses = all(draft.buses, (name, options) =>
    busOf(name, options, { ...resolved, gateway: gateway.id }),
  );
  let index = 0;
  if (!buses) return undefined;
  const lines = new Map(buses.map((bus) => [String(bus.name), bus]));
  const devices = all(draft.devices, (name, device) => {
    const bus = lines.get(device.bus ?? '');
    return bus && deviceOf(name, device, bus, () => index++);
  });
  if (!devices) return undefined;
  const uplinks = all(draft.uplinks, (name, options): UplinkConfig | undefined => {
    const secrets = resolved.uplinks.get(name);
    if (!('hj212' in options))
      return secrets && uplinkOf(gateway, name, options, secrets, commands);
    const pw = secrets?.password;
    if (pw === undefined) return undefined;
    return { name, hj212: hj212Of(options, pw, gateway.timezone, devices), commands: 'refuse' };
  });
  if (!uplinks) return undefined;
  const { id, timezone, self_tags } = gateway;
  const { flash_budget: flashBudget, endurance } = journal;
  return {
    gateway: { id, timezone, ...(self_tags === 'on' && { hasSelfTags: true as const }) },
    journal: {
      path: resolved.journalPath,
      lossWindow: journal.loss_window,
      lossWindowMax: journal.loss_window_max,
      ...(flashBudget !== undefined && { flashBudget }),
      ...(endurance !== undefined && { endurance }),
      maxSize: journal.max_size,
      keep: journal.keep,
    },
    uplinks,
    buses,
    devices,
    tags: [
      ...devices.flatMap((device) => device.tags.map(({ tag }) => tag)),
      ...resolved.rules.derived,
    ],
    rules: resolved.rules,
    commands: { maxAge: commands.max_age, operators: resolved.operators },
    simulation: draft.simulation && simulationOf(draft.simulation),
    hash: resolved.hash,
  };
}

/** Undefined when one of them is. */
function all<T, R>(
  entries: ReadonlyMap<string, T | undefined>,
  of: (name: string, value: T) => R | undefined,
): R[] | undefined {
  const made: R[] = [];
  for (const [name, value] of entries) {
    const one = value === undefined ? undefined : of(name, value);
    if (one === undefined) return undefined;
    made.push(one);
  }
  return made;
}

function uplinkOf(
  { id: gateway, timezone }: Site['gateway'],
  name: string,
  options: BrokerOptions,
  resolved: ResolvedUplink,
  { max_age: commandAge }: CommandsOptions,
): UplinkConfig {
  const { commands, resend } = options;
  const connection = connectionOf(gateway, name, options, resolved);
  if ('mqtt' in options) return { name, mqtt: mqttOf(options, connection, timezone), commands };
  const { group, node = gateway, primary_host: primaryHost, fallback = [], only } = options;
  const hasAliases = options.aliases;
  const sparkplug = { group, node, primaryHost, fallback, hasAliases, only, resend, commandAge };
  return { name, sparkplug: { ...connection, ...sparkplug }, commands };
}

const connectionOf = (
  gateway: string,
  name: string,
  options: BrokerOptions,
  resolved: ResolvedUplink,
): BrokerConfig => ({
  url: brokerOf(options),
  version: options.version === 5 ? 5 : 4,
  clientId: options.client_id ?? `headgate-${gateway}-${name}`,
  ...resolved,
  keepalive: options.keepalive,
});

const mqttOf = (options: MqttOptions, connection: BrokerConfig, timezone: string): MqttConfig => {
  const { fallback = [], format, template, compress, window, unrouted, resend } = options;
  const { topic = TOPICS[format] } = options;
  const { ack, ack_within: ackWithin, replay, only, expiry } = options;
  const backlog = { rate: options.backlog_rate, perDay: options.backlog_per_day, timezone };
  const delivery = { window, unrouted, resend, ack, ackWithin, replay, backlog };
  return { ...connection, fallback, format, template, topic, compress, only, expiry, ...delivery };
};

/** Where messages go of which nobody says it. */
const TOPICS: Readonly<Record<MqttConfig['format'], string>> = {
  envelope: 'headgate/v1/{gateway}/{class}/{device}',
  thingsboard: 'v1/gateway/telemetry',
  'per-tag': 'headgate/{gateway}/{device}/{tag}',
  influx: 'headgate/{gateway}/influx',
  template: 'headgate/{gateway}/{device}',
};

/** An uplink of which nothing is written but where its broker is. */
export function plainUplink(
  gateway: string,
  name: string,
  url: string,
): Extract<UplinkConfig, { readonly mqtt: MqttConfig }> {
  const parsed = mqttOptions.parse({ mqtt: url });
  if (!parsed.ok) throw new Error('the options of an uplink have no defaults');
  const options = parsed.value;
  const connection = connectionOf(gateway, name, options, NO_SECRETS);
  return { name, mqtt: mqttOf(options, connection, 'UTC'), commands: options.commands };
}

export const NO_SECRETS: ResolvedUplink = {
  username: undefined,
  password: undefined,
  ca: undefined,
  clientCert: undefined,
  clientKey: undefined,
};

function busOf(
  name: string,
  options: BusOptions,
  { gateway, ...resolved }: Resolved & { readonly gateway: string },
): BusConfig | undefined {
  const common = { name: busName(name), silentShare: DEFAULT_SHARE, ...UNUSED_WIRE };
  if ('opcua' in options) {
    const user = resolved.users.get(name);
    const { opcua: url, security, session_timeout: sessionTimeout, timeout } = options;
    const pki = join(dirname(resolved.journalPath), 'pki', 'opcua');
    const keepAlive = options.keep_alive;
    const server = { url, security, sessionTimeout, keepAlive, timeout, pki, gateway };
    return user && { ...common, transport: { kind: 'opcua', ...server, user } };
  }
  if ('gpio' in options) {
    const { gpio, backend } = options;
    const chip = gpio === 'auto' ? undefined : gpio;
    return { ...common, transport: { kind: 'gpio', chip, backend } };
  }
  const silentShare = options.silent_share;
  if ('tcp' in options)
    return { ...common, silentShare, transport: { kind: 'tcp', ...options.tcp } };
  const { baud, format } = options;
  return { ...common, silentShare, transport: wireOf(options), baud, format };
}

type WireOptions = Extract<BusOptions, { readonly baud: unknown }>;

function wireOf(options: WireOptions): BusTransport {
  if ('serial' in options) {
    const { serial: path, direction } = options;
    return { kind: 'serial', path, ...(direction && { direction }) };
  }
  if ('serial_tcp' in options) return { kind: 'serial-tcp', ...options.serial_tcp };
  const { dtu, registration = NO_BYTES, heartbeat = NO_BYTES } = options;
  return { kind: 'dtu', ...dtu, registration, heartbeat };
}

const NO_BYTES = new Uint8Array();

/** Where nobody is polled nobody can be silent. */
const DEFAULT_SHARE = 0.05;

/** Packets have no baud rate; the contract wants a number all the same. */
const UNUSED_WIRE = { baud: 9600, format: '8N1' } as const;

function deviceOf(
  name: string,
  { common, own, raisesAlarms, tags }: DraftDevice,
  bus: BusConfig,
  nextIndex: () => number,
): DeviceConfig | undefined {
  if (common === undefined || own === undefined) return undefined;
  const { profile, baud = bus.baud, format = bus.format } = common;
  const device = deviceName(name);
  const made = all(tags, (quantity, draft: DraftTag): TagConfig | undefined => {
    const { common: options, address, addressText } = draft;
    if (options === undefined || address === undefined) return undefined;
    const field = { holds: draft.kind, takesRemote: isRemote(draft) };
    const tag = { ...tagOf(device, quantity, nextIndex(), options), field };
    const { scan = common.scan, access } = options;
    const write = writePolicyOf(device, quantity, draft);
    return { tag, addressText, address, scan, access, ...(write && { write }) };
  });
  const isOwn = baud !== bus.baud || format !== bus.format;
  return (
    made && {
      name: device,
      bus: bus.name,
      protocol: common.protocol,
      ...(profile !== undefined && { profile }),
      ...(isOwn && { settings: { baud, format } }),
      options: own,
      ...(raisesAlarms && { raisesAlarms }),
      tags: made,
    }
  );
}

/** The tag of a draft. */
export const tagOf = (
  device: DeviceName,
  quantity: string,
  index: number,
  { unit, decimals, deadband, heartbeat, counter }: TagOptions,
): Tag => ({
  index,
  id: tagId(device, quantity),
  device,
  quantity,
  unit,
  decimals,
  report: { deadband, heartbeat },
  ...(counter && { counter: { modulus: counter.modulus, maxRatePerHour: counter.max_rate } }),
});

const simulationOf = ({ devices, trace }: SimulationOptions): SimulationConfig => ({
  devices: new Map(
    [...devices].map(([name, { turnaround, fault, fault_share, signals }]) => [
      deviceName(name),
      { turnaround, fault, faultShare: fault === undefined ? 0 : fault_share, signals },
    ]),
  ),
  trace: trace && {
    ...trace,
    columns: new Map([...trace.columns].map(([title, tag]) => [title, tag as TagId])),
  },
});
