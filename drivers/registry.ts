/** The drivers there are, by the name a device's `protocol:` gives. */
import { modbusDriver } from './modbus/driver.ts';

export const DRIVERS = { modbus: modbusDriver } as const;
export type Protocol = keyof typeof DRIVERS;
