/**
 * The whole simulated field from one neutral description: buses with their devices, listening where
 * the gateway will look for them.
 */
import type { Clock } from '../gateway/host/clock.ts';
import type { Log } from '../gateway/host/log.ts';
import { GatewayError } from '../gateway/model/errors.ts';
import type { Millis } from '../gateway/model/units.ts';
import { createDevice, processImage, type SimulatedDevice } from './device.ts';
import { type FaultKind, type FaultSetting, WIRE_FAULTS } from './faults.ts';
import { type LineStats, SimulatedLine } from './line.ts';
import { serveLine } from './line-server.ts';
import type { SlaveLimits } from './modbus-slave.ts';
import { type ModbusTcpStats, serveModbusTcp } from './modbus-tcp-server.ts';
import type { Signal } from './process.ts';
import type { Point, RegisterImage } from './registers.ts';
import { rtuStation } from './rtu-station.ts';
import { seedOf } from './seed.ts';
import { openSerialPort, type SimulatedPort } from './serial-port.ts';

export interface Plant {
  readonly seed: number;
  readonly buses: readonly PlantBus[];
}

export type PlantBus = {
  readonly name: string;
  readonly devices: readonly PlantDevice[];
} & (
  | { readonly kind: 'tcp'; readonly host?: string; readonly port?: number }
  | ({ readonly kind: 'serial-tcp'; readonly host?: string; readonly port?: number } & PlantWire)
  /** `path` is created as a link to a pseudo terminal. */
  | ({ readonly kind: 'serial'; readonly path: string } & PlantWire)
);

export interface PlantWire {
  readonly baud: number;
  readonly format: string;
}

export interface PlantDevice {
  readonly name: string;
  readonly unit: number;
  readonly turnaround: Millis;
  readonly points: readonly Point[];
  /** By point name; a point without one gets a plausible signal. */
  readonly signals: ReadonlyMap<string, Signal>;
  readonly fault?: FaultSetting;
  readonly strict?: boolean;
  readonly limits?: Partial<SlaveLimits>;
  /** Takes the place of points and signals: a recorded trace, or tables of a test's own. */
  readonly image?: RegisterImage;
}

/** Where a bus can be reached. */
export type BusAddress =
  | { readonly kind: 'tcp' | 'serial-tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'serial'; readonly path: string };

export type BusStats = (LineStats | ModbusTcpStats) & {
  /** By device: how many requests met each fault. */
  readonly faults: Readonly<Record<string, Readonly<Partial<Record<FaultKind, number>>>>>;
};

export interface RunningPlant {
  readonly addresses: ReadonlyMap<string, BusAddress>;
  /** The ports of serial buses, to be unplugged and plugged. */
  readonly ports: ReadonlyMap<string, SimulatedPort>;
  /** By bus. */
  stats(): ReadonlyMap<string, BusStats>;
  /** Throws `sim.device-unknown` and `sim.fault-impossible`. */
  setFault(device: string, fault: FaultSetting): void;
  /** Idempotent. */
  stop(): Promise<void>;
}

/** Starts every bus, or none: a bus that cannot start stops those before it and rejects. */
export async function startPlant(plant: Plant, clock: Clock, log: Log): Promise<RunningPlant> {
  const running = new Map<string, RunningBus>();
  const stop = async () => {
    await Promise.all([...running.values()].map((bus) => bus.stop()));
  };
  try {
    for (const bus of plant.buses) {
      const started = await startBus(bus, plant.seed, clock);
      running.set(bus.name, started);
      log.info('sim.bus-started', { bus: bus.name, ...started.address });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const each = <T>(pick: (bus: RunningBus) => T | undefined): ReadonlyMap<string, T> => {
    const picked = new Map<string, T>();
    for (const [name, bus] of running) {
      const value = pick(bus);
      if (value !== undefined) picked.set(name, value);
    }
    return picked;
  };
  return {
    addresses: each((bus) => bus.address),
    ports: each((bus) => bus.port),
    stats: () => each((bus) => ({ ...bus.stats(), faults: faultCounts(bus.devices) })),
    setFault(name, fault) {
      const bus = [...running.values()].find((candidate) => deviceOf(candidate, name));
      const device = bus && deviceOf(bus, name);
      if (!device) throw new GatewayError('sim.device-unknown', { device: name });
      if (bus.address.kind !== 'tcp') refuseTcpFault(name, fault);
      device.faults.set(fault);
      log.info('sim.fault-set', { device: name, fault });
    },
    stop,
  };
}

interface RunningBus {
  readonly address: BusAddress;
  readonly devices: readonly SimulatedDevice[];
  readonly port?: SimulatedPort;
  stats(): LineStats | ModbusTcpStats;
  stop(): Promise<void>;
}

async function startBus(bus: PlantBus, seed: number, clock: Clock): Promise<RunningBus> {
  refuseTwins(bus);
  const devices = bus.devices.map((device) => build(device, bus, seed, clock));
  if (bus.kind === 'tcp') {
    const server = await serveModbusTcp({ ...bus, devices }, clock);
    const address = { kind: bus.kind, host: server.host, port: server.port };
    return { address, devices, stats: server.stats, stop: server.stop };
  }
  const stations = devices.map((device) => rtuStation(device));
  const line = new SimulatedLine({ ...bus, stations, seed: seedOf(seed, bus.name) }, clock);
  const server = await serveLine(line, bus.kind === 'serial-tcp' ? bus : {});
  const end = async () => {
    line.stop();
    await server.stop();
  };
  const shared = { devices, stats: () => line.stats() };
  if (bus.kind === 'serial-tcp')
    return {
      ...shared,
      address: { kind: bus.kind, host: server.host, port: server.port },
      stop: end,
    };
  const port = await openSerialPort(bus.path, server).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  const address = { kind: bus.kind, path: bus.path };
  const stop = async () => {
    await port.stop();
    await end();
  };
  return { ...shared, address, port, stop };
}

function build(
  device: PlantDevice,
  bus: PlantBus,
  plantSeed: number,
  clock: Clock,
): SimulatedDevice {
  if (bus.kind !== 'tcp') refuseTcpFault(device.name, device.fault);
  const seed = seedOf(plantSeed, bus.name, device.name);
  const image = device.image ?? processImage(device.points, device.signals, seed, clock);
  return createDevice({ ...device, image, seed });
}

function refuseTwins(bus: PlantBus): void {
  const units = bus.devices.map((device) => device.unit);
  const twin = units.find((unit, at) => units.indexOf(unit) !== at);
  if (twin !== undefined)
    throw new GatewayError('sim.plant-invalid', {
      bus: bus.name,
      reason: `unit ${twin} stands twice`,
    });
}

function refuseTcpFault(device: string, fault: FaultSetting): void {
  const kind = typeof fault === 'string' ? fault : fault?.kind;
  if (kind !== undefined && !WIRE_FAULTS.some((known) => known === kind))
    throw new GatewayError('sim.fault-impossible', { device, fault: kind });
}

const deviceOf = (bus: RunningBus, name: string): SimulatedDevice | undefined =>
  bus.devices.find((device) => device.name === name);

const faultCounts = (devices: readonly SimulatedDevice[]) =>
  Object.fromEntries(devices.map((device) => [device.name, device.faults.counts()]));
