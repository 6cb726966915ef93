/** Modbus over TCP and on the wire, in RTU and in ASCII: reads of all four tables, and writes. */
import type { Driver } from '../driver.ts';
import type { ModbusDevice } from './options.ts';
import { type ModbusGroup, planReads } from './plan.ts';
import { BurstSession, ModbusSession } from './session.ts';
import type { ModbusAddress } from './tag-options.ts';

export const modbusDriver: Driver<ModbusDevice, ModbusAddress, ModbusGroup> = {
  type: 'modbus',
  plan: planReads,
  unitOf: ({ unit }) => `modbus ${unit}`,
  open: (device, io) =>
    io.framing === 'packets' && device.maxInFlight > 1
      ? new BurstSession(device, io)
      : new ModbusSession(device, io),
};
