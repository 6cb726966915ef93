import { describe, expect, it } from 'vitest';
import { loadProfiles, type Profile } from '../../../config/profiles.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';
import { judged } from '../../../gateway/cli/scan/scan-profiles.ts';
import type { FoundDevice } from '../../../gateway/cli/scan/scan-run.ts';
import { siteYaml } from '../../../gateway/cli/scan/scan-view.ts';
import type { Value } from '../../../gateway/model/sample.ts';
import { millis } from '../../../gateway/model/units.ts';

const profiles = await loadProfiles(DRIVER_OPTIONS);
const profile = (id: string): Profile => {
  const found = profiles.find((one) => one.id === id);
  if (!found) throw new Error(`no profile ${id}`);
  return found;
};
const sdm630 = profile('eastron/sdm630');
const unknown = { settings: undefined, unit: '9', identification: [] };
const samples = (values: Readonly<Record<string, Value>>) =>
  new Map(Object.entries(values).map(([quantity, value]) => [quantity, { value }]));

describe('a profile for a found device', () => {
  it('is the likelier the more of its values make sense', () => {
    const none = judged(sdm630, unknown, samples({ voltage_l1: 0 }));
    const one = judged(sdm630, unknown, samples({ voltage_l1: 230.1 }));
    const two = judged(sdm630, unknown, samples({ voltage_l1: 230.1, frequency: 50 }));
    expect([none?.points, one?.points, two?.points]).toEqual([1, 3, 5]);
    expect(two?.values).toEqual(['voltage_l1 230.1 V', 'frequency 50 Hz']);
  });

  it.each([
    ['a voltage of a million', { voltage_l1: 1e6 }],
    ['a frequency below nothing', { frequency: -3 }],
    ['a float whose words are swapped', { voltage_l1: 1.2e-38 }],
    ['a float whose bytes are', { current_l1: 3.1e33 }],
  ])('is none with %s', (_what, values) => {
    expect(judged(sdm630, unknown, samples(values))).toBeUndefined();
  });

  it('is the one that the device names', () => {
    const named = { ...unknown, identification: ['Eastron Electric', 'SDM-630', '1.2'] };
    expect(judged(sdm630, named, samples({ voltage_l1: 0 }))?.points).toBe(11);
    const other = profile('schneider/pm5000');
    expect(judged(other, named, samples({}))?.points).toBe(1);
  });

  it('is likelier at the settings that it leaves its factory with', () => {
    const meter = profile('dlt645-2007/single-phase');
    const at = { ...unknown, settings: { baud: 2400, format: '8E1' } } as const;
    const elsewhere = { ...unknown, settings: { baud: 9600, format: '8E1' } } as const;
    const points = (where: typeof at | typeof elsewhere) =>
      judged(meter, where, samples({ voltage: 230 }))?.points;
    expect(points(at)).toBe((points(elsewhere) ?? 0) + 1);
  });
});

describe('the YAML of a scan', () => {
  const found = (facts: Partial<FoundDevice>): FoundDevice => ({
    protocol: 'modbus',
    settings: { baud: 9600, format: '8N1' },
    unit: '3',
    options: { unit: 3 },
    after: millis(12),
    identification: [],
    ...facts,
  });

  it('names the profile, what else it may be, and settings that are not the bus’s', () => {
    const first = found({ identification: ['Eastron', 'SDM630'] });
    const meter = found({
      protocol: 'dlt645',
      unit: '202411110002',
      options: { address: '202411110002' },
      settings: { baud: 2400, format: '8E1' },
    });
    const proposal = (id: string) => ({ profile: profile(id), points: 5, values: [] });
    const proposals = new Map([
      [first, [proposal('eastron/sdm630'), proposal('schneider/pm5000')]],
    ]);
    const report = { found: [first, meter], proposals };
    expect(siteYaml(report, { kind: 'serial', path: '/dev/ttyUSB0' })).toBe(`buses:
  bus1: { serial: /dev/ttyUSB0, baud: 9600, format: 8N1 }
devices:
  modbus_3:
    # Eastron, SDM630
    bus: bus1
    profile: eastron/sdm630 # or schneider/pm5000
    unit: 3
  dlt645_202411110002:
    bus: bus1
    protocol: dlt645
    baud: 2400
    format: 8E1
    address: "202411110002"
    tags: {} # none of the profiles fits; see the manual of the device`);
  });
});
