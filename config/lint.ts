/** What one part of a site says against another. Pure; knows nothing of files. */
import type { ErrorCode, ErrorDetails } from '../gateway/model/errors.ts';
import {
  ALARM_EVENT_QUANTITY,
  counterEventQuantity,
  RESERVED_DEVICES,
} from '../gateway/model/event-tag.ts';
import type { Millis } from '../gateway/model/units.ts';
import type { DraftTag } from './checker.ts';
import type { Draft, DraftDevice } from './draft.ts';
import { type Finding, unknown } from './finding.ts';
import { framingOf, lintBuses, lintClaims, lintPlace } from './lint-buses.ts';
import { lintCommands } from './lint-commands.ts';
import { lintFormats } from './lint-format.ts';
import { lintSparkplug } from './lint-sparkplug.ts';
import { lintPolicy, lintRefusals } from './lint-write.ts';
import { brokerOf } from './schema-uplink.ts';
import type { Path } from './tree.ts';

export const MOST_TAGS = 50_000;

export const lint = (draft: Draft): Finding[] => [
  ...lintUplinks(draft),
  ...lintFormats(draft),
  ...lintBuses(draft),
  ...lintDevices(draft),
  ...lintClaims(draft),
  ...lintCommands(draft),
  ...lintSparkplug(draft),
  ...lintSimulation(draft),
];

function lintUplinks({ uplinks, operators }: Draft): Finding[] {
  const findings: Finding[] = [];
  const clients = new Map<string, string>();
  for (const [name, uplink] of uplinks) {
    if (uplink === undefined || 'hj212' in uplink) continue;
    const path = ['uplinks', name];
    const broker = brokerOf(uplink);
    const say = (key: string, code: ErrorCode, details: ErrorDetails = {}) =>
      findings.push({ path: [...path, key], at: 'key', code, details: { key, ...details } });
    if (uplink.client_cert && !uplink.client_key)
      say('client_cert', 'config.pair-missing', { other: 'client_key' });
    if (uplink.client_key && !uplink.client_cert)
      say('client_key', 'config.pair-missing', { other: 'client_cert' });
    if (uplink.password && !uplink.username)
      say('password', 'config.pair-missing', { other: 'username' });
    const isOpen = broker.startsWith('mqtt://');
    for (const key of ['ca', 'client_cert', 'client_key'] as const)
      if (isOpen && uplink[key]) say(key, 'config.tls-unused');
    if (isOpen && uplink.password && !isLocal(broker))
      findings.push({
        path: [...path, 'mqtt' in uplink ? 'mqtt' : 'sparkplug'],
        at: 'value',
        code: 'config.password-unprotected',
        severity: 'warning',
      });
    if (isOpen && uplink.commands === 'accept' && operators.size === 0 && !isLocal(broker))
      findings.push({
        path: [...path, 'commands'],
        at: 'value',
        code: 'config.commands-unprotected',
        severity: 'warning',
      });
    const client = `${broker} ${uplink.client_id}`;
    const other = uplink.client_id && clients.get(client);
    if (other) say('client_id', 'config.client-id-twice', { other });
    clients.set(client, name);
  }
  return findings;
}

const isLocal = (url: string): boolean =>
  /^(localhost|127\..*|\[::1\])$/.test(URL.parse(url)?.hostname ?? '');

function lintDevices({ buses, devices }: Draft): Finding[] {
  const findings: Finding[] = [];
  const units = new Map<string, string>();
  let tags = 0;
  for (const [name, device] of devices) {
    const path = ['devices', name];
    tags += device.tags.size;
    if (RESERVED_DEVICES.includes(name))
      findings.push({ path, at: 'key', code: 'rules.device-reserved', details: { name } });
    if (device.bus !== undefined && !buses.has(device.bus))
      findings.push(unknown([...path, 'bus'], 'config.unknown-bus', device.bus, [...buses.keys()]));
    findings.push(
      ...lintPlace(path, device, buses),
      ...lintTags(path, device.tags, device.common?.scan),
      ...lintRefusals(path, name, device, framingOf(buses.get(device.bus ?? ''))),
      ...(device.raisesAlarms ? lintAlarmTag(path, device.tags) : []),
    );
    for (const key of ['only', 'skip'] as const)
      if (device.common?.[key] && device.common.profile === undefined)
        findings.push(needless([...path, key], 'profile'));
    if (device.own === undefined || !isAsked(device)) continue;
    const unit = JSON.stringify([device.bus, device.common?.protocol, device.own]);
    const other = units.get(unit);
    if (other === undefined) units.set(unit, name);
    else
      findings.push({
        path,
        at: 'key',
        code: 'config.device-twice',
        details: { other },
        severity: 'warning',
        first: ['devices', other],
      });
  }
  if (devices.size === 0)
    findings.push({ path: [], at: 'key', code: 'config.no-devices', severity: 'warning' });
  if (tags > MOST_TAGS)
    findings.push({
      path: ['devices'],
      at: 'key',
      code: 'config.too-many-tags',
      details: { count: tags, max: MOST_TAGS },
    });
  return findings;
}

