/** A bus of the OPC UA driver on a simulated server, with everything that comes out of it at hand. */
import type { Written } from '../../drivers/driver.ts';
import { opcuaDriver } from '../../drivers/opcua/driver.ts';
import { opcuaOptions } from '../../drivers/opcua/options.ts';
import type { OpcuaBus } from '../../drivers/opcua/security.ts';
import { PLAIN_NAMESPACE } from '../../firmware-sim/opcua/variables.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { memoryStateStore } from '../../gateway/host/state-store.ts';
import { deviceName, type Sample, tagId, type Value } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { millis } from '../../gateway/model/units.ts';
import { WatchedBus } from '../../gateway/poll/watched-bus.ts';
import { until } from './waiting.ts';

export interface OpcuaField {
  readonly bus: WatchedBus;
  /** Everything that came, by the name of the tag. */
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
  latest(tag: string): Sample | undefined;
  /** Resolves when the newest sample of the tag passes. */
  comes(tag: string, passes: (sample: Sample) => boolean, patienceMs?: number): Promise<Sample>;
  write(tag: string, value: Value): Promise<Written>;
  stop(): Promise<void>;
}

export interface OpcuaFieldOptions {
  readonly url: string;
  /** The addresses of the tags by name, as in YAML. */
  readonly tags: Readonly<Record<string, unknown>>;
  readonly device?: Readonly<Record<string, unknown>>;
  readonly scan?: number;
  readonly bus?: Partial<OpcuaBus>;
}

const PLAIN = { namespaces: { plain: PLAIN_NAMESPACE } };

/** The bus is started; it keeps no state and waits for nothing. */
export async function opcuaField(options: OpcuaFieldOptions): Promise<OpcuaField> {
  const { url, tags, device = {}, scan = 100, bus: own } = options;
  const clock = systemClock();
  const link = opcuaDriver.link(
    {
      url,
      security: 'None',
      user: { kind: 'anonymous' },
      sessionTimeout: millis(10_000),
      keepAlive: millis(500),
      timeout: millis(2_000),
      pki: '',
      gateway: 'test',
      ...own,
    },
    { clock, log: silentLog, state: memoryStateStore() },
  );
  const parsed = opcuaOptions.deviceSchema.parse({ ...PLAIN, ...device });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const requests = Object.entries(tags).map(([quantity, written], index) => {
    const address = opcuaOptions.addressSchema.parse(written);
    if (!address.ok) throw new Error(JSON.stringify(address.issues));
    const tag: Tag = {
      index,
      id: tagId('plc', quantity),
      device: deviceName('plc'),
      quantity,
      unit: undefined,
      decimals: undefined,
      report: { deadband: undefined, heartbeat: undefined },
    };
    return { tag, address: address.value, scan: millis(scan) };
  });
  const access = { resource: link.resource, framing: 'opcua', timing: undefined } as const;
  const io = { ...access, clock, log: silentLog, link, state: memoryStateStore() };
  const samples = new Map<string, Sample[]>(Object.keys(tags).map((name) => [name, []]));
  const field = new WatchedBus({
    name: 'plc',
    link,
    devices: [
      {
        name: deviceName('plc'),
        groups: opcuaDriver.plan(parsed.value, requests, access),
        session: opcuaDriver.open(parsed.value, io),
      },
    ],
    clock,
    log: silentLog,
    random: () => 0,
    emit: (batch) => {
      for (const sample of batch) samples.get(sample.tag.slice('plc.'.length))?.push(sample);
    },
    onAlarm: () => {},
    onStanding: () => {},
  });
  await field.start();
  const latest = (tag: string) => samples.get(tag)?.at(-1);
  return {
    bus: field,
    samples,
    latest,
    async comes(tag, passes, patienceMs) {
      const isThere = () => {
        const sample = latest(tag);
        return sample !== undefined && passes(sample);
      };
      await until(`${tag}, which is ${JSON.stringify(latest(tag)?.quality)}`, isThere, patienceMs);
      return latest(tag) as Sample;
    },
    async write(tag, value) {
      const request = requests.find((candidate) => candidate.tag.quantity === tag);
      if (request === undefined) throw new Error(`no tag ${tag}`);
      return field.write('plc', { ...request, value });
    },
    stop: () => field.stop(),
  };
}
