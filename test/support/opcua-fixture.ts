/** OPC UA devices, addresses and tags for tests, with everything defaulted that a test is not about. */
import type { TagRequest } from '../../drivers/driver.ts';
import type { OpcuaAddress, OpcuaDevice } from '../../drivers/opcua/device.ts';
import { addressSchema, deviceSchema } from '../../drivers/opcua/options.ts';
import { deviceName, tagId } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { millis } from '../../gateway/model/units.ts';

/** A device from its YAML options. */
export function opcuaDevice(options: Readonly<Record<string, unknown>> = {}): OpcuaDevice {
  const parsed = deviceSchema.parse(options);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

/** An address from its YAML text, or from an object with what else a tag says. */
export function opcuaAddressOf(written: unknown): OpcuaAddress {
  const parsed = addressSchema.parse(written);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

/** A tag `cell.t<index>`. */
export const opcuaTag = (index = 0): Tag => ({
  index,
  id: tagId('cell', `t${index}`),
  device: deviceName('cell'),
  quantity: `t${index}`,
  unit: undefined,
  decimals: undefined,
  report: { deadband: undefined, heartbeat: undefined },
});

/** A tag at that address. */
export const opcuaRequest = (
  written: unknown,
  index = 0,
  scanMs = 1000,
): TagRequest<OpcuaAddress> => ({
  tag: opcuaTag(index),
  address: opcuaAddressOf(written),
  scan: millis(scanMs),
});
