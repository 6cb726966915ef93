/** Whom a one-off call talks to: the bus it names, the device its options describe, the profile that helps. */

import type { Profile, ProfileTag } from '../../../config/profiles.ts';
import { DRIVERS } from '../../../drivers/all-drivers.ts';
import type { Driver, TagRequest } from '../../../drivers/driver.ts';
import type { Explainer } from '../../../drivers/explanation.ts';
import { driverOf } from '../../field.ts';
import { deviceName } from '../../model/sample.ts';
import { seconds } from '../../model/units.ts';
import type { Call, VerbOption } from '../verb.ts';
import { type BusUrl, busOf } from './bus-url.ts';
import { DEVICE_FLAGS, deviceOf, type FlaggedDevice, oneOffTag, tagAt } from './device-flags.ts';
import { profilesNamed } from './profile-flag.ts';
import { explainerOf } from './read-failure.ts';

/** The options of a verb that asks one device. */
export const ASKED_FLAGS = {
  ...DEVICE_FLAGS,
  profile: {
    type: 'string',
    placeholder: 'id|file',
    help: {
      en: 'the model of the device, eastron/sdm630, or a file of your own, my-site/profiles/boiler.yaml: its tags go by name',
      zh: '设备模板，如 eastron/sdm630，或自己的文件 my-site/profiles/boiler.yaml：可直接使用其中的点名',
    },
  },
} as const satisfies Record<string, VerbOption>;

export interface AskedDevice {
  readonly bus: BusUrl;
  readonly device: FlaggedDevice;
  readonly driver: Driver;
  readonly profile: Profile | undefined;
  /** Of what goes over this bus. */
  readonly explainer: Explainer | undefined;
}

/** The device that `url` and the options of the call mean. Throws `cli.usage`. */
export async function askedDevice(call: Call, verb: string, url: string): Promise<AskedDevice> {
  const { profile: id } = call.values;
  const [profile] = id === undefined ? [] : await profilesNamed(call, verb);
  const protocol = String(call.values.protocol ?? profile?.protocol ?? 'modbus');
  const bus = withFactorySettings(busOf(url, { verb, protocol }), profile);
  const unit = profile?.factory.unit;
  const options = {
    ...(unit !== undefined && { unit }),
    ...profile?.device,
    ...(bus.ascii && { mode: 'ascii' }),
  };
  const device = deviceOf(call, verb, { protocol, options });
  return {
    bus,
    device,
    driver: driverOf({ name: deviceName('device'), protocol }, DRIVERS),
    profile,
    explainer: explainerOf(protocol, bus),
  };
}

/** A device of this model that nobody has changed speaks at these settings. */
function withFactorySettings(bus: BusUrl, profile: Profile | undefined): BusUrl {
  const { baud = bus.baud, format = bus.format } = profile?.factory ?? {};
  return bus.isTuned ? bus : { ...bus, baud, format };
}

/** The tag that somebody means: one of the profile by its name or symbol, or an address. Throws `cli.usage`. */
export function wantedTag(
  written: string,
  index: number,
  { device, profile }: AskedDevice,
  how: Parameters<typeof tagAt>[3],
): TagRequest<unknown> {
  const tag =
    profile?.tags.find(({ quantity }) => quantity === written) ??
    profile?.tags.find(({ symbol }) => symbol === written);
  return tag ? profileTag(tag, index) : tagAt(written, index, device, how);
}

/** A tag of a profile, for one call. */
export function profileTag(
  { quantity, unit, decimals, address }: ProfileTag,
  index: number,
): TagRequest<unknown> {
  return { tag: oneOffTag(index, quantity, { unit, decimals }), address, scan: seconds(1) };
}
