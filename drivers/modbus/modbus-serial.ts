/**
 * modbus-serial with two of its modules replaced. It loads serialport for ports of its own, which nobody opens here, and
 * does without where it is missing (`optional native dep` in its index.js); 9 MB of memory that a site without a serial
 * port need not have. Its CRC goes bit by bit, 7 µs for the answer to a full read; ours goes by a table. The one file of
 * the drivers that knows the package.
 */
import { createRequire, Module } from 'node:module';
import type modbusSerial from 'modbus-serial';
import { crc16 } from '../codec/checksums.ts';

const load = createRequire(import.meta.url);

/** The client class of modbus-serial. */
export const ModbusRTU: typeof modbusSerial.default = replacing(
  new Map<string, unknown>([
    ['serialport', {}],
    ['modbus-serial/utils/crc16.js', (bytes: Uint8Array) => crc16(bytes)],
  ]),
  () => load('modbus-serial'),
).default;

export type Modbus = InstanceType<typeof ModbusRTU>;

/** Loads with other modules in these places, where they have not been loaded yet. */
function replacing(
  others: ReadonlyMap<string, unknown>,
  run: () => typeof modbusSerial,
): typeof modbusSerial {
  const paths = [...others].map(([name, exports]) => ({ path: load.resolve(name), exports }));
  const absent = paths.filter(({ path }) => !load.cache[path]);
  for (const { path, exports } of absent) {
    const stand = new Module(path);
    stand.exports = exports;
    // Half loaded, it would be taken for a circle of imports and warned of.
    stand.loaded = true;
    load.cache[path] = stand;
  }
  try {
    return run();
  } finally {
    for (const { path } of absent) delete load.cache[path];
  }
}
