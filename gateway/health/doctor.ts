/**
 * What is wrong with a bus, from what was seen there. Pure: evidence in, findings out, the surest first. The words
 * of a finding are the catalogue's: the message says what was seen and what it means, the hint the next
 * physical step.
 */
import type { SerialSettings } from '../../drivers/line/line.ts';
import type { doctorErrors } from '../model/catalogue/doctor.ts';
import type { ErrorCode, ErrorDetails } from '../model/errors.ts';
import {
  type Asked,
  gatewayRefusal,
  isGarbled,
  isGlitch,
  isInTime,
  isLate,
  type Listened,
} from './question.ts';

/** `certain`: seen itself · `likely`: explains all that was seen · `possible`: one cause of several. */
export type Confidence = 'certain' | 'likely' | 'possible';
export type DoctorCode = keyof typeof doctorErrors;

export interface Finding {
  /** Of the doctor's own, or of what kept the doctor from looking. */
  readonly code: ErrorCode;
  readonly confidence: Confidence;
  readonly details: ErrorDetails;
}

/** What was seen on a serial wire, near or behind a serial server. */
export interface WireEvidence {
  /** Whether other settings could be tried: a serial server has its own. */
  readonly isTunable: boolean;
  /** Before anybody was asked, at each of the configured settings. */
  readonly listened: readonly Listened[];
  /** Whoever should answer, asked several times at the configured settings. */
  readonly units: readonly UnitEvidence[];
  /** Whoever was asked at other settings, or in other protocols, because somebody did not answer. */
  readonly tried: readonly Asked[];
}

export interface UnitEvidence {
  readonly unit: string;
  readonly protocol: string;
  readonly asked: readonly Asked[];
}

/** Findings that are no fault. */
const NOTES: ReadonlySet<ErrorCode> = new Set([
  'doctor.all-well',
  'doctor.echo',
  'doctor.gateway-running',
  'doctor.opcua-well',
]);
export const isFault = ({ code }: Finding): boolean => !NOTES.has(code);

/** A unit asked so often has to answer garbled each time before two units are suspected behind it. */
const FEWEST_GARBLED = 2;
/** A time-out that a late unit keeps, as a multiple of what it took. */
const TIMEOUT_MARGIN = 1.5;

/** Everything that the evidence of a wire shows. */
export function diagnoseWire(evidence: WireEvidence): readonly Finding[] {
  const { units, tried } = evidence;
  const all = [...units.flatMap(({ asked }) => asked), ...tried];
  const strangers = strangersOn(evidence, all);
  const isSilent = units.length > 0 && !units.some(isAnswering);
  const own = isSilent ? silence(evidence, all) : unitsOf(units, tried);
  const faults = [...strangers, ...(strangers.length > 0 ? own.filter(isUndisturbed) : own)];
  const echo = echoIn(all);
  if (faults.length > 0) faults.unshift(...broadcastsTo(units));
  return inOrder(faults.length > 0 ? [...faults, ...echo] : [...wellness(units), ...echo]);
}

/** A silent unit with the number that means everybody on a wire (Modbus over serial line V1.02 §2.2). */
const broadcastsTo = (units: readonly UnitEvidence[]): Finding[] =>
  units
    .filter((one) => one.protocol === 'modbus' && !isAnswering(one))
    .filter(({ asked }) => asked.some(({ unit }) => unit === '0'))
    .map(({ unit }) => finding('doctor.unit-broadcast', 'likely', { unit }));

/** Where somebody talks in between, damaged answers are no wonder. */
const isUndisturbed = ({ code, confidence }: Finding): boolean =>
  code !== 'doctor.noise' && !(code === 'doctor.address-twice' && confidence !== 'certain');

/** The surest first; within that as they were found. */
export const inOrder = (findings: readonly Finding[]): readonly Finding[] =>
  findings.toSorted((a, b) => rank(a) - rank(b));

const ORDER: readonly Confidence[] = ['certain', 'likely', 'possible'];
const rank = (finding: Finding): number =>
  ORDER.indexOf(finding.confidence) + (isFault(finding) ? 0 : ORDER.length);

const finding = (
  code: DoctorCode,
  confidence: Confidence,
  details: ErrorDetails = {},
): Finding => ({ code, confidence, details });

/** Somebody speaks who was not asked. */
function strangersOn({ listened }: WireEvidence, all: readonly Asked[]): Finding[] {
  const frames = listened.reduce((sum, heard) => sum + heard.frames, 0);
  const between = all.reduce((sum, { strangers }) => sum + strangers, 0);
  if (frames > 0) return [finding('doctor.second-master', 'certain', { frames })];
  const noise = listened.map((heard) => heard.noise).filter((bytes) => !isQuiet(bytes));
  const bytes = noise.reduce((sum, part) => sum + part.length, 0);
  if (bytes > 0) return [finding('doctor.babble', 'likely', { bytes, hex: hexOf(noise) })];
  return between > 0 ? [finding('doctor.second-master', 'likely', { frames: between })] : [];
}

const isQuiet = (noise: Uint8Array): boolean => noise.length === 0 || isGlitch(noise);

