/** An uplink of HJ 212 as the gateway gets it, and what is wrong with what is written about one. Pure. */
import { type TagId, tagId } from '../gateway/model/sample.ts';
import type { Tag } from '../gateway/model/tag.ts';
import { type Millis, millis, minutes } from '../gateway/model/units.ts';
import type { DraftTag } from './checker.ts';
import type { Draft } from './draft.ts';
import { type Finding, unknown } from './finding.ts';
import type { Hj212FactorOptions, Hj212Options } from './schema-hj212.ts';
import type { DeviceConfig, Hj212Config, Hj212Factor } from './site.ts';
import type { Path } from './tree.ts';

/** Polls that may fail before a value stands no longer. */
const SCANS_OF_AGE = 3;
/** Of what rules compute: they say nothing of how often. */
const AGE_OF_DERIVED = minutes(5);

/** @param devices all of the site: how often a tag is read says how long a sample stands. */
export function hj212Of(
  options: Hj212Options,
  pw: string,
  timezone: string,
  devices: readonly DeviceConfig[],
): Hj212Config {
  const ages = new Map<TagId, Millis>();
  for (const { tags } of devices)
    for (const { tag, scan } of tags)
      ages.set(tag.id, millis(SCANS_OF_AGE * Math.max(scan, tag.report.heartbeat ?? 0)));
  return {
    ...options.hj212,
    ...{ st: `${options.st}`, mn: options.mn, pw, timezone },
    factors: [...options.factors].map(([code, factor]) => factorOf(code, factor, ages)),
    sends: options.data ?? ['realtime', 'minute', 'hour', 'day'],
    realtime: options.realtime,
    minute: minutes(Number.parseInt(options.minute, 10)),
    overTime: options.timeout,
    reCount: options.retries,
    settle: options.settle,
    backfill: options.backfill,
  };
}

function factorOf(
  code: string,
  { tag, total, flag, max_age }: Hj212FactorOptions,
  ages: ReadonlyMap<TagId, Millis>,
): Hj212Factor {
  const aged = (id: string) => ({
    tag: id as TagId,
    maxAge: max_age ?? ages.get(id as TagId) ?? AGE_OF_DERIVED,
  });
  return {
    ...{ code, ...aged(tag) },
    ...(total !== undefined && { total: aged(total) }),
    ...(flag && { flag: { ...aged(flag.tag), values: flag.values } }),
  };
}

/** What a password may be made of, so that a packet with it can be read. */
export const isPacketPassword = (text: string): boolean =>
  /^[A-Za-z0-9!-.:<>-~]{1,24}$/.test(text) && !/[#&,;=]/.test(text);

interface KnownTag {
  readonly kind?: DraftTag['kind'];
  /** No sample says that the value still stands. */
  readonly isOnChange?: boolean;
}

/** @param derived the tags that rules compute. */
export function lintHj212({ uplinks, devices }: Draft, derived: readonly Tag[]): Finding[] {
  const tags = new Map<string, KnownTag>(derived.map(({ id }) => [id, {}]));
  for (const [device, { common: options, tags: own }] of devices)
    for (const [quantity, { common, kind }] of own) {
      const { access, deadband, heartbeat } = common ?? {};
      const isOnChange =
        options?.protocol === ON_CHANGE || (deadband !== undefined && heartbeat === undefined);
      if (access !== 'write') tags.set(tagId(device, quantity), { kind, isOnChange });
    }
  const findings: Finding[] = [];
  const loggers = new Map<string, string>();
  for (const [name, uplink] of uplinks) {
    if (uplink === undefined || !('hj212' in uplink)) continue;
    const path = ['uplinks', name];
    const logger = `${uplink.hj212.host}:${uplink.hj212.port} ${uplink.mn}`;
    const other = loggers.get(logger);
    const code = 'config.hj212-mn-twice';
    if (other) findings.push({ path: [...path, 'mn'], at: 'value', code, details: { other } });
    loggers.set(logger, name);
    for (const [factor, options] of uplink.factors)
      findings.push(...lintFactor([...path, 'factors', factor], options, tags));
  }
  return findings;
}

/** Its servers report what changes. */
const ON_CHANGE = 'opcua';

function lintFactor(
  path: Path,
  { tag, total, flag, max_age }: Hj212FactorOptions,
  tags: ReadonlyMap<string, KnownTag>,
): Finding[] {
  const lintTag = (key: Path, id: string | undefined, isNumber: boolean): Finding[] => {
    if (id === undefined) return [];
    const at = { path: [...path, ...key], at: 'value' } as const;
    const known = tags.get(id);
    if (!known) return [unknown(at.path, 'config.hj212-tag-unknown', id, [...tags.keys()])];
    if (isNumber && (known.kind === 'flag' || known.kind === 'text'))
      return [{ ...at, code: 'config.hj212-not-number', details: { tag: id } }];
    if (max_age !== undefined || !known.isOnChange) return [];
    return [{ ...at, code: 'config.hj212-unending', details: { tag: id } }];
  };
  return [
    ...lintTag(['tag'], tag, true),
    ...lintTag(['total'], total, true),
    ...lintTag(['flag', 'tag'], flag?.tag, false),
  ];
}
