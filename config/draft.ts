/**
 * A site as far as it is understood. Each bus, uplink, device and tag is checked by itself, so that
 * all problems come at once and one mistake hides no other. Pure.
 */
import type { Driver } from '../drivers/driver.ts';
import { quoted } from '../gateway/host/quoted.ts';
import { type Schema, type SchemaIssue, unknownKey } from '../gateway/host/schema.ts';
import { type Finding, unknown } from './finding.ts';
import { issueProblem, type Problem, problem } from './problem.ts';
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
import { keyPlace, type MapNode, type Path, plain, valuePlace, written } from './tree.ts';

export type Drivers = ReadonlyMap<string, Driver>;

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
  readonly bus: string | undefined;
  /** What the driver made of its own options. */
  readonly own: unknown;
  readonly tags: ReadonlyMap<string, DraftTag>;
}

export interface DraftTag {
  readonly common: TagOptions | undefined;
  readonly addressText: string;
  readonly address: unknown;
}

/** Notes problems of a tree at their places. */
export interface Notes {
  readonly problems: readonly Problem[];
  find(finding: Finding): void;
  issue(path: Path, issue: SchemaIssue, protocol?: string): void;
}

export function notesOn(root: MapNode): Notes {
  const problems: Problem[] = [];
  return {
    problems,
    find({ path, at, code, details, severity, first }) {
      const place = at === 'key' ? keyPlace(root, path) : valuePlace(root, path);
      const words = first ? { ...details, first: written(keyPlace(root, first)) } : details;
      problems.push(problem(place, code, words, severity));
    },
    issue(prefix, issue, protocol = '') {
      const path = [...prefix, ...issue.path];
      const place = isAboutKey(issue) ? keyPlace(root, path) : valuePlace(root, path);
      problems.push(issueProblem(place, issue, { protocol }));
    },
  };
}

/** A key nobody knows, a map without its key, or a name that cannot be one. */
const isAboutKey = ({ code, path, details }: SchemaIssue): boolean =>
  code === 'config.unknown-key' ||
  code === 'config.not-one-key' ||
  details?.found === quoted(path.at(-1));

type RawMap = Readonly<Record<string, unknown>>;

/** `skipped` holds the paths, joined by a slash, whose problem is known. */
export function draftOf(
  root: MapNode,
  drivers: Drivers,
  notes: Notes,
  skipped: ReadonlySet<string>,
): Draft {
  const site = plain(root) as RawMap;
  const check = <T>(path: Path, schema: Schema<T>, value: unknown): T | undefined => {
    if (skipped.has(path.join('/'))) return undefined;
    const parsed = schema.parse(value);
    if (parsed.ok) return parsed.value;
    for (const issue of parsed.issues) notes.issue(path, issue);
    return undefined;
  };
  const each = <T>(section: string, of: (path: Path, value: unknown) => T): Map<string, T> => {
    const entries = Object.entries(mapIn(site, section));
    return new Map(entries.map(([name, value]) => [name, of([section, name], value)]));
  };
  check([], outline, site);
  return {
    gateway: 'gateway' in site ? check(['gateway'], gatewayOptions, site.gateway) : undefined,
    journal: check(['journal'], journalOptions, site.journal),
    uplinks: each('uplinks', (path, value) => check(path, uplinkOptions, value)),
    buses: each('buses', (path, value) => check(path, busOptions, value)),
    devices: each('devices', (path, value) => draftDevice(path, value)),
    simulation:
      'simulation' in site ? check(['simulation'], simulationOptions, site.simulation) : undefined,
  };

  function draftDevice(path: Path, value: unknown): DraftDevice {
    const common = check(path, deviceOptions, value);
    const raw = asMap(value);
    const { bus, protocol } = raw;
    const driver = typeof protocol === 'string' ? drivers.get(protocol) : undefined;
    if (typeof protocol === 'string' && driver === undefined) {
      const at = [...path, 'protocol'];
      notes.find(unknown(at, 'config.unknown-protocol', protocol, [...drivers.keys()]));
    }
    const isSkipped = skipped.has(path.join('/'));
    const tags = Object.entries(mapIn(raw, 'tags')).map(([quantity, tag]): [string, DraftTag] => [
      quantity,
      draftTag([...path, 'tags', quantity], tag, driver),
    ]);
    return {
      common,
      bus: typeof bus === 'string' ? bus : undefined,
      own: driver && !isSkipped && checkOwn(path, driver, driver.deviceSchema, raw, deviceKeys),
      tags: new Map(tags),
    };
  }

  function draftTag(path: Path, value: unknown, driver: Driver | undefined): DraftTag {
    const raw = asMap(value);
    return {
      common: check(path, tagOptions, value),
      addressText: String(raw.address),
      address:
        driver && raw !== EMPTY
          ? checkOwn(path, driver, driver.addressSchema, raw, tagKeys)
          : undefined,
    };
  }

  /** Hands a driver its own keys of a device or tag; a key that is neither its nor everybody's is unknown. */
  function checkOwn<T>(
    path: Path,
    driver: Driver,
    schema: Schema<T>,
    raw: RawMap,
    common: RawMap,
  ): T | undefined {
    const own = ownKeys(schema);
    const known = [...new Set([...Object.keys(common), ...own])];
    const unknownKeys = Object.keys(raw).filter((key) => !known.includes(key));
    for (const key of unknownKeys) notes.issue(path, unknownKey([key], known));
    const kept = Object.entries(raw).filter(([key]) => own.has(key));
    const parsed = schema.parse(Object.fromEntries(kept));
    if (parsed.ok) return parsed.value;
    for (const issue of parsed.issues) notes.issue(path, issue, driver.type);
    return undefined;
  }
}

const keysOfSchemas = new WeakMap<Schema<unknown>, ReadonlySet<string>>();

function ownKeys(schema: Schema<unknown>): ReadonlySet<string> {
  const known = keysOfSchemas.get(schema);
  if (known) return known;
  const keys = new Set(Object.keys(asMap(schema.json.properties)));
  keysOfSchemas.set(schema, keys);
  return keys;
}

const EMPTY: RawMap = {};

const asMap = (value: unknown): RawMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as RawMap) : EMPTY;

const mapIn = (map: RawMap, key: string): RawMap => asMap(map[key]);
