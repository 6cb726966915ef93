/** The drivers of all lines at once, for tools that may need any of them. A running gateway loads only its own. */
import { type Driver, isWatchDriver } from './driver.ts';
import { LINE_PROTOCOLS, loadDrivers } from './registry.ts';

export const DRIVERS: ReadonlyMap<string, Driver> = new Map(
  [...(await loadDrivers(LINE_PROTOCOLS))].flatMap(([name, driver]) =>
    isWatchDriver(driver) ? [] : [[name, driver]],
  ),
);
