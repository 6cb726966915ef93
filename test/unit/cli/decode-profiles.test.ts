import { beforeAll, describe, expect, it } from 'vitest';
import { loadProfiles, type Profile } from '../../../config/profiles.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';
import {
  profileFields,
  profileReadings,
  registerRead,
} from '../../../gateway/cli/decode/decode-profiles.ts';

let profiles: readonly Profile[] = [];
beforeAll(async () => {
  profiles = await loadProfiles(DRIVER_OPTIONS);
});

const read = (table: number, address: number, registers: readonly number[]) =>
  registerRead({ function: table, address, registers }) ?? expect.fail('no read');
const fieldsOf = (...of: Parameters<typeof read>) =>
  profileFields(profileReadings(read(...of), profiles));

describe('registers are matched to the profiles', () => {
  it('that fill the request from end to end', () => {
    expect(fieldsOf(4, 1, [285, 639])).toMatchObject({
      temperature: 28.5,
      humidity: 63.9,
      profiles: ['generic/xy-md02'],
    });
    expect(fieldsOf(3, 0x1e, [9, 12, 25])).toMatchObject({ N: 9, P: 12, K: 25 });
  });

  it('the best fit alone, where several fit', () => {
    const fits = profileReadings(read(4, 1, [285, 639]), profiles).map(({ fit }) => fit);
    expect(fits.filter((fit) => fit === 'planned')).toHaveLength(1);
    expect(fits.length).toBeGreaterThan(1);
  });

  it('as value and unit where it is one tag', () => {
    expect(fieldsOf(3, 0x0c83, [0, 0, 0x12, 0xd687])).toMatchObject({
      value: 1234.567,
      unit: 'kWh',
      profiles: ['schneider/iem3000'],
    });
  });

  it('once where several say the same', () => {
    expect(fieldsOf(3, 0x0bd3, [0x4365, 0x8000])).toMatchObject({
      value: 229.5,
      unit: 'V',
      profiles: ['schneider/iem3000', 'schneider/pm5000'],
    });
  });

  it('one under the other where they say different things', () => {
    const readings = [
      { profile: 'a/a', fit: 'whole' as const, fields: { value: 1, unit: 'V' } },
      { profile: 'b/b', fit: 'whole' as const, fields: { value: 0.1, unit: 'V' } },
      { profile: 'c/c', fit: 'part' as const, fields: { value: 7, unit: 'V' } },
    ];
    expect(profileFields(readings)).toEqual({
      profiles: [
        { profile: 'a/a', value: 1, unit: 'V' },
        { profile: 'b/b', value: 0.1, unit: 'V' },
      ],
    });
  });

  it('not at all where none fits, or the request is not known', () => {
    expect(fieldsOf(3, 60_000, [1])).toEqual({});
    expect(registerRead({ registers: [1, 2] })).toBeUndefined();
    expect(registerRead({ function: 16, address: 1, registers: [1, 2] })).toBeUndefined();
  });
});
