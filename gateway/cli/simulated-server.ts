/** Turns a bus of OPC UA into the server that the simulator plays: every node that a tag names, and what moves it. */
import type {
  BusConfig,
  DeviceConfig,
  OpcuaTransport,
  Site,
  TagConfig,
} from '../../config/site.ts';
import type {
  NamespaceRef,
  NodeRef,
  OpcuaAddress,
  OpcuaDevice,
} from '../../drivers/opcua/device.ts';
import { nodeText } from '../../drivers/opcua/node-ref.ts';
import { isOfCell } from '../../firmware-sim/opcua/cell-namespaces.ts';
import type { NamedNamespace, NamedNode, NodeName } from '../../firmware-sim/opcua/named-nodes.ts';
import type { PlantServer } from '../../firmware-sim/plant-bus.ts';
import type { MovingSignal, Signal } from '../../firmware-sim/process.ts';
import { type Millis, millis, minutes, seconds } from '../model/units.ts';

export interface ServerOptions {
  /** Listen on a free port, not on the one that the site names. */
  readonly freePorts: boolean;
  /** See FieldOptions. */
  readonly played?: ReadonlyMap<string, ReadonlyMap<string, Signal>>;
}

/** OPC 10000-6 §7.1.1, where a URL names none. */
const DEFAULT_PORT = 4_840;
const FASTEST: Millis = millis(100);

/**
 * Methods are not played, nor structures, whose fields only their own server knows. A tag in a namespace of the robot
 * cell brings the robot cell. Pure.
 */
export function simulatedServer(
  { name, transport }: BusConfig & { readonly transport: OpcuaTransport },
  site: Site,
  { freePorts, played }: ServerOptions,
): PlantServer {
  const devices = site.devices.filter((device) => device.bus === name);
  const nodes = devices.flatMap((device) => nodesOf(device, signalsOf(device, site, played)));
  const port = freePorts ? 0 : Number(new URL(transport.url).port || DEFAULT_PORT);
  return { name, kind: 'opcua', port, robotCell: devices.some(meansCell), nodes };
}

function meansCell({ options, tags }: DeviceConfig): boolean {
  const { namespaces, root } = options as OpcuaDevice;
  const uris = [root, ...tags.map(({ address }) => (address as OpcuaAddress).node)]
    .flatMap((node) => (node === undefined ? [] : namespacesOf(node)))
    .map((namespace) =>
      'prefix' in namespace
        ? namespaces.get(namespace.prefix)
        : 'uri' in namespace
          ? namespace.uri
          : undefined,
    );
  return uris.some((uri) => uri !== undefined && isOfCell(uri));
}

const namespacesOf = (node: NodeRef): readonly NamespaceRef[] =>
  node.kind === 'id' ? [node.namespace] : node.steps.flatMap((step) => step.namespace ?? []);

const signalsOf = (
  { name }: DeviceConfig,
  { simulation }: Site,
  played: ServerOptions['played'],
): ReadonlyMap<string, Signal> =>
  new Map([...(simulation?.devices.get(name)?.signals ?? []), ...(played?.get(name) ?? [])]);

/** Elements of one array are one node. */
function nodesOf(device: DeviceConfig, signals: ReadonlyMap<string, Signal>): readonly NamedNode[] {
  const options = device.options as OpcuaDevice;
  const played = device.tags.filter(({ address }) => {
    const { object, field } = address as OpcuaAddress;
    return object === undefined && field.length === 0;
  });
  const byNode = Map.groupBy(played, ({ address }) => nodeText((address as OpcuaAddress).node));
  return [...byNode.values()].flatMap((tags) => {
    const [first] = tags;
    if (first === undefined) return [];
    const { quantity } = first.tag;
    const dimensions = dimensionsOf(tags);
    return [
      {
        name: first.tag.id,
        node: nodeNameOf((first.address as OpcuaAddress).node, options),
        ...behaviourOf(first, signals.get(quantity)),
        ...(dimensions && { dimensions }),
      },
    ];
  });
}

/** Just large enough for the elements that are asked for. */
function dimensionsOf(tags: readonly TagConfig[]): readonly number[] | undefined {
  const indexes = tags.flatMap(({ address }) => {
    const { index } = address as OpcuaAddress;
    return index === undefined ? [] : [index];
  });
  return indexes[0]?.map((_, n) => 1 + Math.max(...indexes.map((index) => index[n] ?? 0)));
}

function nodeNameOf(node: NodeRef, device: OpcuaDevice): NodeName {
  const named = (namespace: NamespaceRef): NamedNamespace =>
    'prefix' in namespace ? { uri: device.namespaces.get(namespace.prefix) ?? '' } : namespace;
  if (node.kind === 'id') return { kind: 'id', namespace: named(node.namespace), id: node.id };
  // The root itself begins at the Objects folder.
  const root = device.root && nodeNameOf(device.root, { ...device, root: undefined });
  return {
    kind: 'path',
    from: node.absolute ? 'root' : root,
    steps: node.steps.map(({ namespace, name }) => ({
      namespace: namespace && named(namespace),
      name,
    })),
  };
}

/** What a tag of this name is likely to be, where the site says nothing. */
function behaviourOf(
  { tag, scan, access = 'read' }: TagConfig,
  wanted: Signal | undefined,
): Pick<NamedNode, 'type' | 'signal' | 'every' | 'writable'> {
  const likely = likelySignal(tag.quantity);
  const signal = wanted ?? likely;
  // What is played from outside says nothing of its type.
  const like = signal.shape === 'played' ? likely : signal;
  const isText = signal.shape === 'played' && typeof signal.value() === 'string';
  const type = isText
    ? 'String'
    : like.shape === 'square' && like.min === 0 && like.max === 1
      ? 'Boolean'
      : like.shape === 'counter'
        ? 'UInt32'
        : 'Double';
  // What is written stays: nothing moves it.
  if (access !== 'read') return { type, signal, writable: true };
  return { type, signal, every: millis(Math.max(scan, FASTEST)) };
}

const COUNTERS = /(?:^|_)(?:counts?|counter|total)$/;
const STATES =
  /(?:^|_)(?:running|closed|open|present|full|ok|ready|active|fault|alarm|on|loaded|released)$/;

function likelySignal(quantity: string): MovingSignal {
  if (COUNTERS.test(quantity))
    return { shape: 'counter', min: 0, max: 100_000, period: minutes(60 * 60) };
  if (STATES.test(quantity)) return { shape: 'square', min: 0, max: 1, period: seconds(40) };
  return { shape: 'walk', min: 0, max: 100, period: seconds(60) };
}
