/** Carries a scan out: asks the planned questions, and whoever answers, who it is. Changes nothing on the wire. */
import type { Line, SerialSettings } from '../../../drivers/line/line.ts';
import { sameSettings } from '../../../drivers/line/serial-timing.ts';
import { awaitQuiet, bytesOf, record } from '../../health/line-recording.ts';
import {
  type Asked,
  askedOf,
  gatewayRefusal,
  isGarbled,
  type Question,
} from '../../health/question.ts';
import type { Clock } from '../../host/clock.ts';
import { GatewayError } from '../../model/errors.ts';
import { type Millis, millis } from '../../model/units.ts';
import { identificationIn, identifyQuestion, type ModbusFraming } from '../wire/questions.ts';
import {
  closerStage,
  type ScannedProtocol,
  type ScanQuestion,
  type ScanStage,
} from './scan-plan.ts';

/** A device that answered. */
export interface FoundDevice {
  readonly protocol: ScannedProtocol;
  /** Undefined on a packet network. */
  readonly settings: SerialSettings | undefined;
  /** Its unit number or address, as people write it. */
  readonly unit: string;
  /** As YAML has them, unit or address included. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly after: Millis;
  /** What it says of itself: vendor, product, revision. */
  readonly identification: readonly string[];
}

/** Bytes where an answer was expected, and nothing that can be read. */
export interface GarbledPlace {
  readonly protocol: ScannedProtocol;
  readonly settings: SerialSettings | undefined;
  readonly unit: string;
}

export interface ScanParts {
  readonly line: Line;
  readonly clock: Clock;
  readonly framing: ModbusFraming;
  readonly stages: readonly ScanStage[];
  /** Before a stage, with those that are still to come. */
  readonly onStage: (stage: ScanStage, rest: readonly ScanStage[]) => void;
  readonly onFound: (found: FoundDevice) => void;
}

export interface ScanResult {
  readonly found: readonly FoundDevice[];
  readonly garbled: readonly GarbledPlace[];
  /** Whether settings had to be left out because the far end decides. */
  readonly isFixed: boolean;
  /** The one device that was found answers to every unit number. */
  readonly isAnyUnit: boolean;
}

const QUIET: Millis = millis(5);
/** A second meter that a wildcard meant as well is heard this long behind the first. */
const SECOND_METER: Millis = millis(200);
const IDENTIFY_PATIENCE: Millis = millis(500);
/** A peer that ends the connection for a unit it does not have is connected to again so often. */
const MOST_RECONNECTS = 20;

/**
 * Goes through the stages. What was found so far is handed out as it is found, so a scan that is aborted (it then
 * rejects with the signal's reason) or whose line is lost has not been in vain.
 */
export async function scan(parts: ScanParts, signal: AbortSignal): Promise<ScanResult> {
  const found = new Map<string, FoundDevice>();
  const garbled: GarbledPlace[] = [];
  let isFixed = false;
  const queue = [...parts.stages];
  for (let stage = queue.shift(); stage; stage = queue.shift()) {
    if (stage.isRest && isElsewhere(found, stage)) continue;
    if (stage.settings && !(await isTuned(parts.line, stage.settings))) {
      isFixed = true;
      continue;
    }
    parts.onStage(stage, queue);
    for (const [i, question] of stage.questions.entries()) {
      const asked = await ask(parts, question.question, stage, signal);
      for (const device of devicesOf(asked, question, stage)) {
        if (found.has(keyOf(device))) continue;
        const known = { ...device, identification: await identify(parts, device, signal) };
        found.set(keyOf(device), known);
        parts.onFound(known);
      }
      if (isGarbled(asked)) {
        const closer = closerStage(stage, question);
        if (closer) queue.unshift(closer);
        else garbled.push({ protocol: stage.protocol, settings: stage.settings, unit: asked.unit });
      }
      const isAnyUnit = stage.settings === undefined && i + 1 === TELLING && found.size === TELLING;
      if (isAnyUnit) return { found: [...found.values()].slice(0, 1), garbled, isFixed, isAnyUnit };
    }
  }
  return { found: [...found.values()], garbled, isFixed, isAnyUnit: false };
}

/** A device on a network that answers to so many numbers in a row answers to all of them. */
const TELLING = 4;

const keyOf = ({ protocol, unit }: FoundDevice): string => `${protocol} ${unit}`;

/** Units of one protocol share their settings: the rest is sought where the first ones were found. */
const isElsewhere = (found: ReadonlyMap<string, FoundDevice>, stage: ScanStage): boolean => {
  const same = [...found.values()].filter(({ protocol }) => protocol === stage.protocol);
  return same.length > 0 && !same.some(({ settings }) => isSame(settings, stage.settings));
};

const isSame = (a: SerialSettings | undefined, b: SerialSettings | undefined): boolean =>
  a !== undefined && b !== undefined && sameSettings(a, b);

/** False where the far end alone decides. */
async function isTuned(line: Line, settings: SerialSettings): Promise<boolean> {
  try {
    await line.tune(settings);
    return true;
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'line.settings-fixed') return false;
    throw error;
  }
}

const devicesOf = (
  { answers }: Asked,
  { options }: ScanQuestion,
  { protocol, settings }: ScanStage,
): readonly FoundDevice[] =>
  answers.map(({ unit, after }) => {
    const identity = protocol === 'modbus' ? { unit: Number(unit) } : { address: unit };
    return {
      protocol,
      settings,
      unit,
      options: { ...identity, ...options },
      after,
      identification: [],
    };
  });

async function ask(
  parts: ScanParts,
  question: Question,
  { settings, patience }: Pick<ScanStage, 'settings' | 'patience'>,
  signal: AbortSignal,
): Promise<Asked> {
  const recording = await recorded(parts, question, patience, signal);
  const asked = askedOf(question, recording, settings, patience);
  return gatewayRefusal(asked) === undefined ? asked : { ...asked, answers: [] };
}

async function recorded(
  { line, clock }: ScanParts,
  question: Question,
  listen: Millis,
  signal: AbortSignal,
) {
  const isEnough = (bytes: Uint8Array) =>
    question.frames(bytes).some(({ role }) => role === 'answer');
  const { request, protocol } = question;
  const linger = protocol === 'modbus' ? millis(0) : SECOND_METER;
  for (let reconnects = 0; ; reconnects++)
    try {
      await line.connect(signal);
      const quiet = millis(Math.max(QUIET, line.timing?.silence ?? 0));
      await awaitQuiet(line, clock, quiet, signal);
      return await record({ line, clock, request, listen, isEnough, linger }, signal);
    } catch (error) {
      const isLost = error instanceof GatewayError && error.code === 'line.closed';
      if (!isLost || reconnects >= MOST_RECONNECTS || line.timing !== undefined) throw error;
    }
}

/** Vendor, product and revision of a Modbus device that tells them. */
async function identify(
  parts: ScanParts,
  { protocol, unit }: FoundDevice,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (protocol !== 'modbus') return [];
  const question = identifyQuestion(Number(unit), parts.framing, IDENTIFY_TRANSACTION);
  const recording = await recorded(parts, question, IDENTIFY_PATIENCE, signal);
  return identificationIn(bytesOf(recording), parts.framing);
}

const IDENTIFY_TRANSACTION = 0x4944;
