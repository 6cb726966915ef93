/** Modbus devices, tags and plans for tests, with everything defaulted that a test is not about. */

import type { BusAccess, TagRequest } from '../../drivers/driver.ts';
import { serialTiming } from '../../drivers/line/serial-timing.ts';
import { deviceSchema, type ModbusDevice } from '../../drivers/modbus/options.ts';
import { addressSchema, type ModbusAddress } from '../../drivers/modbus/tag-options.ts';
import { deviceName, tagId } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { millis } from '../../gateway/model/units.ts';

export const TCP_ACCESS: BusAccess = {
  resource: 'tcp:127.0.0.1:502',
  framing: 'packets',
  timing: undefined,
};
export const WIRE_ACCESS: BusAccess = {
  resource: 'serial:/dev/ttyS0',
  framing: 'wire',
  timing: serialTiming({ baud: 9600, format: '8E1' }),
};

/** A device from its YAML options. */
export function modbusDevice(options: Readonly<Record<string, unknown>> = {}): ModbusDevice {
  const parsed = deviceSchema.parse(options);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

/** An address from its YAML text, or from an object with scale, offset and decimals. */
export function address(written: unknown): ModbusAddress {
  const parsed = addressSchema.parse(written);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

/** A tag `device.t<index>` at that address. */
export function request(written: unknown, index = 0, scanMs = 1000): TagRequest<ModbusAddress> {
  return { tag: tag(index), address: address(written), scan: millis(scanMs) };
}

const tag = (index: number): Tag => ({
  index,
  id: tagId('device', `t${index}`),
  device: deviceName('device'),
  quantity: `t${index}`,
  unit: undefined,
  decimals: undefined,
  report: { deadband: undefined, heartbeat: undefined },
});
