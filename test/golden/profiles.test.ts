/** Every frame that stands in a profile, read through the real driver: the request it makes, and what the tags are then. */
import { expect, test } from 'vitest';
import { loadProfiles, type Profile, type ProfileTag } from '../../config/profiles.ts';
import { DRIVERS } from '../../drivers/all-drivers.ts';
import type { Driver, Group, TagRequest } from '../../drivers/driver.ts';
import { serialTiming } from '../../drivers/line/serial-timing.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { deviceName, isDecimal, tagId, type Value } from '../../gateway/model/sample.ts';
import { seconds } from '../../gateway/model/units.ts';
import { WIRE_ACCESS } from '../support/modbus-fixture.ts';
import { scriptedLine } from '../support/scripted-line.ts';

const profiles = await loadProfiles(DRIVER_OPTIONS);
const goldens = profiles.flatMap((profile) =>
  profile.golden.map((golden, i) => ({ name: `${profile.id} ${i + 1}`, profile, golden })),
);

function driverOf({ protocol }: Profile): Driver {
  const driver = DRIVERS.get(protocol);
  if (!driver) throw new Error(`no driver for ${protocol}`);
  return driver;
}

function optionsOf(profile: Profile, own: Readonly<Record<string, unknown>>): unknown {
  const parsed = DRIVER_OPTIONS.get(profile.protocol)?.deviceSchema.parse({
    ...profile.device,
    ...own,
  });
  if (!parsed?.ok) throw new Error(JSON.stringify(parsed?.issues));
  return parsed.value;
}

const requestOf = (tag: ProfileTag, index: number): TagRequest<unknown> => ({
  tag: {
    index,
    id: tagId('device', tag.quantity),
    device: deviceName('device'),
    quantity: tag.quantity,
    unit: tag.unit,
    decimals: tag.decimals,
    report: { deadband: undefined, heartbeat: undefined },
  },
  address: tag.address,
  scan: seconds(1),
});

/** Numbers with more than 15 digits are written as text in the profile. */
const shown = (value: Value | null): unknown =>
  typeof value === 'bigint'
    ? String(value)
    : typeof value === 'object' && value !== null && isDecimal(value)
      ? `${value.unscaled}e-${value.decimals}`
      : value;

test.each(goldens)('$name', async ({ profile, golden }) => {
  const wanted = profile.tags.filter(({ quantity }) => golden.expect.has(quantity));
  expect(wanted.map(({ quantity }) => quantity).sort()).toEqual([...golden.expect.keys()].sort());

  const driver = driverOf(profile);
  const device = optionsOf(profile, golden.device);
  const [group, ...others]: readonly Group[] = driver.plan(
    device,
    wanted.map(requestOf),
    WIRE_ACCESS,
  );
  if (!group || others.length > 0) throw new Error('the tags of one golden are one request');

  const clock = virtualClock();
  const line = scriptedLine(clock, serialTiming({ baud: 9600, format: '8N1' }));
  const session = driver.open(device, { ...WIRE_ACCESS, clock, log: silentLog, line });
  const reading = session.read(group, new AbortController().signal);
  await clock.advance(seconds(0));
  expect(line.written.map((bytes) => bytes.toString('hex'))).toEqual([
    Buffer.from(golden.request).toString('hex'),
  ]);
  line.arrive(golden.response);
  await clock.advance(seconds(5));
  const { samples, outcome } = await reading;
  expect(outcome).toBe('answered');
  const values = samples.map(({ value }, i) => [group.tags[i]?.quantity, shown(value)]);
  expect(Object.fromEntries(values)).toEqual(Object.fromEntries(golden.expect));
});
