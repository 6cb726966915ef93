/** The drivers there are, by the name that a device's `protocol:` gives; each is loaded when a site needs it. */
import type { AnyDriver } from './driver.ts';

export type Drivers = ReadonlyMap<string, AnyDriver>;

const LOADERS: ReadonlyMap<string, () => Promise<AnyDriver>> = new Map<
  string,
  () => Promise<AnyDriver>
>([
  ['modbus', async () => (await import('./modbus/driver.ts')).modbusDriver],
  ['dlt645', async () => (await import('./dlt645/driver.ts')).dlt645Driver],
  ['cjt188', async () => (await import('./cjt188/driver.ts')).cjt188Driver],
  ['opcua', async () => (await import('./opcua/driver.ts')).opcuaDriver],
  ['gpio', async () => (await import('./gpio/driver.ts')).gpioDriver],
]);

/** Every protocol that can be written. */
export const PROTOCOLS: readonly string[] = [...LOADERS.keys()];
/** Those whose devices are asked on a line. */
export const LINE_PROTOCOLS = ['modbus', 'dlt645', 'cjt188'] as const;

/** The drivers of these protocols; names that there are none for are left out. */
export async function loadDrivers(protocols: Iterable<string>): Promise<Drivers> {
  const drivers = new Map<string, AnyDriver>();
  for (const protocol of new Set(protocols)) {
    const driver = await LOADERS.get(protocol)?.();
    if (driver) drivers.set(protocol, driver);
  }
  return drivers;
}
