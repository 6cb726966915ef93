/** CJ/T 188 for the contract suite: a water meter with a valve on wires. */
import { meter188 } from '../../../firmware-sim/cjt188-meter.ts';
import { seconds } from '../../../gateway/model/units.ts';
import type { DriverHarness } from './harness.ts';
import { behindServer, inMemory, type LineSubject } from './line-field.ts';

const ADDRESS = '78331234567890';
const WRITE = 0x04;
/** In a frame without FE before it. */
const CONTROL_AT = 9;
const SETTLEMENT_DAY = '8103';

const SUBJECT: LineSubject = {
  protocol: 'cjt188',
  tags: {
    present: [
      { address: 'settlement_day', value: 1 },
      { address: 'battery_low', value: false },
      { address: 'volume', value: 8765.43 },
      { address: 'valve', value: 'open' },
    ],
    absent: ['di:D300 hex'],
    writable: { address: 'settlement_day', values: [5, 20] },
    readOnly: [
      { address: 'volume', value: 1 },
      { address: 'valve', value: 'closed' },
      { address: 'di:A0FF hex', value: '12' },
      { address: 'settlement_day', value: 32 },
    ],
  },
  device: {
    address: ADDRESS,
    type: 'water',
    di_order: 'high_first',
    timeout: '1s',
    allow: ['write'],
  },
  stranger: { address: '78331234567891', type: 'water' },
  peer(clock) {
    const volume = { shape: 'constant', min: 8765.43, max: 8765.43, period: seconds(1) } as const;
    const meter = meter188(
      {
        name: 'meter',
        address: ADDRESS,
        type: 0x10,
        valveTravel: seconds(10),
        signals: new Map([['volume', volume]]),
      },
      clock,
    );
    const { parameters } = meter.state;
    return {
      station: meter,
      isWrite: (frame) => frame[CONTROL_AT] === WRITE,
      standing: () => Number((parameters.get(SETTLEMENT_DAY) ?? 0).toString(16)),
      picture: () => [[...parameters], meter.state.valve?.position(clock.mono())],
    };
  },
};

export const cjt188: readonly DriverHarness[] = [inMemory(SUBJECT), behindServer(SUBJECT)];
