/**
 * Which profiles fit a device that a scan found: by what it says of itself, by how it was found, and by whether what
 * the profile reads there makes sense.
 */

import type { Profile } from '../../../config/profiles.ts';
import { DRIVERS } from '../../../drivers/all-drivers.ts';
import type { DriverOptions, TagRequest } from '../../../drivers/driver.ts';
import { sameSettings } from '../../../drivers/line/serial-timing.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';
import { driverOf } from '../../field.ts';
import { decimalOf, roughly } from '../../model/decimal.ts';
import { deviceName, type Sample } from '../../model/sample.ts';
import { type Millis, millis, seconds } from '../../model/units.ts';
import { oneOffTag } from '../wire/device-flags.ts';
import type { FieldCall } from '../wire/field-call.ts';
import type { FoundDevice } from './scan-run.ts';

/** A profile that may be the device's. */
export interface Proposal {
  readonly profile: Profile;
  /** Higher is likelier; below `FEWEST_POINTS` it is not proposed. */
  readonly points: number;
  /** Values that were read with it and make sense, as `voltage_l1 230.1 V`. */
  readonly values: readonly string[];
}

const FEWEST_POINTS = 3;
const MOST_PROPOSALS = 3;
const MOST_REQUESTS = 3;
const MOST_VALUES = 4;
const READ_PATIENCE: Millis = millis(500);

const NAMED_POINTS = 10;
const TELLING_POINTS = 2;
const MOST_TELLING_POINTS = 8;
const READABLE_POINTS = 1;
const FACTORY_POINTS = 1;

/** The likeliest first; none when nothing speaks for any. Rejects when the line is lost. */
export async function proposalsFor(
  field: FieldCall,
  found: FoundDevice,
  profiles: readonly Profile[],
): Promise<readonly Proposal[]> {
  const proposals: Proposal[] = [];
  for (const profile of profiles.filter(({ protocol }) => protocol === found.protocol)) {
    const samples = await readWith(field, found, profile);
    const proposal = samples && judged(profile, found, samples);
    if (proposal && proposal.points >= FEWEST_POINTS) proposals.push(proposal);
  }
  return proposals.sort((a, b) => b.points - a.points).slice(0, MOST_PROPOSALS);
}

/** What the first requests of the profile bring, by its quantities; undefined when the device refuses one. */
async function readWith(
  field: FieldCall,
  found: FoundDevice,
  profile: Profile,
): Promise<ReadonlyMap<string, Sample> | undefined> {
  const { protocol, tags } = profile;
  const schemas = DRIVER_OPTIONS.get(protocol) as DriverOptions;
  const options = schemas.deviceSchema.parse({ ...profile.device, ...found.options });
  if (!options.ok) return undefined;
  const readable = tags.filter(({ access }) => access !== 'write');
  const requests = readable.map(
    ({ quantity, address }, i): TagRequest<unknown> => ({
      tag: oneOffTag(i, quantity),
      address,
      scan: seconds(1),
    }),
  );
  const driver = driverOf({ name: deviceName('device'), protocol }, DRIVERS);
  const session = field.session(protocol, options.value);
  const groups = driver.plan(options.value, requests, field.access).slice(0, MOST_REQUESTS);
  const samples = new Map<string, Sample>();
  for (const group of groups) {
    const reading = await field.read(session, group, READ_PATIENCE);
    for (const [i, sample] of reading.samples.entries()) {
      if (sample.quality !== 'good' && sample.quality !== 'bad:device') return undefined;
      samples.set(group.tags[i]?.quantity ?? '', sample);
    }
  }
  return samples.size > 0 ? samples : undefined;
}

/** Pure. Undefined when a value makes no sense: the device is something else. */
export function judged(
  profile: Profile,
  found: Pick<FoundDevice, 'settings' | 'unit' | 'identification'>,
  samples: ReadonlyMap<string, Pick<Sample, 'value'>>,
): Proposal | undefined {
  const values: string[] = [];
  for (const { quantity, unit } of profile.tags) {
    const decimal = decimalOf(samples.get(quantity)?.value ?? null);
    if (decimal === undefined) continue;
    const value = roughly(decimal);
    const sense = senseOf(value, unit);
    if (sense === 'nonsense') return undefined;
    if (sense === 'telling') values.push(`${quantity} ${value} ${unit}`);
  }
  const telling = Math.min(MOST_TELLING_POINTS, TELLING_POINTS * values.length);
  const named = isNamed(profile, found.identification) ? NAMED_POINTS : 0;
  const points = named + telling + READABLE_POINTS + factoryPoints(profile, found);
  return { profile, points, values: values.slice(0, MOST_VALUES) };
}

/** What quantities of a unit can be at all, and what they are when something is measured. Guesses. */
const RANGES: Readonly<Record<string, { readonly all: Range; readonly telling?: Range }>> = {
  V: { all: [-2_000, 100_000], telling: [80, 500] },
  Hz: { all: [0, 1_000], telling: [45, 65] },
  A: { all: [-20_000, 20_000] },
  '°C': { all: [-100, 1_500], telling: [5, 60] },
  '%': { all: [-1_000, 1_000] },
  '%RH': { all: [0, 100], telling: [10, 95] },
};
type Range = readonly [number, number];
/** No total or power that anybody reads is larger; floats in the wrong order are. */
const LARGEST = 1e13;
/** Nor is anything measured this small; floats in the wrong order are. */
const SMALLEST = 1e-9;

function senseOf(value: number, unit = ''): 'nonsense' | 'telling' | 'possible' {
  const size = Math.abs(value);
  const range = RANGES[unit];
  if (size > LARGEST || (size > 0 && size < SMALLEST)) return 'nonsense';
  if (range && !isIn(value, range.all)) return 'nonsense';
  return range?.telling && isIn(value, range.telling) ? 'telling' : 'possible';
}

const isIn = (value: number, [least, most]: Range): boolean => value >= least && value <= most;

/** Whether the device names the maker or the model of the profile. */
function isNamed({ id }: Profile, identification: readonly string[]): boolean {
  const said = plainWords(identification.join(' '));
  const [maker = '', model = ''] = id.split('/').map(plainWords);
  return said !== '' && (said.includes(model) || (maker !== 'generic' && said.includes(maker)));
}

const plainWords = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');

function factoryPoints(
  { factory: { baud, format, unit } }: Profile,
  found: Pick<FoundDevice, 'settings' | 'unit'>,
): number {
  const isAtSettings =
    found.settings !== undefined &&
    sameSettings({ baud: baud ?? 0, format: format ?? '8N1' }, found.settings);
  const isUnit = unit !== undefined && String(unit) === found.unit;
  return (isAtSettings ? FACTORY_POINTS : 0) + (isUnit ? FACTORY_POINTS : 0);
}
