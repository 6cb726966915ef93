/** Which faults make sense where. */
import { DEVICE_FAULTS, type FaultKind, LINE_FAULTS, TCP_FAULTS, WIRE_FAULTS } from './faults.ts';

/** A Modbus device on TCP or on a wire, a meter, or a recording. */
export type FaultPlace = 'tcp' | 'wire' | 'dlt645' | 'cjt188' | 'replay';

const MODBUS = DEVICE_FAULTS.filter((kind) => kind !== 'stuck');
const POSSIBLE: Readonly<Record<FaultPlace, readonly FaultKind[]>> = {
  tcp: [...WIRE_FAULTS, ...MODBUS, ...TCP_FAULTS],
  wire: [...WIRE_FAULTS, ...MODBUS, ...LINE_FAULTS],
  dlt645: [...WIRE_FAULTS, 'zero', 'swap', ...LINE_FAULTS],
  cjt188: [...WIRE_FAULTS, 'zero', 'swap', 'stuck', ...LINE_FAULTS],
  replay: ['silent', 'late', 'bad-crc', 'half-frame', 'noise', ...LINE_FAULTS],
};

/** The faults that a device can have. */
export const possibleFaults = (place: FaultPlace): readonly FaultKind[] => POSSIBLE[place];