/** A tag, or the events of a counter, that would get the name of the tag for the device's alarms. */
function lintAlarmTag(path: Path, tags: DraftDevice['tags']): Finding[] {
  const taken = [...tags].find(
    ([quantity, { common }]) =>
      quantity === ALARM_EVENT_QUANTITY ||
      (common?.counter !== undefined && counterEventQuantity(quantity) === ALARM_EVENT_QUANTITY),
  );
  if (taken === undefined) return [];
  const details = { tag: taken[0], event: ALARM_EVENT_QUANTITY };
  return [{ path: [...path, 'tags', taken[0]], at: 'key', code: 'alarm.name-taken', details }];
}

/** On a line each device is a unit; of a server, or of the pins of the box, there may be several views. */
const isAsked = ({ framings = ['wire'] }: DraftDevice): boolean =>
  framings.some((framing) => framing === 'wire' || framing === 'packets');

const needless = (path: Path, other: string): Finding => ({
  path,
  at: 'key',
  code: 'config.pair-missing',
  details: { key: String(path.at(-1)), other },
});

/** What the options of a tag say against each other, and against its device. */
export function lintTags(
  path: Path,
  tags: ReadonlyMap<string, DraftTag>,
  scanOfDevice: Millis | undefined,
): Finding[] {
  const findings: Finding[] = [];
  for (const [quantity, tag] of tags) {
    const options = tag.common;
    if (options === undefined) continue;
    const inside = (key: string): Path => [...path, 'tags', quantity, key];
    const scan = options.scan ?? scanOfDevice;
    const { heartbeat, wear, access, counter } = options;
    if (heartbeat !== undefined && scan !== undefined && heartbeat < scan)
      findings.push({
        path: inside('heartbeat'),
        at: 'value',
        code: 'config.heartbeat-short',
        details: { scan: `${scan / 1000}s` },
        severity: 'warning',
      });
    if (wear && access !== 'read')
      findings.push({
        path: inside('wear'),
        at: 'key',
        code: 'config.write-wears',
        severity: 'warning',
      });
    if (counter && (tag.kind === 'flag' || tag.kind === 'text'))
      findings.push({ path: inside('counter'), at: 'key', code: 'config.counter-not-number' });
    findings.push(...lintPolicy([...path, 'tags', quantity], tag));
    const event = counterEventQuantity(quantity);
    if (counter && tags.has(event))
      findings.push({
        path: [...path, 'tags', event],
        at: 'key',
        code: 'counter.name-taken',
        details: { tag: quantity, event },
      });
  }
  return findings;
}

function lintSimulation({ devices, simulation }: Draft): Finding[] {
  const findings: Finding[] = [];
  for (const [name, simulated] of simulation?.devices ?? []) {
    const path = ['simulation', 'devices', name];
    const device = devices.get(name);
    if (device === undefined) {
      const known = [...devices.keys()];
      findings.push({ ...unknown(path, 'config.simulated-unknown', name, known), at: 'key' });
      continue;
    }
    for (const [quantity, { min, max }] of simulated.signals) {
      const signal = [...path, 'signals', quantity];
      const known = [...device.tags.keys()];
      if (!device.tags.has(quantity))
        findings.push({
          ...unknown(signal, 'config.simulated-unknown', quantity, known),
          at: 'key',
        });
      if (min > max)
        findings.push({
          path: signal,
          at: 'key',
          code: 'config.range-reversed',
          details: { min, max },
        });
    }
  }
  return [...findings, ...lintTrace(devices, simulation?.trace?.columns)];
}

function lintTrace(
  devices: Draft['devices'],
  columns: ReadonlyMap<string, string> = new Map(),
): Finding[] {
  const isThere = (tag: string) => {
    const dot = tag.lastIndexOf('.');
    return devices.get(tag.slice(0, dot))?.tags.has(tag.slice(dot + 1)) ?? false;
  };
  const wrong = [...columns].filter(([, tag]) => !isThere(tag));
  if (wrong.length === 0) return [];
  const known = [...devices].flatMap(([name, { tags }]) =>
    [...tags.keys()].map((quantity) => `${name}.${quantity}`),
  );
  return wrong.map(([title, tag]) => {
    const path = ['simulation', 'trace', 'columns', title];
    return unknown(path, 'config.simulated-unknown', tag, known);
  });
}
