/** The buses of a site with their devices on them, not yet started. */
import { type BusConfig, isWireBus, type Site, type WireBusConfig } from '../config/site.ts';
import type { Line } from '../drivers/line/line.ts';
import type { Recorders } from '../drivers/line/recorders.ts';
import type { Drivers } from '../drivers/registry.ts';
import type { StandingAlarms } from './alarms/standing-alarms.ts';
import { lineOf, wireDevice, wireWatched } from './field.ts';
import type { Clock } from './host/clock.ts';
import type { Log } from './host/log.ts';
import type { StateStore } from './host/state-store.ts';
import type { Random } from './model/backoff.ts';
import type { Sample, TagId } from './model/sample.ts';
import type { Millis } from './model/units.ts';
import { Bus } from './poll/bus.ts';
import type { FieldBus } from './poll/bus-facts.ts';
import { WatchedBus } from './poll/watched-bus.ts';

export interface FieldBusesOptions {
  readonly site: Site;
  /** Of all protocols that the site has. */
  readonly drivers: Drivers;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  readonly state: StateStore;
  readonly recorders: Recorders;
  readonly alarms: StandingAlarms;
  readonly emit: (samples: readonly Sample[]) => void;
  readonly onLateness: (lateness: Millis) => void;
  /** The line of a bus, where it is not the one that the site names. */
  readonly lineOf?: ((bus: WireBusConfig, clock: Clock) => Line) | undefined;
}

export const fieldBuses = (options: FieldBusesOptions): readonly FieldBus[] =>
  options.site.buses.flatMap((bus) =>
    isWireBus(bus) ? wireBus(bus, options) : (watchedBus(bus, options) ?? []),
  );

/** As much of a bus as says whose it is. */
interface Listed {
  facts(): { readonly devices: readonly { readonly name: string }[] };
}

/** The bus that reads a tag. Rules ask for thousands of tags, so that not all buses are to look for each. */
export function busByTag<B extends Listed>(
  { devices }: Pick<Site, 'devices'>,
  buses: readonly B[],
): ReadonlyMap<TagId, B> {
  const busOf = busByDevice(buses);
  return new Map(
    devices.flatMap(({ name, tags }) => {
      const bus = busOf.get(name);
      return bus ? tags.map(({ tag }) => [tag.id, bus] as const) : [];
    }),
  );
}

export const busByDevice = <B extends Listed>(buses: readonly B[]): ReadonlyMap<string, B> =>
  new Map(buses.flatMap((bus) => bus.facts().devices.map(({ name }) => [name, bus] as const)));

function wireBus(config: WireBusConfig, options: FieldBusesOptions): Bus {
  const { site, drivers, clock, log, random, recorders, emit, onLateness } = options;
  const own = options.lineOf?.(config, clock) ?? lineOf(config, clock, log);
  const wire = config.transport.kind === 'tcp' ? undefined : config;
  const line = recorders.record(config.name, own, wire);
  const devices = site.devices.filter((device) => device.bus === config.name);
  return new Bus({
    name: config.name,
    line,
    devices: devices.map((device) =>
      wireDevice(device, config, line, { drivers, clock, log: log.child({ device: device.name }) }),
    ),
    silentShare: config.silentShare,
    ...{ clock, log, random, emit, onLateness },
  });
}

function watchedBus(config: BusConfig, options: FieldBusesOptions): WatchedBus | undefined {
  const { site, drivers, clock, log, random, state, alarms, emit } = options;
  const devices = site.devices.filter((device) => device.bus === config.name);
  const field = wireWatched(config, devices, { drivers, clock, log, state });
  return (
    field &&
    new WatchedBus({
      name: config.name,
      ...field,
      ...{ clock, log, random, emit },
      onAlarm: (device, alarm) => alarms.apply(device, alarm),
      onStanding: (device, standing) => alarms.standing(device, standing),
    })
  );
}
