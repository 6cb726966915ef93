/** A plan as people and programs read it. Pure. */
import type { Group } from '../../../drivers/driver.ts';
import { type ErrorDetails, GatewayError, type Language } from '../../model/errors.ts';
import type { Millis } from '../../model/units.ts';
import type { DeviceLoad, Stretch } from '../../poll/load.ts';
import type { Words } from '../verb.ts';
import { hex } from '../wire/hex.ts';
import type { BusPlan, DevicePlan } from './plan-site.ts';

/** Frames by group, of the whole site. */
export type Frames = ReadonlyMap<Group, Uint8Array>;

/** The devices that cost most are named, so many of them. */
const MOST_NAMED = 3;

/** As it is written in YAML: `500ms`, `2.4s`, `15m`. */
export function durationText(length: Millis): string {
  const units: readonly (readonly [number, string])[] = [
    [3_600_000, 'h'],
    [60_000, 'm'],
    [1_000, 's'],
  ];
  for (const [size, unit] of units)
    if (length >= size && Number.isInteger((length / size) * 10)) return `${length / size}${unit}`;
  return `${length}ms`;
}

const rounded = (value: number): number => Math.round(value * 10) / 10;
const percent = (share: number): number => rounded(share * 100);

/** The JSON of one bus. */
export const planFields = ({ bus, resource, devices, load }: BusPlan, frames: Frames) => ({
  bus: bus.name,
  resource,
  ...(devices[0]?.access.timing && { baud: bus.baud, format: bus.format }),
  fits: load.fits,
  load_percent: percent(load.share),
  usable_percent: percent(load.usable),
  silent_share_percent: percent(bus.silentShare),
  classes: load.classes.map(({ scan, requests, cycle, share }) => ({
    scan: durationText(scan),
    requests,
    cycle_ms: rounded(cycle),
    load_percent: percent(share),
  })),
  nearest: load.nearest.map(stretchFields),
  devices: devices.map((plan, i) => deviceFields(plan, load.devices[i] as DeviceLoad, frames)),
});

const stretchFields = ({ scan, instead }: Stretch) => ({
  scan: durationText(scan),
  instead: durationText(instead),
});

const deviceFields = ({ device, groups }: DevicePlan, load: DeviceLoad, frames: Frames) => ({
  device: device.name,
  protocol: device.protocol,
  load_percent: percent(load.share),
  requests: groups.map((group, i) => ({
    request: group.label,
    scan: durationText(group.scan),
    tags: group.tags.map(({ quantity }) => quantity),
    frame: hexOf(frames.get(group)),
    request_bytes: group.cost.requestBytes,
    reply_bytes: group.cost.replyBytes,
    ms: rounded(load.requests[i]?.duration ?? 0),
  })),
});

const hexOf = (frame: Uint8Array | undefined): string | null =>
  frame === undefined ? null : hex(frame);

interface PlanWords {
  readonly load: string;
  readonly reserved: string;
  readonly every: string;
  readonly requests: string;
  readonly cycle: string;
  readonly tags: string;
}
const WORDS: Readonly<Record<Language, PlanWords>> = {
  en: {
    load: 'load',
    reserved: 'set aside for silent devices',
    every: 'every',
    requests: 'requests',
    cycle: 'one cycle',
    tags: 'tags',
  },
  zh: {
    load: '负载',
    reserved: '预留给无应答设备',
    every: '周期',
    requests: '次请求',
    cycle: '一轮耗时',
    tags: '个点',
  },
};

/** One bus for people: its load, its cycles, and each request with its frame. */
export function renderPlan(plan: BusPlan, frames: Frames, language: Language): string {
  const words = WORDS[language];
  const { bus, resource, load, devices } = plan;
  const wire = devices[0]?.access.timing ? ` ${bus.baud} ${bus.format}` : '';
  const reserved = `${percent(bus.silentShare)} % ${words.reserved}`;
  return [
    `${bus.name} (${resource}${wire}): ${words.load} ${percent(load.share)} %, ${reserved}`,
    ...load.classes.map(({ scan, requests, cycle, share }) => {
      const length = `${words.cycle} ${rounded(cycle)} ms = ${percent(share)} %`;
      return `  ${words.every} ${durationText(scan)}: ${requests} ${words.requests}, ${length}`;
    }),
    ...devices.flatMap((device, i) => [
      `  ${device.device.name} (${device.device.protocol}) ${percent(load.devices[i]?.share ?? 0)} %`,
      ...device.groups.map((group, j) => {
        const ms = rounded(load.devices[i]?.requests[j]?.duration ?? 0);
        const facts = `${durationText(group.scan)}, ${group.tags.length} ${words.tags}, ${ms} ms`;
        return `    ${group.label} · ${facts}\n      ${hexOf(frames.get(group)) ?? '—'}`;
      }),
    ]),
  ].join('\n');
}

/** A `cli.bus-overloaded` for each bus whose cycles cannot be kept. */
export const overloadsOf = (buses: readonly BusPlan[]): readonly GatewayError[] =>
  buses
    .filter(({ load }) => !load.fits)
    .map((bus) => new GatewayError('cli.bus-overloaded', overloadDetails(bus)));

function overloadDetails({ bus, load }: BusPlan): ErrorDetails {
  const dearest = load.devices.toSorted((a, b) => b.share - a.share).slice(0, MOST_NAMED);
  return {
    bus: bus.name,
    load: percent(load.share),
    usable: percent(load.usable),
    devices: dearest.map(({ name, share }) => `${name} ${percent(share)} %`).join(', '),
    nearest: load.nearest
      .map(({ scan, instead }) => `${durationText(scan)} → ${durationText(instead)}`)
      .join(', '),
  };
}

/** The last line of a plan that works. */
export const PLAN_FITS: Words = {
  en: 'every cycle can be kept',
  zh: '所有周期均可满足',
};
