/**
 * modbus-serial without the serialport package. It loads serialport for ports of its own, which nobody opens
 * here, and does without where it is missing (`optional native dep` in its index.js); 9 MB of memory that a site
 * without a serial port need not have. The one file of the drivers that knows the package.
 */
import { createRequire, Module } from 'node:module';
import type modbusSerial from 'modbus-serial';

const load = createRequire(import.meta.url);

/** The client class of modbus-serial. */
export const ModbusRTU: typeof modbusSerial.default = withoutSerialport(() =>
  load('modbus-serial'),
).default;

export type Modbus = InstanceType<typeof ModbusRTU>;

function withoutSerialport(run: () => typeof modbusSerial): typeof modbusSerial {
  const path = load.resolve('serialport');
  if (load.cache[path]) return run();
  const absent = new Module(path);
  // Half loaded, it would be taken for a circle of imports and warned of.
  absent.loaded = true;
  load.cache[path] = absent;
  try {
    return run();
  } finally {
    delete load.cache[path];
  }
}
