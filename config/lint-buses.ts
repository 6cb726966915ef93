/** What is wrong between buses, and between a bus and the devices on it. Pure. */
import type { Draft, DraftDevice } from './draft.ts';
import type { Finding } from './finding.ts';
import type { BusOptions } from './schema-bus.ts';
import type { Path } from './tree.ts';

type Dtu = Extract<BusOptions, { readonly dtu: unknown }>;

/** One wire or socket, however it is written: equal names are one resource. */
function resourceOf(bus: Exclude<BusOptions, Dtu>): string {
  if ('serial' in bus) return bus.serial;
  if ('gpio' in bus) return `gpio:${bus.gpio}`;
  if ('opcua' in bus) return bus.opcua.toLowerCase();
  const { host, port } = 'tcp' in bus ? bus.tcp : bus.serial_tcp;
  return `${host.toLowerCase()}:${port}`;
}

/** Who logs in to an OPC UA server has one way to, and does not say a password where all can hear it. */
function lintUser(name: string, bus: Extract<BusOptions, { readonly opcua: unknown }>): Finding[] {
  const findings: Finding[] = [];
  const say = (key: string, code: 'config.pair-missing' | 'config.login-twice', other: string) =>
    findings.push({ path: ['buses', name, key], at: 'key', code, details: { key, other } });
  const pairs = [
    ['password', 'user'],
    ['user', 'password'],
    ['user_cert', 'user_key'],
    ['user_key', 'user_cert'],
  ] as const;
  for (const [key, other] of pairs)
    if (bus[key] && !bus[other]) say(key, 'config.pair-missing', other);
  if (bus.user && bus.user_cert) say('user_cert', 'config.login-twice', 'user');
  if (bus.security === 'None' && (bus.password || bus.user_cert))
    findings.push({
      path: ['buses', name, 'security'],
      at: 'value',
      code: 'config.login-unprotected',
    });
  return findings;
}

/** Buses that nobody is on, and buses that are one and the same. */
export function lintBuses({ buses, devices }: Draft): Finding[] {
  const findings: Finding[] = [];
  const resources = new Map<string, string>();
  const dtus = new Map<string, Dtu>();
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
    if ('dtu' in bus) {
      findings.push(...lintDtu(name, bus, dtus));
      dtus.set(name, bus);
      continue;
    }
    if ('opcua' in bus) findings.push(...lintUser(name, bus));
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

/** What a device's tags take for themselves alone on its bus. */
const claimsOf = ({ tags }: DraftDevice): readonly (readonly [string, string])[] =>
  [...tags].flatMap(([quantity, { claim }]) => (claim === undefined ? [] : [[claim, quantity]]));

/** Two tags that take the same thing of a bus. */
export function lintClaims({ devices }: Draft): Finding[] {
  const findings: Finding[] = [];
  const owners = new Map<string, Path>();
  for (const [name, device] of devices)
    for (const [claim, quantity] of claimsOf(device)) {
      const key = JSON.stringify([device.bus, claim]);
      const path = ['devices', name, 'tags', quantity];
      const first = owners.get(key);
      if (first === undefined) owners.set(key, path);
      else {
        const other = `${first[1]}.${first[3]}`;
        const details = { claim, other };
        findings.push({
          path: [...path, 'address'],
          at: 'value',
          code: 'config.claim-twice',
          details,
          first,
        });
      }
    }
  return findings;
}

/** A DTU is known by the first bytes it sends; an empty registration begins every other. */
function lintDtu(name: string, bus: Dtu, others: ReadonlyMap<string, Dtu>): Finding[] {
  const clash = [...others].find(
    ([, other]) =>
      other.dtu.port === bus.dtu.port &&
      other.dtu.host === bus.dtu.host &&
      isPrefix(other.registration ?? [], bus.registration ?? []),
  );
  if (clash === undefined) return [];
  const [other] = clash;
  return [
    {
      path: ['buses', name],
      at: 'key',
      code: 'config.registration-shared',
      details: { other },
      first: ['buses', other],
    },
  ];
}

type Bytes = ArrayLike<number>;

function isPrefix(a: Bytes, b: Bytes): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  return Array.from(short).every((byte, index) => byte === long[index]);
}

/** Whether the device can be on its bus, and speak there with its own settings. */
export function lintPlace(
  path: Path,
  { bus: busName = '', common, framings }: DraftDevice,
  buses: Draft['buses'],
): Finding[] {
  const bus = buses.get(busName);
  if (bus === undefined || common === undefined) return [];
  const framing = framingOf(bus);
  const findings: Finding[] = [];
  if (framings && framing && !framings.includes(framing)) {
    const known = framings.flatMap((one) => KINDS[one]).join(', ');
    const details = { protocol: common.protocol, bus: busName, known };
    findings.push({ path: [...path, 'bus'], at: 'value', code: 'config.bus-unfit', details });
  }
  for (const key of ['baud', 'format'] as const) {
    const own = common[key];
    if (own === undefined) continue;
    const details = { key, bus: busName };
    const at = { path: [...path, key], at: 'value' } as const;
    if (!('baud' in bus)) findings.push({ ...at, code: 'config.wire-missing', details });
    else if (!('serial' in bus) && own !== bus[key])
      findings.push({ ...at, code: 'config.wire-fixed', details: { ...details, found: bus[key] } });
  }
  return findings;
}

/** How bytes become frames on a bus; undefined: there is none that is understood. */
export function framingOf(bus: BusOptions | undefined): keyof typeof KINDS | undefined {
  if (bus === undefined) return undefined;
  if ('opcua' in bus) return 'opcua';
  if ('gpio' in bus) return 'gpio';
  return 'tcp' in bus ? 'packets' : 'wire';
}

const KINDS = {
  packets: ['tcp'],
  wire: ['serial', 'serial_tcp', 'dtu'],
  opcua: ['opcua'],
  gpio: ['gpio'],
} as const;
