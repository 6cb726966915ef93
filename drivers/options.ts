/** What each driver lets people write, by the name that a device's `protocol:` gives. */
import { cjt188Options } from './cjt188/options.ts';
import { dlt645Options } from './dlt645/options.ts';
import type { DriverOptions } from './driver.ts';
import { gpioOptions } from './gpio/options.ts';
import { modbusOptions } from './modbus/options.ts';
import { opcuaOptions } from './opcua/options.ts';

export const DRIVER_OPTIONS: ReadonlyMap<string, DriverOptions> = new Map<string, DriverOptions>([
  [modbusOptions.type, modbusOptions],
  [cjt188Options.type, cjt188Options],
  [opcuaOptions.type, opcuaOptions],
  [dlt645Options.type, dlt645Options],
  [gpioOptions.type, gpioOptions],
]);
