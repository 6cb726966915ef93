/**
 * Looks at a bus and writes down what it sees: listens first, asks the units that should be there, then whoever may
 * be there instead. What it means is the doctor's business. Changes nothing on the wire.
 */
import type { Line, SerialSettings } from '../../drivers/line/line.ts';
import type { Clock } from '../host/clock.ts';
import { GatewayError } from '../model/errors.ts';
import { type Millis, millis, seconds } from '../model/units.ts';
import type { UnitEvidence, WireEvidence } from './doctor.ts';
import type { NetworkEvidence } from './doctor-network.ts';
import { awaitQuiet, record } from './line-recording.ts';
import {
  type Asked,
  askedOf,
  gatewayRefusal,
  type HeardFrame,
  isInTime,
  type Listened,
  listenedOf,
  type Question,
} from './question.ts';

/** A unit that should answer. */
export interface ExpectedUnit {
  readonly question: Question;
  /** What people call it: its device in the site, with its number. */
  readonly label: string;
  /** Undefined on a packet network. */
  readonly settings: SerialSettings | undefined;
  readonly patience: Millis;
}

export interface ExaminationParts {
  /** Connected; nobody else uses it. */
  readonly line: Line;
  readonly clock: Clock;
  readonly units: readonly ExpectedUnit[];
  /** Where else these units may be, and who else may be there in their place; in the order to ask. */
  readonly others: (units: readonly ExpectedUnit[]) => readonly ExpectedUnit[];
  /** Every frame of any protocol; for listening. */
  readonly framesOf: (bytes: Uint8Array) => readonly HeardFrame[];
  /** Before each step that takes a while. */
  readonly onStep: (step: ExaminationStep) => void;
}

export type ExaminationStep =
  | { readonly kind: 'listen' | 'try'; readonly settings: SerialSettings | undefined }
  | { readonly kind: 'ask'; readonly unit: string; readonly protocol: string };

/** As long as a slow second master pauses between two questions: a guess. */
const LISTENING: Millis = seconds(3);
const TIMES_ASKED = 3;
/** An answer that comes this long after its time-out is still noticed. */
const LATE_LISTENING: Millis = seconds(3);
/** A second unit with the same address answers within this time of the first: a guess. */
const SECOND_ANSWER: Millis = millis(300);
const QUIET: Millis = millis(50);

/** Examines a serial wire. An aborted signal ends it early with what was seen so far; a lost line rejects. */
export async function examineWire(
  parts: ExaminationParts,
  signal: AbortSignal,
): Promise<WireEvidence> {
  const { units, others, onStep } = parts;
  const seen = { listened: [] as Listened[], units: [] as UnitEvidence[], tried: [] as Asked[] };
  let isTunable = true;
  const tuned = async (settings: SerialSettings | undefined): Promise<boolean> => {
    const isDone = settings === undefined || (await tune(parts.line, settings));
    isTunable &&= isDone;
    return isDone;
  };
  await untilAborted(signal, async () => {
    for (const settings of distinct(units)) {
      onStep({ kind: 'listen', settings });
      await tuned(settings);
      seen.listened.push(await listenTo(parts, settings, signal));
    }
    for (const unit of units) {
      await tuned(unit.settings);
      seen.units.push(await askRepeatedly(parts, unit, signal));
    }
    const silent = units.filter((_, i) => seen.units[i]?.asked.every(isUnanswered));
    const isNobodyThere = silent.length === units.length;
    const sought = new Set(silent.map(({ label }) => label));
    let last: SerialSettings | undefined;
    for (const other of others(silent)) {
      // Where others answer, a question to everybody would find them again.
      if (!isNobodyThere && !sought.has(other.label)) continue;
      if (other.settings !== last) onStep({ kind: 'try', settings: other.settings });
      last = other.settings;
      if (!(await tuned(other.settings))) continue;
      const asked = await ask(parts, other, millis(0), signal);
      seen.tried.push(asked);
      if (!isInTime(asked)) continue;
      if (isNobodyThere) return;
      sought.delete(other.label);
    }
  });
  return { ...seen, isTunable };
}

/** Examines a Modbus TCP address. A connection that the other side ends is part of what is seen. */
export async function examineNetwork(
  parts: ExaminationParts,
  signal: AbortSignal,
): Promise<NetworkEvidence> {
  const { line, units, others } = parts;
  const seen = { units: [] as UnitEvidence[], others: [] as Asked[] };
  let ended: string | undefined;
  await untilAborted(signal, async () => {
    try {
      for (const unit of units) seen.units.push(await askRepeatedly(parts, unit, signal));
      const isComplete = seen.units.every(({ asked }) => asked.some(isAnsweredByUnit));
      for (const other of isComplete ? [] : others(units))
        seen.others.push(await ask(parts, other, millis(0), signal));
    } catch (error) {
      if (!(error instanceof GatewayError && error.code === 'line.closed')) throw error;
      ended = String(error.details.reason);
    }
  });
  return { ...seen, resource: line.resource, ended };
}

const isUnanswered = ({ answers }: Asked): boolean => answers.length === 0;
const isAnsweredByUnit = (asked: Asked): boolean =>
  isInTime(asked) && gatewayRefusal(asked) === undefined;

async function untilAborted(signal: AbortSignal, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** False where the far end alone decides. */
async function tune(line: Line, settings: SerialSettings): Promise<boolean> {
  try {
    await line.tune(settings);
    return true;
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'line.settings-fixed') return false;
    throw error;
  }
}

async function listenTo(
  { line, clock, framesOf }: ExaminationParts,
  settings: SerialSettings | undefined,
  signal: AbortSignal,
): Promise<Listened> {
  const request = new Uint8Array();
  const recording = await record({ line, clock, request, listen: LISTENING }, signal);
  return listenedOf(recording, settings, framesOf);
}

/** A unit that does not say a word the first time is not waited for as long again. */
async function askRepeatedly(
  parts: ExaminationParts,
  unit: ExpectedUnit,
  signal: AbortSignal,
): Promise<UnitEvidence> {
  const { label, question } = unit;
  const { protocol } = question;
  parts.onStep({ kind: 'ask', unit: label, protocol });
  const asked = [await ask(parts, unit, LATE_LISTENING, signal)];
  const later = asked.every(isUnanswered) ? millis(0) : LATE_LISTENING;
  while (asked.length < TIMES_ASKED) asked.push(await ask(parts, unit, later, signal));
  return { unit: label, protocol, asked };
}

/** @param longer how long to listen beyond the time-out when nothing came */
async function ask(
  { line, clock }: ExaminationParts,
  { question, settings, patience }: ExpectedUnit,
  longer: Millis,
  signal: AbortSignal,
): Promise<Asked> {
  await awaitQuiet(line, clock, QUIET, signal);
  const { request } = question;
  const isEnough = (bytes: Uint8Array) =>
    question.frames(bytes).some(({ role }) => role === 'answer');
  const listen = millis(patience + longer);
  const recording = await record(
    { line, clock, request, listen, isEnough, linger: SECOND_ANSWER },
    signal,
  );
  return askedOf(question, recording, settings, patience);
}

const distinct = (units: readonly ExpectedUnit[]): readonly (SerialSettings | undefined)[] => {
  const seen = new Map(
    units.map(({ settings }) => [`${settings?.baud} ${settings?.format}`, settings]),
  );
  return [...seen.values()];
};
