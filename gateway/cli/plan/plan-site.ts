/** What the buses of a site have to carry: each device planned by its driver, each bus weighed. */

import {
  type DeviceConfig,
  isWireBus,
  type Site,
  type WireBusConfig,
} from '../../../config/site.ts';
import { DRIVERS } from '../../../drivers/all-drivers.ts';
import type { BusAccess, Driver, Group } from '../../../drivers/driver.ts';
import { accessOf, driverOf, lineOf, readGroups } from '../../field.ts';
import type { Clock } from '../../host/clock.ts';
import { silentLog } from '../../host/log.ts';
import type { Millis } from '../../model/units.ts';
import { ASSUMED_TURNAROUND, type BusLoad, busLoad } from '../../poll/load.ts';

/** A device with the requests that get its tags. */
export interface DevicePlan {
  readonly device: DeviceConfig;
  readonly driver: Driver;
  readonly access: BusAccess;
  readonly groups: readonly Group[];
}

export interface BusPlan {
  readonly bus: WireBusConfig;
  readonly resource: string;
  readonly devices: readonly DevicePlan[];
  /** Its devices are in the order of `devices`. */
  readonly load: BusLoad;
}

/**
 * Connects to nothing. Buses whose devices report by themselves carry no requests.
 *
 * @throws GatewayError of a driver that cannot plan a device, `modbus.value-too-long`
 */
export const planSite = (
  site: Site,
  clock: Clock,
  turnaround: Millis = ASSUMED_TURNAROUND,
): readonly BusPlan[] =>
  site.buses.filter(isWireBus).map((bus) => planBus(bus, site, clock, turnaround));

function planBus(bus: WireBusConfig, site: Site, clock: Clock, turnaround: Millis): BusPlan {
  const line = lineOf(bus, clock);
  const devices = site.devices
    .filter((device) => device.bus === bus.name)
    .map((device) => planDevice(device, accessOf(bus, line, device.settings)));
  const planned = devices.map((plan) => {
    const session = plan.driver.open(plan.device.options, {
      ...plan.access,
      clock,
      log: silentLog,
      line,
    });
    const { silence, gap } = session;
    void session.close();
    return {
      name: plan.device.name,
      groups: plan.groups,
      timing: plan.access.timing,
      silence,
      gap,
    };
  });
  const load = busLoad(planned, { silentShare: bus.silentShare, turnaround });
  return { bus, resource: line.resource, devices, load };
}

function planDevice(device: DeviceConfig, access: BusAccess): DevicePlan {
  const driver = driverOf(device, DRIVERS);
  return { device, driver, access, groups: readGroups(device, driver, access) };
}
