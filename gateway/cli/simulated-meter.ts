/** Turns the meters of a site into those that the simulator plays. */
import type { DeviceConfig, SimulatedDevice } from '../../config/site.ts';
import type { Cjt188Address } from '../../drivers/cjt188/address.ts';
import type { Cjt188Device } from '../../drivers/cjt188/options.ts';
import type { Dlt645Address, Dlt645Device } from '../../drivers/dlt645/options.ts';
import type { Meter188Setting } from '../../firmware-sim/cjt188-meter.ts';
import type { Meter645Setting } from '../../firmware-sim/dlt645-meter.ts';
import { type MeterRegister, registers2007 } from '../../firmware-sim/dlt645-registers.ts';
import { registers1997 } from '../../firmware-sim/dlt645-registers-1997.ts';
import type { Signal } from '../../firmware-sim/process.ts';
import { millis, minutes, seconds } from '../model/units.ts';

/** How a device is to be played; what a story moves is among its signals. */
export type WantedDevice = Omit<SimulatedDevice, 'signals'> & {
  readonly signals: ReadonlyMap<string, Signal>;
};

/** §5.2.6 of DL/T 645-2007 wants 20 ms at least. */
const DEFAULT_TURNAROUND = millis(30);
const VALVE_TRAVEL = seconds(10);

const manners = (device: DeviceConfig, wanted: WantedDevice | undefined) => ({
  name: device.name,
  turnaround: wanted?.turnaround ?? DEFAULT_TURNAROUND,
  ...(wanted?.fault && { fault: { kind: wanted.fault, share: wanted.faultShare } }),
});

/** A meter with the signals that the site gives its tags, by the identifier that each tag reads. */
export function simulatedMeter645(
  device: DeviceConfig,
  wanted: WantedDevice | undefined,
): Meter645Setting {
  const { address, version, utcOffsetMinutes, password } = device.options as Dlt645Device;
  const signals = new Map<string, Signal>();
  const registers = new Map<string, Pick<MeterRegister, 'bytes' | 'decimals' | 'isSigned'>>();
  const displays = new Map<string, string>();
  for (const { tag, address: place } of device.tags) {
    const { items, scale, offset } = place as Dlt645Address;
    const item = items[version];
    if (!item) continue;
    displays.set(tag.quantity, item.di);
    const signal = wanted?.signals.get(tag.quantity);
    if (signal) signals.set(item.di, unscaled(signal, scale, offset));
    const [element] = item.layout.tuple;
    if (element?.kind !== 'number' || item.layout.tuple.length > 1 || item.layout.repeats) continue;
    const { bytes, decimals, signed: isSigned } = element;
    const [known] = (version === '1997' ? registers1997 : registers2007)(item.di, SHAPE) ?? [];
    if (known?.bytes !== bytes || known.decimals !== decimals)
      registers.set(item.di, { bytes, decimals, isSigned });
  }
  return {
    ...manners(device, wanted),
    address: address.replaceAll('A', '0'),
    version,
    signals,
    registers,
    displays,
    clockOffset: minutes(utcOffsetMinutes),
    ...(password && { password: password.slice(2), passwordLevel: Number(password.slice(0, 2)) }),
  };
}

const SHAPE = { phases: 3, tariffs: 4 } as const;

/** What the meter shows when the tag is what the signal says. */
function unscaled(signal: Signal, scale = '1', offset = '0'): Signal {
  const shown = (value: number) => (value - Number(offset)) / Number(scale);
  if (signal.shape === 'played')
    return { ...signal, value: (elapsed) => shown(Number(signal.value(elapsed))) };
  return { ...signal, min: shown(signal.min), max: shown(signal.max) };
}

/** A meter with the signals that the site gives its tags; a field of the settlement day follows its present one. */
export function simulatedMeter188(
  device: DeviceConfig,
  wanted: WantedDevice | undefined,
): Meter188Setting {
  const options = device.options as Cjt188Device;
  const tags = device.tags.map(({ tag, address }) => ({ tag, place: address as Cjt188Address }));
  const signals = new Map<string, Signal>();
  const displays = new Map<string, string>();
  for (const { tag, place } of tags) {
    if (typeof place.read !== 'string') continue;
    displays.set(tag.quantity, place.read);
    const signal = wanted?.signals.get(tag.quantity);
    if (signal) signals.set(place.read, signal);
  }
  const { diOrder, unitPosition, layout } = options;
  const hasValve = tags.some(({ place }) => place.bits === 'valve');
  return {
    ...manners(device, wanted),
    address: options.address.replaceAll('A', '0'),
    type: options.type,
    diOrder: diOrder === 'low_first' ? 'low-first' : 'high-first',
    isUnitFirst: unitPosition === 'first',
    isCurrentFirst: options.heatOrder === 'current_first',
    decimals: decimalsOf(options),
    signals,
    displays,
    ...(layout === 2018 && { layout }),
    ...(hasValve && { valveTravel: VALVE_TRAVEL }),
  };
}

/** The driver names kinds of values, the simulator each value. */
function decimalsOf({ decimals }: Cjt188Device): NonNullable<Meter188Setting['decimals']> {
  const { volume, heat, power, flow, temperature } = decimals;
  return {
    ...(volume !== undefined && { volume }),
    ...(heat !== undefined && { heat }),
    ...(power !== undefined && { power }),
    ...(flow !== undefined && { flow }),
    ...(temperature !== undefined && {
      supply_temperature: temperature,
      return_temperature: temperature,
    }),
  };
}