/** What each unit did, where at least one of them can be understood. */
export function unitsOf(units: readonly UnitEvidence[], tried: readonly Asked[]): Finding[] {
  return units.flatMap((unit) => {
    const { asked } = unit;
    const who = { unit: unit.unit, protocol: unit.protocol };
    const refused = refusalOf(asked);
    if (refused !== undefined)
      return [finding('doctor.gateway-target', 'certain', { ...who, exception: hex(refused) })];
    if (asked.some(isLate)) return [lateness(who, asked)];
    const twice = asked.filter(({ answers }) => answers.length > 1).length;
    if (twice > 0) return [finding('doctor.address-twice', 'certain', { ...who, seen: twice })];
    const garbled = asked.filter(isGarbled).length;
    if (asked.some(isInTime))
      return garbled > 0
        ? [finding('doctor.noise', 'likely', { ...who, garbled, asked: asked.length })]
        : [];
    if (garbled >= FEWEST_GARBLED)
      return [finding('doctor.address-twice', 'likely', { ...who, seen: garbled })];
    return (
      elsewhere(asked, tried) ?? [
        finding('doctor.unit-silent', 'certain', { ...who, asked: asked.length }),
      ]
    );
  });
}

const refusalOf = (asked: readonly Asked[]): number | undefined =>
  asked.map(gatewayRefusal).find((refusal) => refusal !== undefined);

function lateness(who: ErrorDetails, asked: readonly Asked[]): Finding {
  const slowest = slowestOf(asked);
  return finding('doctor.answers-late', 'certain', {
    ...who,
    took: Math.round(slowest),
    timeout: Math.round(asked[0]?.patience ?? 0),
    enough: Math.ceil((slowest * TIMEOUT_MARGIN) / 100) * 100,
  });
}

const slowestOf = (asked: readonly Asked[]): number =>
  Math.max(0, ...asked.flatMap(({ answers }) => answers.map(({ after }) => after)));

/** The unit answered at settings, or in a protocol, that the site does not say. */
function elsewhere(asked: readonly Asked[], tried: readonly Asked[]): Finding[] | undefined {
  const [configured] = asked;
  if (configured === undefined) return undefined;
  const found = tried.find(
    (other) => isInTime(other) && (other.unit === configured.unit || isUnlike(other, configured)),
  );
  if (found === undefined) return undefined;
  const details = {
    unit: found.answers[0]?.unit ?? found.unit,
    found: settingsText(found.settings),
    configured: settingsText(configured.settings),
    protocol: found.protocol,
    asked: configured.protocol,
    missing: configured.unit,
  };
  if (isUnlike(found, configured)) return [finding('doctor.protocol-other', 'likely', details)];
  const isBaud = found.settings?.baud !== configured.settings?.baud;
  return [finding(isBaud ? 'doctor.baud-wrong' : 'doctor.parity-wrong', 'certain', details)];
}

const isUnlike = (a: Asked, b: Asked): boolean => a.protocol !== b.protocol;

/** Nobody can be understood. */
function silence(evidence: WireEvidence, all: readonly Asked[]): Finding[] {
  const { units, tried, isTunable, listened } = evidence;
  for (const { asked } of units) {
    const found = elsewhere(asked, tried);
    if (found) return found;
  }
  const garbled = units.flatMap(({ asked, ...who }) => {
    const seen = asked.filter(isGarbled).length;
    return seen > 0 ? [{ who, seen, isAlways: seen === asked.length }] : [];
  });
  if (garbled.length > 0)
    return garbled.map(({ who, seen, isAlways }) =>
      isAlways && seen >= FEWEST_GARBLED
        ? finding('doctor.address-twice', 'likely', { ...who, seen })
        : finding('doctor.noise', 'possible', { ...who, garbled: seen, asked: seen }),
    );
  if (listened.some(({ frames, noise }) => frames > 0 || !isQuiet(noise))) return [];
  const glitches = [...listened, ...all].filter(({ noise }) => isGlitch(noise));
  const settings = new Set(all.map((asked) => settingsText(asked.settings))).size;
  const nobody = finding(
    isTunable ? 'doctor.nobody-answers' : 'doctor.nobody-behind-server',
    glitches.length > 0 ? 'possible' : 'likely',
    { asked: all.length, settings },
  );
  const swapped = finding('doctor.wires-swapped', glitches.length > 0 ? 'likely' : 'possible', {
    glitches: glitches.length,
    hex: hexOf(glitches.map(({ noise }) => noise)),
  });
  return [nobody, swapped];
}

const isAnswering = ({ asked }: UnitEvidence): boolean =>
  asked.some(({ answers }) => answers.length > 0);

function echoIn(all: readonly Asked[]): Finding[] {
  const echoed = all.filter(({ isEchoed }) => isEchoed).length;
  return echoed === 0 ? [] : [finding('doctor.echo', 'certain', { echoed, asked: all.length })];
}

/** Nothing to complain about; nothing to say where nobody was asked. */
export function wellness(units: readonly UnitEvidence[]): Finding[] {
  if (units.length === 0) return [];
  const slowest = Math.round(slowestOf(units.flatMap(({ asked }) => asked)));
  return [finding('doctor.all-well', 'certain', { units: units.length, slowest })];
}

const MOST_HEX_BYTES = 16;
const hexOf = (parts: readonly Uint8Array[]): string => {
  const bytes = Buffer.concat(parts.filter((part) => part.length > 0));
  const shown = bytes.subarray(0, MOST_HEX_BYTES).toString('hex').toUpperCase();
  const text = shown.replace(/(..)(?=.)/g, '$1 ');
  return bytes.length > MOST_HEX_BYTES ? `${text} …` : text || '-';
};
const hex = (code: number): string => code.toString(16).toUpperCase().padStart(2, '0');

/** `9600 8N1`; a packet network has none. */
export const settingsText = (settings: SerialSettings | undefined): string =>
  settings === undefined ? '-' : `${settings.baud} ${settings.format}`;
