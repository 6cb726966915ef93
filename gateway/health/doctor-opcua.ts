/** What is wrong with an OPC UA server, or with the way to it. Pure; see doctor.ts. */
import { type Millis, seconds } from '../model/units.ts';
import type { Finding } from './doctor.ts';

/** What a server that let us in says of itself. */
export interface ServerEvidence {
  readonly url: string;
  /** As it was connected to: `Basic256Sha256/Sign`, and who we were there. */
  readonly security: string;
  readonly login: string;
  /** What it would take as well. */
  readonly offered: readonly string[];
  readonly logins: readonly string[];
  /** As a number (OPC 10000-5 §12.6); undefined where it does not say. */
  readonly state: number | undefined;
  /** Its time and ours when it answered, in ms since 1970; undefined where it does not say. */
  readonly clocks: { readonly theirs: number; readonly ours: number } | undefined;
  /** From a question to its answer. */
  readonly took: Millis;
}

/** ServerState (OPC 10000-5 §12.6). */
const STATES = [
  'Running',
  'Failed',
  'NoConfiguration',
  'Suspended',
  'Shutdown',
  'Test',
  'CommunicationFault',
  'Unknown',
];
/** Farther apart, the time of a source is not believed unless a device says otherwise. */
const CLOCK_TOLERANCE: Millis = seconds(300);

const certain = (code: Finding['code'], details: Finding['details']): Finding => ({
  code,
  confidence: 'certain',
  details,
});

export function diagnoseServer(evidence: ServerEvidence): readonly Finding[] {
  const { url, state: number, clocks, security, login, took } = evidence;
  const state = number === undefined ? '-' : (STATES[number] ?? String(number));
  const apartMs = clocks && Math.abs(clocks.theirs - clocks.ours);
  const apart = apartMs === undefined ? '-' : Math.round(apartMs / 1000);
  const faults: Finding[] = [];
  if (number !== undefined && number !== 0)
    faults.push(certain('doctor.opcua-state', { url, state }));
  if (clocks && Math.abs(clocks.theirs - clocks.ours) > CLOCK_TOLERANCE)
    faults.push(
      certain('doctor.opcua-clock', {
        url,
        apart,
        theirs: timeText(clocks.theirs),
        ours: timeText(clocks.ours),
      }),
    );
  if (faults.length > 0) return faults;
  const offered = evidence.offered.join(', ') || '-';
  const logins = evidence.logins.join(', ') || '-';
  const well = { url, security, login, state, apart, took: Math.round(took), offered, logins };
  return [certain('doctor.opcua-well', well)];
}

const timeText = (ms: number): string => new Date(ms).toISOString();

/** Why a server does not answer. `reason` undefined: its host takes connections at the port. */
export function diagnoseSilence(
  resource: string,
  said: string,
  reason: string | undefined,
): Finding {
  if (reason === undefined) return certain('doctor.opcua-mute', { resource, reason: said });
  if (/ENOTFOUND|EAI_AGAIN/.test(reason))
    return certain('doctor.host-unknown', { resource, reason });
  if (/ECONNREFUSED/.test(reason)) return certain('doctor.opcua-port-closed', { resource });
  return certain('doctor.host-unreachable', { resource, reason });
}
