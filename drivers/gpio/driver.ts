/** The pins of this machine: contacts, pulses and relays. */
import type { WatchDriver } from '../driver.ts';
import type { PinAddress } from './address.ts';
import { makeBackend } from './backends.ts';
import { type GpioBus, GpioLink, type MakeBackend } from './link.ts';
import type { GpioDevice } from './options.ts';
import { type PinGroup, planPins } from './plan.ts';
import { GpioSession } from './session.ts';

type GpioDriver = WatchDriver<GpioBus, GpioDevice, PinAddress, PinGroup, GpioLink>;

/** Of pins that are reached by these backends. */
export const gpioDriverBy = (make: MakeBackend): GpioDriver => ({
  type: 'gpio',
  plan: (_device, tags) => planPins(tags),
  unitOf: () => 'gpio',
  link: (bus, { clock }) => new GpioLink(bus, clock, make),
  open: (_device, io) => new GpioSession(io),
});

export const gpioDriver = gpioDriverBy(makeBackend);
