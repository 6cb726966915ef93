/** Addresses of an OPC UA server as they were typed. */
import type { TagRequest } from '../../../drivers/driver.ts';
import type { OpcuaAddress, OpcuaDevice } from '../../../drivers/opcua/device.ts';
import type { Call } from '../verb.ts';
import { deviceOf, tagAt, usage } from '../wire/device-flags.ts';

export interface OpcuaTags {
  readonly device: OpcuaDevice;
  readonly requests: readonly TagRequest<OpcuaAddress>[];
}

/** Options that are of devices on a line. */
const NOT_HERE = ['unit', 'address', 'type', 'profile', 'expect', 'identify'];

/** Throws `cli.usage` with the driver's words. */
export function opcuaTags(call: Call, verb: string, addresses: readonly string[]): OpcuaTags {
  const { protocol = 'opcua' } = call.values;
  const strange = NOT_HERE.find((option) => call.values[option] !== undefined);
  if (strange !== undefined || protocol !== 'opcua')
    throw usage(verb, `--${strange ?? 'protocol'} is not for OPC UA servers`);
  const device = deviceOf({ ...call, values: {} }, verb, { protocol: 'opcua' });
  const how = { verb, language: call.language };
  const requests = addresses.map((text, i) => {
    const request = tagAt(text, i, device, how) as TagRequest<OpcuaAddress>;
    const misfit = device.schemas.misfit?.(device.options, request.address);
    if (misfit) throw usage(verb, `${text}: there are no prefixes here, write nsu= with the URI`);
    return request;
  });
  return { device: device.options as OpcuaDevice, requests };
}
