/** What people write of devices and tags, as the driver of their protocol understands it. */
import type { TagRequest } from '../../../drivers/driver.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';
import { deviceName, tagId } from '../../../gateway/model/sample.ts';
import { millis } from '../../../gateway/model/units.ts';

/** The options of a device. */
export function parsedDevice(protocol: string, written: Readonly<Record<string, unknown>>) {
  const parsed = DRIVER_OPTIONS.get(protocol)?.deviceSchema.parse(written);
  if (!parsed?.ok) throw new Error(`${protocol} refuses ${JSON.stringify(parsed)}`);
  return parsed.value;
}

/** A tag `device.t<index>`. */
export function parsedTag(
  protocol: string,
  written: unknown,
  { index = 0, scanMs = 1000 }: { readonly index?: number; readonly scanMs?: number } = {},
): TagRequest<unknown> {
  const parsed = DRIVER_OPTIONS.get(protocol)?.addressSchema.parse(written);
  if (!parsed?.ok) throw new Error(`${protocol} refuses ${JSON.stringify({ written, parsed })}`);
  const device = deviceName('device');
  const quantity = `t${index}`;
  const tag = {
    index,
    id: tagId(device, quantity),
    device,
    quantity,
    unit: undefined,
    decimals: undefined,
    report: { deadband: undefined, heartbeat: undefined },
  };
  return { tag, address: parsed.value, scan: millis(scanMs) };
}
