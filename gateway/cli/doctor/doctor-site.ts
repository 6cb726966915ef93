/** What the doctor looks at in a whole site: machine, brokers, and each bus. */
import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type BusConfig, isWireBus, type Site, type UplinkConfig } from '../../../config/site.ts';
import { ask, socketPath } from '../../health/control-socket.ts';
import type { Confidence, DoctorCode, Finding } from '../../health/doctor.ts';
import type { SeenTag } from '../../health/image-answer.ts';
import { unfitFileSystem } from '../../host/file-system.ts';
import { missingRoom } from '../../journal/space/missing-room.ts';
import { type ErrorDetails, GatewayError, reasonOf } from '../../model/errors.ts';
import { isBad, type Quality } from '../../model/quality.ts';
import type { GatewayStatus } from '../status.ts';
import { trustFindings } from '../trust/trust-findings.ts';
import type { Call } from '../verb.ts';
import { examineBus } from './doctor-bus.ts';
import { placeOf, reach } from './tcp-reach.ts';

/** Findings under the name of what they are about. */
export interface Examined {
  readonly subject: string;
  readonly findings: readonly Finding[];
}

const BROKER_PORTS: Readonly<Record<string, number>> = { 'mqtt:': 1883, 'mqtts:': 8883 };
const BYTES_PER_MB = 1e6;

/** Everything about a site, one subject after the other as they are examined. */
export async function* examineSite(call: Call, site: Site): AsyncGenerator<Examined> {
  yield {
    subject: site.gateway.id,
    findings: [...clockOf(call), ...(await diskOf(site)), ...(await trustFindings(site, call))],
  };
  for (const uplink of site.uplinks)
    yield { subject: uplink.name, findings: await brokerOf(call, uplink) };
  const status = await answerOf<GatewayStatus>('status', call, site);
  if (status) {
    const seen = (await answerOf<readonly SeenTag[]>('image', call, site)) ?? [];
    yield { subject: site.gateway.id, findings: [finding('doctor.gateway-running')] };
    for (const bus of status.buses) yield { subject: bus.name, findings: seenBy(bus, site, seen) };
    return;
  }
  for (const bus of site.buses) {
    if (call.signal.aborted) return;
    yield { subject: bus.name, findings: await examineBusOf(call, site, bus) };
  }
}

async function examineBusOf(call: Call, site: Site, bus: BusConfig): Promise<readonly Finding[]> {
  const { name } = bus;
  if (bus.transport.kind === 'opcua') {
    const { examineOpcua } = await import('./doctor-opcua.ts');
    return examineOpcua({ ...call, values: {}, note: () => {} }, bus.transport);
  }
  if (!isWireBus(bus)) return [];
  const { transport, baud, format } = bus;
  const devices = site.devices.filter((device) => device.bus === name);
  const wire = { text: name, transport, baud, format, isTuned: true, ascii: false };
  return examineBus(call, wire, devices);
}

const finding = (
  code: DoctorCode,
  details: ErrorDetails = {},
  confidence: Confidence = 'certain',
): Finding => ({ code, confidence, details });

function clockOf({ clock }: Call): Finding[] {
  const details = { time: new Date(clock.utc()).toISOString() };
  const age = clock.sourceAge();
  switch (clock.trust()) {
    case 'unsynced':
      return [finding('doctor.clock-unset', details)];
    case 'holdover':
      return age === undefined
        ? []
        : [finding('doctor.clock-alone', { ...details, hours: Math.floor(age / 3_600_000) })];
    default:
      return [];
  }
}

/** Whether the file system is one that keeps a journal, and what the journal may still grow by is there. */
async function diskOf({ journal }: Site): Promise<Finding[]> {
  const folder = await presentFolder(dirname(journal.path));
  try {
    await access(folder, constants.W_OK);
    const { bavail, bsize, type } = await statfs(folder);
    const free = bavail * bsize;
    const missing = missingRoom(journal, free);
    const fileSystem = unfitFileSystem(type);
    const short = { free: inMb(free), needed: inMb(free + missing) };
    return [
      ...(fileSystem === undefined ? [] : [unfit(folder, fileSystem)]),
      ...(missing > 0 ? [finding('doctor.disk-short', short, 'likely')] : []),
    ];
  } catch (error) {
    return [finding('doctor.disk-unusable', { folder, reason: reasonOf(error) })];
  }
}

/** The folder, or the nearest above it that is there: the gateway makes the rest when it first runs. */
async function presentFolder(folder: string): Promise<string> {
  try {
    await access(folder);
    return folder;
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const above = dirname(folder);
    return isAbsent && above !== folder ? presentFolder(above) : folder;
  }
}

const unfit = (folder: string, fileSystem: string): Finding => ({
  code: 'journal.file-system-unfit',
  confidence: 'certain',
  details: { folder, fileSystem },
});

const inMb = (bytes: number): number => Math.round(bytes / BYTES_PER_MB);

/** Whether somebody listens there; who it is, the gateway finds out when it logs in. */
async function brokerOf(call: Call, uplink: UplinkConfig): Promise<Finding[]> {
  const { name } = uplink;
  const { host, port } = 'hj212' in uplink ? uplink.hj212 : brokerPlace(uplink);
  try {
    await reach(call, host, port);
    return [];
  } catch (error) {
    const details = { uplink: name, target: `${host}:${port}`, reason: reasonOf(error) };
    return [finding('doctor.broker-unreachable', details)];
  }
}

function brokerPlace(uplink: Exclude<UplinkConfig, { readonly hj212: unknown }>) {
  const { url } = 'mqtt' in uplink ? uplink.mqtt : uplink.sparkplug;
  return placeOf(url, BROKER_PORTS[new URL(url).protocol] ?? 1883);
}

/** Undefined when no gateway of this site runs. */
async function answerOf<T>(
  question: 'status' | 'image',
  { clock }: Call,
  site: Site,
): Promise<T | undefined> {
  try {
    return (await ask(socketPath(site.journal.path), question, clock)) as T;
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'cli.not-running') return undefined;
    throw error;
  }
}

/** What the running gateway sees of a bus. */
function seenBy(
  { name, line, lastError, devices }: GatewayStatus['buses'][number],
  { buses, devices: known }: Site,
  seen: readonly SeenTag[],
): Finding[] {
  if (line === 'waiting') {
    const isServer = buses.some((bus) => bus.name === name && bus.transport.kind === 'opcua');
    const code = isServer ? 'doctor.server-away' : 'doctor.line-away';
    return [finding(code, { bus: name, reason: lastError ?? '' })];
  }
  const qualities = new Map(seen.map(({ tag, quality }) => [tag, quality]));
  return devices.flatMap(({ name: device, state, sinceMs, silent, polls }) => {
    if (state === 'down') {
      const minutes = Math.floor(sinceMs / 60_000);
      return [finding('doctor.device-down', { device, bus: name, minutes, silent, polls })];
    }
    const ids = known
      .filter((one) => one.name === device)
      .flatMap(({ tags }) => tags)
      .flatMap(({ tag, access }) => (access === 'write' ? [] : [tag.id]));
    const empty = ids.filter((id) => isEmpty(qualities.get(id)));
    const [tag] = empty;
    if (tag === undefined) return [];
    const counts = { count: empty.length, all: ids.length };
    return [finding('doctor.tags-empty', { device, ...counts, tag, quality: qualities.get(tag) })];
  });
}

const isEmpty = (quality: Quality | undefined): boolean =>
  quality !== undefined && quality !== 'bad:waiting' && isBad(quality);
