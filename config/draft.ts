/**
 * A site as far as it is understood. Each bus, uplink, device and tag is checked by itself, so that
 * all problems come at once and one mistake hides no other. Pure.
 */
import type { BusAccess, DriverOptions } from '../drivers/driver.ts';
import { schemaIssue } from '../gateway/host/schema.ts';
import {
  asMap,
  type Checker,
  check,
  checkOwn,
  checkPresent,
  type DraftTag,
  type Drivers,
  draftTags,
  driverOf,
  mapped,
} from './checker.ts';
import type { Notes } from './notes.ts';
import {
  type DeviceOptions,
  deviceKeys,
  deviceOptions,
  type GatewayOptions,
  gatewayOptions,
  type JournalOptions,
  journalOptions,
  outline,
  type SimulationOptions,
  simulationOptions,
  tagKeys,
  tagOptions,
} from './schema.ts';
import { type BusOptions, busOptions } from './schema-bus.ts';
import { type UplinkOptions, uplinkOptions } from './schema-uplink.ts';
import {
  type CommandsOptions,
  commandsOptions,
  type OperatorOptions,
  operatorOptions,
} from './schema-write.ts';
import { type MapNode, type Path, plain } from './tree.ts';

/** Every name that was written; undefined where there are problems. */
export interface Draft {
  readonly gateway: GatewayOptions | undefined;
  readonly journal: JournalOptions | undefined;
  readonly uplinks: ReadonlyMap<string, UplinkOptions | undefined>;
  readonly buses: ReadonlyMap<string, BusOptions | undefined>;
  readonly devices: ReadonlyMap<string, DraftDevice>;
  readonly simulation: SimulationOptions | undefined;
  readonly commands: CommandsOptions | undefined;
  readonly operators: ReadonlyMap<string, OperatorOptions | undefined>;
}

export interface DraftDevice {
  /** Of its protocol; undefined: there is no such driver. */
  readonly driver: DriverOptions | undefined;
  readonly common: DeviceOptions | undefined;
  /** As written, whether or not the rest is right. */
  readonly bus: string | undefined;
  /** What the driver made of its own options. */
  readonly own: unknown;
  /** The kinds of bus that the device can be on; undefined: any, or nobody knows. */
  readonly framings: readonly BusAccess['framing'][] | undefined;
  readonly raisesAlarms: boolean;
  readonly tags: ReadonlyMap<string, DraftTag>;
}

export function draftOf(
  root: MapNode,
  drivers: Drivers,
  notes: Notes,
  skipped: ReadonlySet<string>,
): Draft {
  const checker = { drivers, notes, skipped };
  const site = plain(root);
  const section = (name: keyof Draft) => asMap(site)[name];
  const each = <T>(name: keyof Draft, of: (path: Path, value: unknown) => T): Map<string, T> =>
    mapped(section(name), (key, value) => of([name, key], value));
  check(checker, [], outline, site);
  return {
    gateway: checkPresent(checker, ['gateway'], gatewayOptions, section('gateway')),
    journal: check(checker, ['journal'], journalOptions, section('journal')),
    uplinks: each('uplinks', (path, value) => check(checker, path, uplinkOptions, value)),
    buses: each('buses', (path, value) => check(checker, path, busOptions, value)),
    devices: each('devices', (path, value) => draftDevice(checker, path, value)),
    simulation: checkPresent(checker, ['simulation'], simulationOptions, section('simulation')),
    commands: check(checker, ['commands'], commandsOptions, section('commands')),
    operators: mapped(asMap(section('commands')).operators, (name, value) =>
      check(checker, ['commands', 'operators', name], operatorOptions, value),
    ),
  };
}

function draftDevice(checker: Checker, path: Path, value: unknown): DraftDevice {
  const { bus, protocol, tags } = asMap(value);
  const driver = driverOf(checker, path, protocol);
  const part = { driver, part: 'deviceSchema', beside: deviceKeys } as const;
  const own = checkOwn(checker, path, value, part);
  const drafts = draftTags(checker, path, tags, driver, { options: tagOptions, keys: tagKeys });
  for (const [quantity, { address }] of drafts) {
    const misfit = own !== undefined && address !== undefined && driver?.misfit?.(own, address);
    if (!misfit) continue;
    const issue = schemaIssue(['address'], misfit.code, misfit.details ?? {});
    checker.notes.issue([...path, 'tags', quantity], issue);
  }
  return {
    driver,
    common: check(checker, path, deviceOptions, value),
    bus: typeof bus === 'string' ? bus : undefined,
    own,
    framings: own === undefined ? undefined : driver?.framings?.(own),
    raisesAlarms: own !== undefined && (driver?.raisesAlarms?.(own) ?? false),
    tags: drafts,
  };
}
