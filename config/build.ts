/** The site of a draft that has no problems. Pure. */
import { busName, deviceName, tagId } from '../gateway/model/sample.ts';
import type { Draft, DraftDevice, DraftTag } from './draft.ts';
import type { BusOptions, SimulationOptions, UplinkOptions } from './schema.ts';
import type {
  BusConfig,
  DeviceConfig,
  MqttConfig,
  SimulationConfig,
  Site,
  TagConfig,
} from './site.ts';

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
  readonly hash: string;
}

/** Undefined when something in the draft is. */
export function siteOf(draft: Draft, resolved: Resolved): Site | undefined {
  const { gateway, journal } = draft;
  if (gateway === undefined || journal === undefined) return undefined;
  const uplinks = all(draft.uplinks, (name, options) => {
    const secrets = resolved.uplinks.get(name);
    return secrets && { name, mqtt: mqttOf(gateway.id, name, options, secrets) };
  });
  const buses = all(draft.buses, busOf);
  let index = 0;
  const devices = all(draft.devices, (name, device) => deviceOf(name, device, () => index++));
  if (!uplinks || !buses || !devices) return undefined;
  return {
    gateway,
    journal: {
      path: resolved.journalPath,
      lossWindow: journal.loss_window,
      maxSize: journal.max_size,
      keep: journal.keep,
    },
    uplinks,
    buses,
    devices,
    tags: devices.flatMap((device) => device.tags.map(({ tag }) => tag)),
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

const mqttOf = (
  gateway: string,
  name: string,
  options: UplinkOptions,
  resolved: ResolvedUplink,
): MqttConfig => ({
  url: options.mqtt,
  version: options.version === 5 ? 5 : 4,
  clientId: options.client_id ?? `headgate-${gateway}-${name}`,
  ...resolved,
  topic: options.topic,
  keepalive: options.keepalive,
  window: options.window,
  unrouted: options.unrouted,
  resend: options.resend,
});

function busOf(name: string, options: BusOptions): BusConfig {
  const common = { name: busName(name), silentShare: options.silent_share };
  if ('tcp' in options)
    return { ...common, transport: { kind: 'tcp', ...options.tcp }, ...UNUSED_WIRE };
  const { baud, format } = options;
  const transport =
    'serial' in options
      ? { kind: 'serial' as const, path: options.serial }
      : { kind: 'serial-tcp' as const, ...options.serial_tcp };
  return { ...common, transport, baud, format };
}

/** Packets have no baud rate; the contract wants a number all the same. */
const UNUSED_WIRE = { baud: 9600, format: '8N1' } as const;

function deviceOf(
  name: string,
  { common, own, tags }: DraftDevice,
  nextIndex: () => number,
): DeviceConfig | undefined {
  if (common === undefined || own === undefined) return undefined;
  const device = deviceName(name);
  const made = all(
    tags,
    (quantity, { common: options, address, addressText }: DraftTag): TagConfig | undefined => {
      if (options === undefined || address === undefined) return undefined;
      const { unit, decimals, deadband, heartbeat, scan = common.scan } = options;
      const tag = {
        index: nextIndex(),
        id: tagId(name, quantity),
        device,
        quantity,
        unit,
        decimals,
        report: { deadband, heartbeat },
      };
      return { tag, addressText, address, scan };
    },
  );
  return (
    made && {
      name: device,
      bus: busName(common.bus),
      protocol: common.protocol,
      options: own,
      tags: made,
    }
  );
}

const simulationOf = ({ devices }: SimulationOptions): SimulationConfig => ({
  devices: new Map(
    [...devices].map(([name, { turnaround, fault, fault_share, signals }]) => [
      deviceName(name),
      { turnaround, fault, faultShare: fault === undefined ? 0 : fault_share, signals },
    ]),
  ),
});
