/** What the doctor looks at in a whole site: machine, brokers, and each bus. */
import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { isWireBus, type Site, type UplinkConfig } from '../../../config/site.ts';
import { ask, socketPath } from '../../health/control-socket.ts';
import type { Confidence, DoctorCode, Finding } from '../../health/doctor.ts';
import { type ErrorDetails, GatewayError, reasonOf } from '../../model/errors.ts';
import { later, type Millis, seconds } from '../../model/units.ts';
import type { GatewayStatus } from '../status.ts';
import { trustFindings } from '../trust/trust-findings.ts';
import type { Call } from '../verb.ts';
import { examineBus } from './doctor-bus.ts';

/** Findings under the name of what they are about. */
export interface Examined {
  readonly subject: string;
  readonly findings: readonly Finding[];
}

const BROKER_PATIENCE: Millis = seconds(5);
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
  const status = await statusOf(call, site);
  if (status) {
    yield { subject: site.gateway.id, findings: [finding('doctor.gateway-running')] };
    for (const bus of status.buses) yield { subject: bus.name, findings: seenBy(bus, site) };
    return;
  }
  for (const { name, transport, baud, format } of site.buses.filter(isWireBus)) {
    if (call.signal.aborted) return;
    const devices = site.devices.filter((device) => device.bus === name);
    const bus = { text: name, transport, baud, format, isTuned: true, ascii: false };
    yield { subject: name, findings: await examineBus(call, bus, devices) };
  }
}

const finding = (
  code: DoctorCode,
  details: ErrorDetails = {},
  confidence: Confidence = 'certain',
): Finding => ({ code, confidence, details });

function clockOf({ clock }: Call): Finding[] {
  if (clock.isSynced()) return [];
  return [finding('doctor.clock-unset', { time: new Date(clock.utc()).toISOString() })];
}

/** Whether what the journal may still grow by is there. */
async function diskOf({ journal }: Site): Promise<Finding[]> {
  const folder = dirname(journal.path);
  try {
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    const used = await stat(journal.path).then(
      ({ size }) => size,
      () => 0,
    );
    const free = bavail * bsize;
    const needed = journal.maxSize - used;
    if (free >= needed) return [];
    const details = { free: inMb(free), needed: inMb(needed) };
    return [finding('doctor.disk-short', details, 'likely')];
  } catch (error) {
    return [finding('doctor.disk-unusable', { folder, reason: reasonOf(error) })];
  }
}

const inMb = (bytes: number): number => Math.round(bytes / BYTES_PER_MB);

/** Whether somebody listens there; who it is, the gateway finds out when it logs in. */
async function brokerOf(call: Call, { name, mqtt }: UplinkConfig): Promise<Finding[]> {
  const { protocol, hostname, port } = new URL(mqtt.url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const number = port === '' ? (BROKER_PORTS[protocol] ?? 1883) : Number(port);
  try {
    await reach(call, host, number);
    return [];
  } catch (error) {
    const details = { uplink: name, target: `${host}:${number}`, reason: reasonOf(error) };
    return [finding('doctor.broker-unreachable', details)];
  }
}

function reach({ clock, signal }: Call, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const end = (settle: () => void) => {
      cancel();
      socket.destroy();
      settle();
    };
    const cancel = clock.at('doctor.broker', later(clock.mono(), BROKER_PATIENCE), () =>
      end(() => reject(new Error(`no connection within ${BROKER_PATIENCE} ms`))),
    );
    signal.addEventListener('abort', () => end(() => reject(signal.reason)), { once: true });
    socket.once('connect', () => end(resolve));
    socket.once('error', (error) => end(() => reject(error)));
  });
}

/** Undefined when no gateway of this site runs. */
async function statusOf({ clock }: Call, site: Site): Promise<GatewayStatus | undefined> {
  try {
    return (await ask(socketPath(site.journal.path), 'status', clock)) as GatewayStatus;
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'cli.not-running') return undefined;
    throw error;
  }
}

/** What the running gateway sees of a bus. */
function seenBy(
  { name, line, lastError, devices }: GatewayStatus['buses'][number],
  { buses }: Site,
): Finding[] {
  if (line === 'waiting') {
    const isServer = buses.some((bus) => bus.name === name && bus.transport.kind === 'opcua');
    const code = isServer ? 'doctor.server-away' : 'doctor.line-away';
    return [finding(code, { bus: name, reason: lastError ?? '' })];
  }
  return devices
    .filter(({ state }) => state === 'down')
    .map(({ name: device, sinceMs, silent, polls }) =>
      finding('doctor.device-down', {
        device,
        bus: name,
        minutes: Math.floor(sinceMs / 60_000),
        silent,
        polls,
      }),
    );
}
