/** What one part of a site says against another. Pure; knows nothing of files. */
import type { ErrorCode, ErrorDetails } from '../gateway/model/errors.ts';
import type { Draft, DraftDevice } from './draft.ts';
import { type Finding, unknown } from './finding.ts';
import type { BusOptions, UplinkOptions } from './schema.ts';
import type { Path } from './tree.ts';

export const MOST_TAGS = 50_000;

export const lint = (draft: Draft): Finding[] => [
  ...lintUplinks(draft),
  ...lintBuses(draft),
  ...lintDevices(draft),
  ...lintSimulation(draft),
];

/** One wire or socket, however it is written: equal names are one resource. */
function resourceOf(bus: BusOptions): string {
  if ('serial' in bus) return bus.serial;
  const { host, port } = 'tcp' in bus ? bus.tcp : bus.serial_tcp;
  return `${host.toLowerCase()}:${port}`;
}

function lintUplinks({ uplinks }: Draft): Finding[] {
  const findings: Finding[] = [];
  const clients = new Map<string, string>();
  for (const [name, uplink] of uplinks) {
    if (uplink === undefined) continue;
    const path = ['uplinks', name];
    const say = (key: keyof UplinkOptions, code: ErrorCode, details: ErrorDetails = {}) =>
      findings.push({ path: [...path, key], at: 'key', code, details: { key, ...details } });
    if (uplink.client_cert && !uplink.client_key)
      say('client_cert', 'config.pair-missing', { other: 'client_key' });
    if (uplink.client_key && !uplink.client_cert)
      say('client_key', 'config.pair-missing', { other: 'client_cert' });
    if (uplink.password && !uplink.username)
      say('password', 'config.pair-missing', { other: 'username' });
    const isOpen = uplink.mqtt.startsWith('mqtt://');
    for (const key of ['ca', 'client_cert', 'client_key'] as const)
      if (isOpen && uplink[key]) say(key, 'config.tls-unused');
    if (isOpen && uplink.password && !isLocal(uplink.mqtt))
      findings.push({
        path: [...path, 'mqtt'],
        at: 'value',
        code: 'config.password-unprotected',
        severity: 'warning',
      });
    const client = `${uplink.mqtt} ${uplink.client_id}`;
    const other = uplink.client_id && clients.get(client);
    if (other) say('client_id', 'config.client-id-twice', { other });
    clients.set(client, name);
  }
  return findings;
}

const isLocal = (url: string): boolean =>
  /^(localhost|127\..*|\[::1\])$/.test(URL.parse(url)?.hostname ?? '');

function lintBuses({ buses, devices }: Draft): Finding[] {
  const findings: Finding[] = [];
  const resources = new Map<string, string>();
  const used = new Set([...devices.values()].map(({ bus }) => bus));
  const areAllKnown = [...used].every((bus) => bus !== undefined && buses.has(bus));
  for (const [name, bus] of buses) {
    const path = ['buses', name];
    if (areAllKnown && devices.size > 0 && !used.has(name))
      findings.push({
        path,
        at: 'key',
        code: 'config.bus-unused',
        details: { key: name },
        severity: 'warning',
      });
    if (bus === undefined) continue;
    const resource = resourceOf(bus);
    const other = resources.get(resource);
    if (other === undefined) resources.set(resource, name);
    else
      findings.push({
        path,
        at: 'key',
        code: 'config.bus-shared',
        details: { resource, other },
        first: ['buses', other],
      });
  }
  return findings;
}

function lintDevices({ buses, devices }: Draft): Finding[] {
  const findings: Finding[] = [];
  const units = new Map<string, string>();
  let tags = 0;
  for (const [name, device] of devices) {
    const path = ['devices', name];
    tags += device.tags.size;
    if (device.bus !== undefined && !buses.has(device.bus))
      findings.push(unknown([...path, 'bus'], 'config.unknown-bus', device.bus, [...buses.keys()]));
    findings.push(...lintHeartbeats(path, device));
    if (device.own === undefined) continue;
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

function lintHeartbeats(path: Path, device: DraftDevice): Finding[] {
  const findings: Finding[] = [];
  for (const [quantity, tag] of device.tags) {
    const scan = tag.common?.scan ?? device.common?.scan;
    const heartbeat = tag.common?.heartbeat;
    if (heartbeat === undefined || scan === undefined || heartbeat >= scan) continue;
    findings.push({
      path: [...path, 'tags', quantity, 'heartbeat'],
      at: 'value',
      code: 'config.heartbeat-short',
      details: { scan: `${scan / 1000}s` },
      severity: 'warning',
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
  return findings;
}
