/** DL/T 645 for the contract suite: an electricity meter on wires. */
import { meter645 } from '../../../firmware-sim/dlt645-meter.ts';
import { parameter } from '../../../firmware-sim/dlt645-parameters.ts';
import type { Signal } from '../../../firmware-sim/process.ts';
import { seconds } from '../../../gateway/model/units.ts';
import type { DriverHarness } from './harness.ts';
import { behindServer, inMemory, type LineSubject } from './line-field.ts';

const ADDRESS = '202411110002';
const still = (value: number): Signal => ({
  shape: 'constant',
  min: value,
  max: value,
  period: seconds(1),
});
const DEMAND_PERIOD = '04000103';
const WRITE = 0x14;
/** In a frame without FEH before it. */
const CONTROL_AT = 8;

const SUBJECT: LineSubject = {
  protocol: 'dlt645',
  tags: {
    present: [
      { address: 'voltage_c', value: 231.3 },
      { address: 'voltage_a', value: 231.1 },
      { address: 'voltage_b', value: 231.2 },
      { address: 'forward_active_energy', value: 1234.56 },
      { address: 'meter_number', value: ADDRESS },
      { address: 'demand_period', value: 15 },
    ],
    absent: ['04990101 bytes:4'],
    writable: { address: 'demand_period', values: [30, 60] },
    readOnly: [
      { address: 'active_constant', value: 1000 },
      { address: 'voltage_a', value: 220.5 },
      { address: 'demand_period', value: 'often' },
    ],
    stamped: 'daily_freeze_forward_active_energy',
  },
  device: { address: ADDRESS, allow: ['write'], password: '02000000' },
  stranger: { address: '202411110003' },
  peer(clock) {
    const meter = meter645(
      {
        name: 'meter',
        address: ADDRESS,
        phases: 3,
        signals: new Map([
          ['02010100', still(231.1)],
          ['02010200', still(231.2)],
          ['02010300', still(231.3)],
          ['00010000', still(1234.56)],
        ]),
      },
      clock,
    );
    const { parameters } = meter.state;
    return {
      station: meter,
      isWrite: (frame) => frame[CONTROL_AT] === WRITE,
      standing() {
        const [period = 0] = parameter(meter.state, DEMAND_PERIOD, clock.mono()) ?? [];
        return Number(period.toString(16));
      },
      picture: () => [...parameters],
    };
  },
};

export const dlt645: readonly DriverHarness[] = [inMemory(SUBJECT), behindServer(SUBJECT)];
