/** The drivers there are, by the name that a device's `protocol:` gives. */
import { cjt188Driver } from './cjt188/driver.ts';
import { dlt645Driver } from './dlt645/driver.ts';
import type { Driver } from './driver.ts';
import { modbusDriver } from './modbus/driver.ts';

export const DRIVERS: ReadonlyMap<string, Driver> = new Map<string, Driver>([
  [modbusDriver.type, modbusDriver],
  [cjt188Driver.type, cjt188Driver],
  [dlt645Driver.type, dlt645Driver],
]);
