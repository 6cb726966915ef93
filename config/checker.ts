/**
 * Values against their declarations, where a driver declares a part of them itself. Every problem is noted
 * at its place; what is right comes back. Pure.
 */
import type { DriverOptions } from '../drivers/driver.ts';
import { type Schema, type SchemaIssue, unknownKey } from '../gateway/host/schema.ts';
import { unknown } from './finding.ts';
import type { Notes } from './notes.ts';
import type { TagOptions } from './schema.ts';
import type { Path } from './tree.ts';

export type Drivers = ReadonlyMap<string, DriverOptions>;

export interface Checker {
  readonly drivers: Drivers;
  readonly notes: Notes;
  /** Paths, joined by a slash, of maps whose one problem is known. */
  readonly skipped: ReadonlySet<string>;
}

export interface DraftTag<Common = TagOptions> {
  readonly common: Common | undefined;
  readonly addressText: string;
  /** What the driver made of the address and its companions. */
  readonly address: unknown;
  readonly kind: 'flag' | 'number' | 'text' | undefined;
  /** What it takes for itself alone on its bus. */
  readonly claim?: string | undefined;
  /** What is written to it holds for a time only. */
  readonly isFading?: boolean;
}

export type RawMap = Readonly<Record<string, unknown>>;

/** The driver that `protocol` names; a name that no driver has is noted. */
export function driverOf(
  { drivers, notes }: Checker,
  path: Path,
  protocol: unknown,
): DriverOptions | undefined {
  if (typeof protocol !== 'string') return undefined;
  const driver = drivers.get(protocol);
  if (driver === undefined) {
    const known = [...drivers.keys()];
    notes.find(unknown([...path, 'protocol'], 'config.unknown-protocol', protocol, known));
  }
  return driver;
}

export function check<T>(
  { notes, skipped }: Checker,
  path: Path,
  schema: Schema<T>,
  value: unknown,
): T | undefined {
  if (skipped.has(path.join('/'))) return undefined;
  const parsed = schema.parse(value);
  if (parsed.ok) return parsed.value;
  for (const issue of parsed.issues) notes.issue(path, issue);
  return undefined;
}

export const checkPresent = <T>(checker: Checker, path: Path, schema: Schema<T>, value: unknown) =>
  value === undefined ? undefined : check(checker, path, schema, value);

export interface OwnPart {
  readonly driver: DriverOptions | undefined;
  readonly part: 'deviceSchema' | 'addressSchema';
  /** The keys that stand in the same map and are not the driver's. */
  readonly beside: RawMap;
  /** Whether keys may be missing that others add later. */
  readonly isPart?: boolean;
}

/**
 * Hands a driver its own keys of a device or tag. A key that is neither its nor everybody's is
 * unknown; where the driver is, the keys of all drivers are known.
 */
export function checkOwn(
  { drivers, notes, skipped }: Checker,
  path: Path,
  value: unknown,
  { driver, part, beside, isPart = false }: OwnPart,
): unknown {
  if (!isMap(value) || skipped.has(path.join('/'))) return undefined;
  const candidates = driver ? [driver] : [...drivers.values()];
  const own = candidates.flatMap((one) => keysOf(one[part]));
  const known = [...new Set([...Object.keys(beside), ...own])];
  for (const key of Object.keys(value))
    if (!known.includes(key)) notes.issue(path, unknownKey([key], known));
  if (driver === undefined) return undefined;
  const kept = Object.entries(value).filter(([key]) => own.includes(key));
  const parsed = driver[part].parse(Object.fromEntries(kept));
  if (parsed.ok) return parsed.value;
  for (const issue of parsed.issues)
    if (!(isPart && isMissing(issue))) notes.issue(path, issue, { protocol: driver.type });
  return undefined;
}

const isMissing = ({ code, path }: SchemaIssue): boolean =>
  code === 'config.missing-key' && path.length === 1;

/** What everybody may write of a tag: the schema and its keys. */
export interface CommonTag<Common> {
  readonly options: Schema<Common>;
  readonly keys: RawMap;
}

/** The tags of a device or profile, each checked by itself. */
export function draftTags<Common>(
  checker: Checker,
  path: Path,
  tags: unknown,
  driver: DriverOptions | undefined,
  { options, keys }: CommonTag<Common>,
): Map<string, DraftTag<Common>> {
  return mapped(tags, (quantity, tag) => {
    const at = [...path, 'tags', quantity];
    const own: OwnPart = { driver, part: 'addressSchema', beside: keys };
    const common = check(checker, at, options, tag);
    const address = checkOwn(checker, at, tag, own);
    const kind = address === undefined ? undefined : driver?.kindOf?.(address);
    const claim = address === undefined ? undefined : driver?.claimOf?.(address);
    const isFading = address !== undefined && driver?.isFading?.(address) === true;
    const addressText = String(asMap(tag).address);
    return { common, addressText, address, kind, claim, isFading };
  });
}

const knownKeys = new WeakMap<Schema<unknown>, readonly string[]>();

function keysOf(schema: Schema<unknown>): readonly string[] {
  const keys = knownKeys.get(schema) ?? Object.keys(asMap(schema.json.properties));
  knownKeys.set(schema, keys);
  return keys;
}

const isMap = (value: unknown): value is RawMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The map that a value is, or an empty one. */
export const asMap = (value: unknown): RawMap => (isMap(value) ? value : {});

/** The entries of a map, each made into something. */
export const mapped = <T>(value: unknown, of: (key: string, value: unknown) => T): Map<string, T> =>
  new Map(Object.entries(asMap(value)).map(([key, one]) => [key, of(key, one)]));
