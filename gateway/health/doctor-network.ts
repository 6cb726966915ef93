/** What is wrong with a bus on the network, or with the way to any bus. Pure; see doctor.ts. */
import type { GatewayError } from '../model/errors.ts';
import type { UnitEvidence } from './doctor.ts';
import {
  type Confidence,
  type DoctorCode,
  type Finding,
  inOrder,
  unitsOf,
  wellness,
} from './doctor.ts';
import { type Asked, gatewayRefusal, isInTime, isLate } from './question.ts';

/** What was seen at a Modbus TCP address that could be connected to. */
export interface NetworkEvidence {
  readonly resource: string;
  /** Why the other side ended the connection while it was asked; undefined: it did not. */
  readonly ended: string | undefined;
  readonly units: readonly UnitEvidence[];
  /** Unit numbers that nobody configured, asked because a configured one did not answer. */
  readonly others: readonly Asked[];
}

export function diagnoseNetwork(evidence: NetworkEvidence): readonly Finding[] {
  const { resource, ended, units, others } = evidence;
  const all = [...units.flatMap(({ asked }) => asked), ...others];
  const isHeard = all.some(({ answers }) => answers.length > 0);
  if (units.length === 0 && ended === undefined) return [];
  if (!isHeard) {
    const numbers = new Set(all.map(({ unit }) => unit)).size;
    return ended === undefined
      ? [certain('doctor.mute', { resource, asked: all.length, units: numbers })]
      : [certain('doctor.turned-away', { resource, reason: ended })];
  }
  const findings = units.flatMap((unit) => wrongNumber(unit, others) ?? unitsOf([unit], []));
  return inOrder(findings.length > 0 ? findings : wellness(units));
}

const certain = (
  code: DoctorCode,
  details: Finding['details'],
  confidence: Confidence = 'certain',
): Finding => ({ code, confidence, details });

/** The unit is not there under its number, and another number answers. */
function wrongNumber({ unit, asked }: UnitEvidence, others: readonly Asked[]) {
  const isThere = asked.some((one) => (isInTime(one) || isLate(one)) && !isRefusedForIt(one));
  const found = others.filter((one) => isInTime(one) && !isRefusedForIt(one));
  if (isThere || found.length === 0) return undefined;
  const numbers = found.map((one) => one.unit).join(', ');
  return [certain('doctor.unit-wrong', { unit, found: numbers }, 'likely')];
}

/** A gateway in between answered in the unit's place. */
const isRefusedForIt = (asked: Asked): boolean => gatewayRefusal(asked) !== undefined;

/** Why a bus could not even be opened. The reasons are the system's own words, which name its error. */
export function diagnoseWay(error: GatewayError): Finding {
  if (error.code === 'line.dtu-absent')
    return { code: error.code, details: error.details, confidence: 'certain' };
  const resource = String(error.details.resource ?? error.details.port ?? '').replace(/^\w+:/, '');
  const reason = String(error.details.reason ?? error.details.holder ?? '');
  const code =
    error.code === 'line.port-busy'
      ? 'doctor.port-busy'
      : (REASONS.find(([pattern]) => pattern.test(reason))?.[1] ?? 'doctor.host-unreachable');
  return certain(code, { resource, reason });
}

const REASONS: readonly (readonly [RegExp, DoctorCode])[] = [
  [/ECONNREFUSED/, 'doctor.port-closed'],
  [/ENOTFOUND|EAI_AGAIN/, 'doctor.host-unknown'],
  [/ECONNRESET|ended the connection|EPIPE/, 'doctor.turned-away'],
  [/no such file|ENOENT|ENODEV|ENXIO/i, 'doctor.port-missing'],
  [/permission denied|EACCES|EPERM/i, 'doctor.port-denied'],
  [/busy|lock|EBUSY|in use/i, 'doctor.port-busy'],
];
