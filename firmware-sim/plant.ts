/**
 * The whole simulated field from one neutral description: buses with their devices, listening where
 * the gateway will look for them.
 */
import type { Clock } from '../gateway/host/clock.ts';
import type { Log } from '../gateway/host/log.ts';
import { GatewayError } from '../gateway/model/errors.ts';
import type { MonoMs } from '../gateway/model/units.ts';
import type { Dtu } from './dtu.ts';
import type { FaultSetting } from './faults.ts';
import type { SimulatedLine } from './line.ts';
import type { PlayedServer } from './opcua/played-server.ts';
import {
  type BusAddress,
  type BusStats,
  type Faulty,
  type PlantBus,
  type PlantEnd,
  type RunningBus,
  refuseFault,
  startBus,
} from './plant-bus.ts';
import type { SimulatedPort } from './serial-port.ts';

export interface Plant {
  readonly seed: number;
  readonly buses: readonly PlantBus[];
}

export interface RunningPlant {
  readonly addresses: ReadonlyMap<string, BusAddress>;
  /** The ports of serial buses, to be unplugged and plugged. */
  readonly ports: ReadonlyMap<string, SimulatedPort>;
  /** The wires of all buses that have one, to be disturbed. */
  readonly lines: ReadonlyMap<string, SimulatedLine>;
  readonly dtus: ReadonlyMap<string, Dtu>;
  /** The OPC UA servers, each with its own URL. */
  readonly servers: ReadonlyMap<string, PlayedServer>;
  /** The end of a line for a master in this process, of a plant that has no ports. */
  join(bus: string): PlantEnd;
  /**
   * What a point of a Modbus device or the display of a meter shows at a moment, now when left out; undefined where
   * there is none.
   */
  shows(device: string, point: string, at?: MonoMs): boolean | number | undefined;
  /** Modbus devices lose what was written to them, as after a power cut. */
  restart(): void;
  /** By bus; an OPC UA server counts for itself. */
  stats(): ReadonlyMap<string, BusStats>;
  /** Throws `sim.device-unknown` and `sim.fault-impossible`. */
  setFault(device: string, fault: FaultSetting): void;
  /** Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts every bus, or none: a bus that cannot start stops those before it and rejects.
 *
 * @param isJoined lines have no ports: masters of this process `join` them, in whatever time the clock has
 */
export async function startPlant(
  plant: Plant,
  clock: Clock,
  log: Log,
  isJoined = false,
): Promise<RunningPlant> {
  const running = new Map<string, RunningBus>();
  const stop = async () => {
    await Promise.all([...running.values()].map((bus) => bus.stop()));
  };
  try {
    for (const bus of plant.buses) {
      const started = await startBus(bus, plant.seed, clock, log, isJoined);
      running.set(bus.name, started);
      log.info('sim.bus-started', { bus: bus.name, ...started.address });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const deviceOf = (name: string): Faulty => {
    const device = [...running.values()]
      .flatMap((bus) => bus.devices)
      .find((candidate) => candidate.name === name);
    if (!device) throw new GatewayError('sim.device-unknown', { device: name });
    return device;
  };
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
    lines: each((bus) => bus.line),
    dtus: each((bus) => bus.dtu),
    servers: each((bus) => bus.server),
    join(bus) {
      const end = running.get(bus)?.join?.();
      if (!end) throw new Error(`nobody can join ${bus}`);
      return end;
    },
    shows(device, point, at = clock.mono()) {
      const { image, shows } = deviceOf(device);
      return shows ? shows(point, at) : image?.shows?.(point, at);
    },
    restart() {
      const now = clock.mono();
      for (const { devices } of running.values())
        for (const { image } of devices) image?.restart(now);
    },
    stats: () => each((bus) => bus.stats && { ...bus.stats(), faults: faultCounts(bus.devices) }),
    setFault(name, fault) {
      const device = deviceOf(name);
      refuseFault(device, fault);
      device.faults.set(fault);
      log.info('sim.fault-set', { device: name, fault });
    },
    stop,
  };
}

const faultCounts = (devices: readonly Faulty[]) =>
  Object.fromEntries(devices.map((device) => [device.name, device.faults.counts()]));
