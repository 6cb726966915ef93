/** A Modbus device on a serial wire, RTU mode (Modbus over Serial Line V1.02 §2.5.1). */
import { hasValidCrc, rtuFrame } from './crc.ts';
import type { SimulatedDevice } from './device.ts';
import { damaged } from './faults.ts';
import type { Answer, Station } from './station.ts';
import type { WireSpeed } from './wire.ts';

/** V1.02 §2.2: all devices obey a request to unit 0, none answers. */
const BROADCAST = 0;

/** Puts a device on a wire; without settings of its own it speaks like the line. */
export const rtuStation = (device: SimulatedDevice, settings?: WireSpeed): Station => ({
  name: device.name,
  framing: 'silence',
  settings,
  turnaround: device.turnaround,
  faults: device.faults,
  hear(request, { now, isEarly }): Answer | undefined {
    const [unit] = request;
    if (unit !== device.unit && unit !== BROADCAST) return undefined;
    if ((isEarly && device.strict) || !hasValidCrc(request)) return undefined;
    const { reply, fault } = device.answer(request.subarray(1, -2), now);
    if (!reply || unit === BROADCAST) return { reply: undefined, fault };
    const foreign = () => rtuFrame((device.unit % 247) + 1, reply);
    const frame = rtuFrame(device.unit, reply);
    return { reply: damaged(fault?.kind, frame, foreign, device.faults.random), fault };
  },
});
