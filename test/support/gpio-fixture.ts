/** A bus with scripted pins under a WatchedBus, on virtual time; a test says which tags there are. */
import { onTestFinished } from 'vitest';
import type { PinAddress } from '../../drivers/gpio/address.ts';
import { GpioLink } from '../../drivers/gpio/link.ts';
import { addressSchema } from '../../drivers/gpio/options.ts';
import { planPins } from '../../drivers/gpio/plan.ts';
import { GpioSession } from '../../drivers/gpio/session.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { memoryStateStore, type StateStore } from '../../gateway/host/state-store.ts';
import { type VirtualClock, virtualClock } from '../../gateway/host/virtual-clock.ts';
import { deviceName, type Sample, tagId, type Value } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { type Millis, millis } from '../../gateway/model/units.ts';
import { WatchedBus } from '../../gateway/poll/watched-bus.ts';
import { type ScriptedPins, scriptedPins } from './scripted-pins.ts';

export interface GpioFixture {
  readonly clock: VirtualClock;
  readonly pins: ScriptedPins;
  readonly state: StateStore;
  readonly bus: WatchedBus;
  readonly samples: Sample[];
  /** `door=true`, `water=0.02 uncertain:suspect`, oldest first, since the last call. */
  news(): string[];
  write(quantity: string, value: Value): ReturnType<WatchedBus['write']>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface GpioSetting {
  /** By quantity: the tag's own options. */
  readonly tags: Readonly<Record<string, string | Readonly<Record<string, unknown>>>>;
  readonly scan?: Millis;
  readonly clock?: VirtualClock;
  readonly state?: StateStore;
  readonly pins?: ScriptedPins;
}

export function pinAddressOf(written: unknown): PinAddress {
  const parsed = addressSchema.parse(written);
  if (parsed.ok) return parsed.value;
  throw new Error(JSON.stringify(parsed.issues));
}

export function gpioFixture(setting: GpioSetting): GpioFixture {
  const { clock = virtualClock(), state = memoryStateStore(), scan = millis(1000) } = setting;
  const pins = setting.pins ?? scriptedPins(clock);
  const device = deviceName('box');
  const requests = Object.entries(setting.tags).map(([quantity, written], index) => ({
    tag: tagOf(quantity, index),
    address: pinAddressOf(written),
    scan,
  }));
  const bus = { chip: undefined, backend: 'simulated' } as const;
  const link = new GpioLink(bus, clock, async (_bus, _clock, onLost) => {
    pins.onChipLost = onLost;
    return pins;
  });
  const io = { clock, log: silentLog, state, link };
  const access = { resource: link.resource, framing: 'gpio', timing: undefined } as const;
  const samples: Sample[] = [];
  let seen = 0;
  const watched = new WatchedBus({
    name: 'pins',
    link,
    devices: [
      { name: device, session: new GpioSession({ ...io, ...access }), groups: planPins(requests) },
    ],
    clock,
    log: silentLog,
    random: () => 0.5,
    emit: (more) => samples.push(...more),
    onAlarm() {},
    onStanding() {},
  });
  onTestFinished(() => stop());
  const stop = async () => {
    const stopping = watched.stop();
    await clock.advance(millis(0));
    await stopping;
  };
  return {
    clock,
    pins,
    state,
    bus: watched,
    samples,
    news() {
      const fresh = samples.slice(seen);
      seen = samples.length;
      return fresh.map(({ tag, value, quality }) => {
        const text =
          typeof value === 'object' && value ? `${value.unscaled}e-${value.decimals}` : value;
        return `${tag.slice('box.'.length)}=${text}${quality === 'good' ? '' : ` ${quality}`}`;
      });
    },
    write: (quantity, value) => {
      const request = requests.find(({ tag }) => tag.quantity === quantity);
      if (!request) throw new Error(`no tag ${quantity}`);
      return watched.write('box', { ...request, value });
    },
    async start() {
      await watched.start();
      await clock.advance(millis(0));
    },
    stop,
  };
}

export const tagOf = (quantity: string, index = 0): Tag => ({
  index,
  id: tagId('box', quantity),
  device: deviceName('box'),
  quantity,
  unit: undefined,
  decimals: undefined,
  report: { deadband: undefined, heartbeat: undefined },
});
