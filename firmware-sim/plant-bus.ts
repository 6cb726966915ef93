/** Each kind of bus of a plant: how it is described, and how it is started. */
import type { Clock } from '../gateway/host/clock.ts';
import type { Log } from '../gateway/host/log.ts';
import { GatewayError } from '../gateway/model/errors.ts';
import type { Millis } from '../gateway/model/units.ts';
import { asciiStation } from './ascii-station.ts';
import { type Meter188Setting, meter188 } from './cjt188-meter.ts';
import { createDevice, processImage, type SimulatedDevice } from './device.ts';
import { type Meter645Setting, meter645 } from './dlt645-meter.ts';
import { type Dtu, type DtuOptions, dialDtu } from './dtu.ts';
import type { FaultInjector, FaultKind, FaultSetting } from './faults.ts';
import { type LineManners, type LineStats, SimulatedLine } from './line.ts';
import { serveLine } from './line-server.ts';
import type { Identity } from './modbus-identity.ts';
import type { SlaveLimits } from './modbus-slave.ts';
import { type ModbusTcpStats, modbusTcpDevices, serveModbusTcp } from './modbus-tcp-server.ts';
import type { NamedNode } from './opcua/named-nodes.ts';
import type { PlayedServer } from './opcua/played-server.ts';
import { type FaultPlace, possibleFaults } from './possible-faults.ts';
import type { Signal } from './process.ts';
import type { Point, RegisterImage } from './registers.ts';
import { type ReplayOptions, replayStation } from './replay-station.ts';
import { rtuStation } from './rtu-station.ts';
import { seedOf } from './seed.ts';
import { openSerialPort, type SimulatedPort } from './serial-port.ts';
import type { Station } from './station.ts';
import type { WireSpeed } from './wire.ts';

export type PlantBus =
  | {
      readonly name: string;
      readonly kind: 'tcp';
      readonly host?: string;
      readonly port?: number;
      readonly devices: readonly PlantDevice[];
    }
  | PlantWireBus
  | PlantServer;

/** An OPC UA server. */
export interface PlantServer {
  readonly name: string;
  readonly kind: 'opcua';
  readonly port?: number;
  /** It has the robot cell of the simulator. */
  readonly robotCell?: boolean;
  /** What else it serves. */
  readonly nodes?: readonly NamedNode[];
}

/** A wire; masters beyond TCP or a pseudo terminal hear it at its own speed, whatever they tune to. */
export type PlantWireBus = {
  readonly name: string;
  readonly devices: readonly WiredDevice[];
} & PlantWire &
  (
    | { readonly kind: 'serial-tcp'; readonly host?: string; readonly port?: number }
    /** `path` is created as a link to a pseudo terminal. */
    | { readonly kind: 'serial'; readonly path: string }
    /** Dials the gateway. */
    | ({ readonly kind: 'dtu' } & DtuOptions)
  );

export interface PlantWire extends WireSpeed, Partial<LineManners> {}

/** A Modbus device. */
export interface PlantDevice {
  readonly name: string;
  readonly unit: number;
  readonly turnaround: Millis;
  readonly points: readonly Point[];
  /** By point name; a point without one gets a plausible signal. */
  readonly signals: ReadonlyMap<string, Signal>;
  readonly fault?: FaultSetting;
  readonly strict?: boolean;
  /** On a wire; RTU when left out. */
  readonly mode?: 'rtu' | 'ascii';
  readonly limits?: Partial<SlaveLimits>;
  readonly identity?: Identity;
  /** Takes the place of points and signals: a recorded trace, or tables of a test's own. */
  readonly image?: RegisterImage;
}

/** What a wire carries. Seeds of meters come from the plant. */
export type WiredDevice =
  | PlantDevice
  | ({ readonly protocol: 'dlt645' } & Omit<Meter645Setting, 'seed'>)
  | ({ readonly protocol: 'cjt188' } & Omit<Meter188Setting, 'seed'>)
  | ({ readonly protocol: 'replay' } & ReplayOptions);

