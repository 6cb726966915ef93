import type { WatchDriver } from '../driver.ts';
import { OpcuaConnection } from './connection.ts';
import type { OpcuaAddress, OpcuaDevice } from './device.ts';
import { type OpcuaGroup, planGroups } from './plan.ts';
import type { OpcuaBus } from './security.ts';
import { OpcuaSession } from './session.ts';

export const opcuaDriver: WatchDriver<
  OpcuaBus,
  OpcuaDevice,
  OpcuaAddress,
  OpcuaGroup,
  OpcuaConnection
> = {
  type: 'opcua',
  plan: (_, tags) => planGroups(tags),
  unitOf: () => 'server',
  link: (bus, io) => new OpcuaConnection(bus, io),
  open: (device, io) => new OpcuaSession(device, io),
};
