/**
 * A site as far as it is understood. Each bus, uplink, device and tag is checked by itself, so that
 * all problems come at once and one mistake hides no other. Pure.
 */
import type { DriverOptions } from '../drivers/driver.ts';
import { type Schema, unknownKey } from '../gateway/host/schema.ts';
import { unknown } from './finding.ts';
import type { Notes } from './notes.ts';
import {
  type BusOptions,
  busOptions,
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
  type TagOptions,
  tagKeys,
  tagOptions,
  type UplinkOptions,
  uplinkOptions,
} from './schema.ts';
import { type MapNode, type Path, plain } from './tree.ts';

export type Drivers = ReadonlyMap<string, DriverOptions>;

/** Every name that was written; undefined where there are problems. */
export interface Draft {
  readonly gateway: GatewayOptions | undefined;
  readonly journal: JournalOptions | undefined;
  readonly uplinks: ReadonlyMap<string, UplinkOptions | undefined>;
  readonly buses: ReadonlyMap<string, BusOptions | undefined>;
  readonly devices: ReadonlyMap<string, DraftDevice>;
  readonly simulation: SimulationOptions | undefined;
}

export interface DraftDevice {
  readonly common: DeviceOptions | undefined;
  /** As written, whether or not the rest is right. */
  readonly bus: string | undefined;
  /** What the driver made of its own options. */
  readonly own: unknown;
  readonly tags: ReadonlyMap<string, DraftTag>;
}

export interface DraftTag {
  readonly common: TagOptions | undefined;
  readonly addressText: string;
  /** What the driver made of the address and its companions. */
  readonly address: unknown;
}

interface Checker {
  readonly drivers: Drivers;
  readonly notes: Notes;
  /** Paths, joined by a slash, of maps whose one problem is known. */
  readonly skipped: ReadonlySet<string>;
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
  };
}

function draftDevice(checker: Checker, path: Path, value: unknown): DraftDevice {
  const { drivers, notes } = checker;
  const { bus, protocol, tags } = asMap(value);
  const driver = typeof protocol === 'string' ? drivers.get(protocol) : undefined;
  if (typeof protocol === 'string' && driver === undefined) {
    const at = [...path, 'protocol'];
    notes.find(unknown(at, 'config.unknown-protocol', protocol, [...drivers.keys()]));
  }
  return {
    common: check(checker, path, deviceOptions, value),
    bus: typeof bus === 'string' ? bus : undefined,
    own: checkOwn(checker, path, driver, 'deviceSchema', value, deviceKeys),
    tags: mapped(tags, (quantity, tag) => {
      const at = [...path, 'tags', quantity];
      return {
        common: check(checker, at, tagOptions, tag),
        addressText: String(asMap(tag).address),
        address: checkOwn(checker, at, driver, 'addressSchema', tag, tagKeys),
      };
    }),
  };
}

function check<T>(
  { notes, skipped }: Checker,
  path: Path,
  schema: Schema<T>,
  value: unknown,
  protocol?: string,
): T | undefined {
  if (skipped.has(path.join('/'))) return undefined;
  const parsed = schema.parse(value);
  if (parsed.ok) return parsed.value;
  for (const issue of parsed.issues) notes.issue(path, issue, protocol);
  return undefined;
}

const checkPresent = <T>(checker: Checker, path: Path, schema: Schema<T>, value: unknown) =>
  value === undefined ? undefined : check(checker, path, schema, value);

/**
 * Hands a driver its own keys of a device or tag. A key that is neither its nor everybody's is
 * unknown; where the driver is, the keys of all drivers are known.
 */
function checkOwn(
  checker: Checker,
  path: Path,
  driver: DriverOptions | undefined,
  part: 'deviceSchema' | 'addressSchema',
  value: unknown,
  common: RawMap,
): unknown {
  if (!isMap(value) || checker.skipped.has(path.join('/'))) return undefined;
  const candidates = driver ? [driver] : [...checker.drivers.values()];
  const own = candidates.flatMap((one) => keysOf(one[part]));
  const known = [...new Set([...Object.keys(common), ...own])];
  for (const key of Object.keys(value))
    if (!known.includes(key)) checker.notes.issue(path, unknownKey([key], known));
  if (driver === undefined) return undefined;
  const kept = Object.entries(value).filter(([key]) => own.includes(key));
  return check(checker, path, driver[part], Object.fromEntries(kept), driver.type);
}

const knownKeys = new WeakMap<Schema<unknown>, readonly string[]>();

function keysOf(schema: Schema<unknown>): readonly string[] {
  const keys = knownKeys.get(schema) ?? Object.keys(asMap(schema.json.properties));
  knownKeys.set(schema, keys);
  return keys;
}

type RawMap = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is RawMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const asMap = (value: unknown): RawMap => (isMap(value) ? value : {});
const mapped = <T>(value: unknown, of: (key: string, value: unknown) => T): Map<string, T> =>
  new Map(Object.entries(asMap(value)).map(([key, one]) => [key, of(key, one)]));