/** Where a line can be reached; a DTU is not to be reached, it dials. */
export type BusAddress =
  | { readonly kind: 'tcp' | 'serial-tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'serial'; readonly path: string };

export type BusStats = (LineStats | ModbusTcpStats) & {
  /** By device: how often each fault happened. */
  readonly faults: Readonly<Record<string, Readonly<Partial<Record<FaultKind, number>>>>>;
};

/** What can go wrong with a device, whatever it is. */
export interface Faulty {
  readonly name: string;
  readonly place: FaultPlace;
  readonly faults: FaultInjector;
  /** Of a Modbus device. */
  readonly image?: RegisterImage;
  /** Of a meter: what its display shows. */
  readonly shows?: NonNullable<Station['shows']>;
}

/** The end of a bus for a master in this process: bytes in and out, without a socket. */
export interface PlantEnd {
  write(bytes: Uint8Array): void;
  /** One listener at a time. */
  onData(listener: (bytes: Uint8Array) => void): void;
  /** The far end closed; of TCP alone. */
  onClosed?(listener: () => void): void;
  /** Of a wire. */
  tune?(speed: WireSpeed): void;
  close(): void;
}

/** A bus that plays. */
export interface RunningBus {
  readonly address?: BusAddress;
  readonly devices: readonly Faulty[];
  readonly port?: SimulatedPort;
  readonly line?: SimulatedLine;
  readonly dtu?: Dtu;
  readonly server?: PlayedServer;
  /** Of a bus that does not listen. */
  join?(): PlantEnd;
  stats?(): LineStats | ModbusTcpStats;
  stop(): Promise<void>;
}

/**
 * Throws `sim.plant-invalid` and `sim.fault-impossible`.
 *
 * @param isJoined lines have no port of any kind: masters of this process `join` them
 */
export async function startBus(
  bus: PlantBus,
  seed: number,
  clock: Clock,
  log: Log,
  isJoined = false,
): Promise<RunningBus> {
  if (bus.kind === 'opcua') return startServer(bus, seed, clock, log);
  refuseTwins(bus);
  for (const device of bus.devices)
    refuseFault({ name: device.name, place: placeOf(bus, device) }, device.fault);
  if (isJoined)
    return bus.kind === 'tcp' ? joinedTcp(bus, seed, clock) : joinedWire(bus, seed, clock);
  return bus.kind === 'tcp' ? startTcp(bus, seed, clock) : startWire(bus, seed, clock);
}

/** The stack of OPC UA takes 0.7 s and 120 MB to load (measured on two cores): only where there is such a bus. */
async function startServer(
  bus: PlantServer,
  seed: number,
  clock: Clock,
  log: Log,
): Promise<RunningBus> {
  const { playServer } = await import('./opcua/played-server.ts');
  const played = await playServer({ ...bus, seed: seedOf(seed, bus.name) }, clock, log);
  const { server } = played;
  return {
    devices: [],
    server: played,
    stop: () => server.stop(),
  };
}

async function startTcp(
  bus: Extract<PlantBus, { kind: 'tcp' }>,
  seed: number,
  clock: Clock,
): Promise<RunningBus> {
  const devices = bus.devices.map((device) => modbusDevice(device, bus.name, seed, clock));
  const server = await serveModbusTcp({ ...bus, devices }, clock);
  return {
    address: { kind: bus.kind, host: server.host, port: server.port },
    devices: devices.map(faultyOfTcp),
    stats: server.stats,
    stop: server.stop,
  };
}

const faultyOfTcp = ({ name, faults, image }: SimulatedDevice): Faulty => ({
  ...{ name, faults, image, place: 'tcp' },
});

function joinedTcp(
  bus: Extract<PlantBus, { kind: 'tcp' }>,
  seed: number,
  clock: Clock,
): RunningBus {
  const devices = bus.devices.map((device) => modbusDevice(device, bus.name, seed, clock));
  const { connect, stats } = modbusTcpDevices(devices, clock);
  const join = (): PlantEnd => {
    let listener = (_bytes: Uint8Array) => {};
    let onClosed = () => {};
    let isGone = false;
    const end = () => {
      if (!isGone) onClosed();
      isGone = true;
    };
    const take = connect({
      get destroyed() {
        return isGone;
      },
      write: (bytes) => listener(bytes),
      destroy: end,
      resetAndDestroy: end,
    });
    return {
      write: (bytes) => take(Buffer.from(bytes)),
      onData(next) {
        listener = next;
      },
      onClosed(next) {
        onClosed = next;
      },
      close() {
        isGone = true;
      },
    };
  };
  return { devices: devices.map(faultyOfTcp), join, stats, stop: async () => {} };
}

function joinedWire(bus: PlantWireBus, seed: number, clock: Clock): RunningBus {
  const wire = wireOf(bus, seed, clock);
  const join = () => wire.line.endpoint();
  return { ...wire, join, stop: async () => wire.line.stop() };
}

function wireOf(bus: PlantWireBus, seed: number, clock: Clock) {
  const played = bus.devices.map((device) => stationOf(device, bus.name, seed, clock));
  const stations = played.map(({ station }) => station);
  const line = new SimulatedLine({ ...bus, stations, seed: seedOf(seed, bus.name) }, clock);
  const devices = bus.devices.flatMap((device, n): Faulty[] => {
    const { station, image } = played[n] ?? {};
    const { faults, shows } = station ?? {};
    const place = placeOf(bus, device);
    const seen = { ...(image && { image }), ...(shows && { shows }) };
    return faults ? [{ name: device.name, place, faults, ...seen }] : [];
  });
  return { devices, line, stats: () => line.stats() };
}

async function startWire(bus: PlantWireBus, seed: number, clock: Clock): Promise<RunningBus> {
  const shared = wireOf(bus, seed, clock);
  const { line } = shared;
  if (bus.kind === 'dtu') {
    const dtu = dialDtu(line, bus, clock);
    const stop = async () => {
      dtu.stop();
      line.stop();
    };
    return { ...shared, dtu, stop };
  }
  const server = await serveLine(line, bus.kind === 'serial-tcp' ? bus : {});
  const end = async () => {
    line.stop();
    await server.stop();
  };
  if (bus.kind === 'serial-tcp') {
    const address = { kind: bus.kind, host: server.host, port: server.port };
    return { ...shared, address, stop: end };
  }
  const port = await openSerialPort(bus.path, server).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  const stop = async () => {
    await port.stop();
    await end();
  };
  return { ...shared, address: { kind: bus.kind, path: bus.path }, port, stop };
}

function modbusDevice(
  device: PlantDevice,
  bus: string,
  plantSeed: number,
  clock: Clock,
): SimulatedDevice {
  const seed = seedOf(plantSeed, bus, device.name);
  const image = device.image ?? processImage(device.points, device.signals, seed, clock);
  return createDevice({ ...device, image, seed });
}

interface PlayedStation {
  readonly station: Station;
  readonly image?: RegisterImage;
}

function stationOf(
  device: WiredDevice,
  bus: string,
  plantSeed: number,
  clock: Clock,
): PlayedStation {
  if (!('protocol' in device)) {
    const modbus = modbusDevice(device, bus, plantSeed, clock);
    const station = device.mode === 'ascii' ? asciiStation(modbus) : rtuStation(modbus);
    return { station, image: modbus.image };
  }
  const seed = seedOf(plantSeed, bus);
  switch (device.protocol) {
    case 'dlt645':
      return { station: meter645({ ...device, seed }, clock) };
    case 'cjt188':
      return { station: meter188({ ...device, seed }, clock) };
    case 'replay':
      return { station: replayStation(device) };
  }
}

type PlantLine = Exclude<PlantBus, PlantServer>;

function refuseTwins(bus: PlantLine): void {
  const addresses = bus.devices.map(addressOf).filter((address) => address !== undefined);
  const twin = addresses.find((address, at) => addresses.indexOf(address) !== at);
  if (twin !== undefined)
    throw new GatewayError('sim.plant-invalid', {
      bus: bus.name,
      reason: `${twin} stands twice`,
    });
}

function addressOf(device: WiredDevice): string | undefined {
  if (!('protocol' in device)) return `unit ${device.unit}`;
  return device.protocol === 'replay' ? undefined : `${device.protocol} ${device.address}`;
}

const placeOf = (bus: PlantLine, device: WiredDevice): FaultPlace =>
  bus.kind === 'tcp' ? 'tcp' : 'protocol' in device ? device.protocol : 'wire';

/** Throws `sim.fault-impossible`. */
export function refuseFault(
  { name, place }: Pick<Faulty, 'name' | 'place'>,
  fault: FaultSetting,
): void {
  const kind = typeof fault === 'string' ? fault : fault?.kind;
  const possible = possibleFaults(place);
  if (kind !== undefined && !possible.includes(kind))
    throw new GatewayError('sim.fault-impossible', {
      device: name,
      fault: kind,
      possible: possible.join(' '),
    });
}
