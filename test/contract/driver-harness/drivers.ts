/** Every driver there is, with every kind of peer that it is held against. */
import { cjt188 } from './cjt188.ts';
import { dlt645 } from './dlt645.ts';
import { gpio } from './gpio.ts';
import type { DriverHarness } from './harness.ts';
import { modbus } from './modbus.ts';
import { opcua } from './opcua.ts';

export const HARNESSES: readonly DriverHarness[] = [...modbus, ...dlt645, ...cjt188, gpio, opcua];
