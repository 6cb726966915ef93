/** What an OPC UA bus of a site has its server watch. Connects to nothing. Pure. */
import type { BusConfig, DeviceConfig, Site } from '../../../config/site.ts';
import type { OpcuaAddress, OpcuaDevice } from '../../../drivers/opcua/device.ts';
import { MOST_ITEMS, planGroups, samplingOf } from '../../../drivers/opcua/plan.ts';
import type { Language } from '../../model/errors.ts';
import type { Millis } from '../../model/units.ts';
import { durationText } from './plan-view.ts';

/** One scan class of a device. */
export interface WatchedClass {
  readonly scan: Millis;
  readonly items: number;
  /** 0 where the values are read in every scan instead. */
  readonly subscriptions: number;
  /** The most values that can come in a second; undefined where the server looks as fast as it can. */
  readonly changes: number | undefined;
}

export interface OpcuaPlan {
  readonly bus: BusConfig;
  readonly url: string;
  readonly devices: readonly {
    readonly device: DeviceConfig;
    readonly classes: readonly WatchedClass[];
  }[];
}

/** Of a server that says no limit of its own; one with a smaller one gets more subscriptions. */
export const planOpcua = (site: Site): readonly OpcuaPlan[] =>
  site.buses.flatMap((bus) => {
    const { name, transport } = bus;
    if (transport.kind !== 'opcua') return [];
    const devices = site.devices.filter((device) => device.bus === name);
    return [
      {
        bus,
        url: transport.url,
        devices: devices.map((device) => ({ device, classes: classesOf(device) })),
      },
    ];
  });

function classesOf({ options, tags }: DeviceConfig): readonly WatchedClass[] {
  const { mode } = options as OpcuaDevice;
  const requests = tags
    .filter(({ access }) => access !== 'write')
    .map(({ tag, address, scan }) => ({ tag, address: address as OpcuaAddress, scan }));
  return planGroups(requests).map(({ scan, items }) => {
    const intervals = items.map((item) => (mode === 'poll' ? scan : samplingOf(item).interval));
    const isBounded = intervals.every((interval) => interval > 0);
    return {
      scan,
      items: items.length,
      subscriptions: mode === 'poll' ? 0 : Math.ceil(items.length / MOST_ITEMS),
      changes: isBounded
        ? intervals.reduce((sum, interval) => sum + SECOND / interval, 0)
        : undefined,
    };
  });
}

const SECOND = 1_000;
const rounded = (value: number): number => Math.round(value * 10) / 10;

/** The JSON of one bus. */
export const opcuaFields = ({ bus, url, devices }: OpcuaPlan) => ({
  bus: bus.name,
  resource: `opcua:${url}`,
  fits: true,
  devices: devices.map(({ device, classes }) => ({
    device: device.name,
    protocol: device.protocol,
    classes: classes.map(({ scan, items, subscriptions, changes }) => ({
      scan: durationText(scan),
      subscriptions,
      items,
      changes_per_second_max: changes === undefined ? null : rounded(changes),
    })),
  })),
});

/** One bus for people. */
export function renderOpcua({ bus, url, devices }: OpcuaPlan, language: Language): string {
  return [
    `${bus.name} (${url}):`,
    ...devices.flatMap(({ device, classes }) => [
      `  ${device.name} (${device.protocol})`,
      ...classes.map((one) => `    ${classText(one, language)}`),
    ]),
  ].join('\n');
}

function classText({ scan, items, subscriptions, changes }: WatchedClass, language: Language) {
  const every = durationText(scan);
  const most = changes === undefined ? undefined : rounded(changes);
  if (language === 'zh') {
    const how = subscriptions > 0 ? `${subscriptions} 个订阅` : '逐次读取';
    const bound = most === undefined ? '变化数无上限' : `最多每秒 ${most} 个变化`;
    return `周期 ${every}：${how}，${items} 个点，${bound}`;
  }
  const how = subscriptions > 0 ? `${subscriptions} subscription(s)` : 'read each time';
  const bound =
    most === undefined ? 'as many changes as come' : `at most ${most} change(s) a second`;
  return `every ${every}: ${how}, ${items} item(s), ${bound}`;
}
