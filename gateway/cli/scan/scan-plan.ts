/** Which questions a scan asks, in which order, and how long that takes. Pure. */
import { ANY_ADDRESS as ANY_CJT188 } from '../../../drivers/cjt188/frame.ts';
import { ANY_ADDRESS as ANY_DLT645 } from '../../../drivers/dlt645/frame.ts';
import type { SerialSettings } from '../../../drivers/line/line.ts';
import { serialTiming } from '../../../drivers/line/serial-timing.ts';
import type { Question } from '../../health/question.ts';
import { type Millis, millis } from '../../model/units.ts';
import {
  cjt188Question,
  dlt645Question,
  type ModbusFraming,
  modbusQuestion,
} from '../wire/questions.ts';
import { settingsOrder, WIRE_PROTOCOLS } from '../wire/wire-orders.ts';

export type ScannedProtocol = (typeof WIRE_PROTOCOLS)[number];

/** Questions at one setting of the wire, one after the other. */
export interface ScanStage {
  readonly protocol: ScannedProtocol;
  /** Undefined on a packet network. */
  readonly settings: SerialSettings | undefined;
  readonly questions: readonly ScanQuestion[];
  readonly patience: Millis;
  /** Whether it may be left out when devices of the protocol are known to be at other settings. */
  readonly isRest: boolean;
}

export interface ScanQuestion {
  readonly question: Question;
  /** Options of a device that answers it, as YAML has them, besides its unit or address. */
  readonly options: Readonly<Record<string, unknown>>;
}

export interface ScanWishes {
  readonly protocols: readonly ScannedProtocol[];
  /** Modbus units, in the order to ask them. */
  readonly units: readonly number[];
  /** Undefined: all that are usual. */
  readonly bauds: readonly number[] | undefined;
  /** Undefined: each protocol's own. */
  readonly timeout: Millis | undefined;
}

/** Most lines have their first units within these. */
const FIRST_UNITS = 10;
/**
 * Modbus units mostly begin to answer within 50 ms, meters by their standards within 500 ms (DL/T 645-2007 §5.3.2);
 * what comes later is found with a longer --timeout.
 */
const PATIENCE: Readonly<Record<ScannedProtocol, Millis>> = {
  modbus: millis(150),
  dlt645: millis(600),
  cjt188: millis(700),
};
/** On a network: a gateway waits for its own unit first. */
const NETWORK_PATIENCE: Millis = millis(500);
/** What a question takes besides its bytes and the waiting. */
const QUESTION_REST_MS = 10;

/**
 * All stages on a wire: meters by their wildcards and the first Modbus units at each setting, the commonest first;
 * then the other Modbus units.
 */
export function wireStages(
  { protocols, units, bauds, timeout }: ScanWishes,
  framing: Exclude<ModbusFraming, 'packets'>,
): readonly ScanStage[] {
  const stagesOf = (protocol: ScannedProtocol, isRest: boolean): readonly ScanStage[] => {
    if (!protocols.includes(protocol)) return [];
    const questions = questionsOf(protocol, units, framing, isRest);
    if (questions.length === 0) return [];
    const patience = timeout ?? PATIENCE[protocol];
    return settingsFor(protocol, bauds).map((settings) => {
      return { protocol, settings, questions, patience, isRest };
    });
  };
  const first = WIRE_PROTOCOLS.map((protocol) => stagesOf(protocol, false));
  const longest = Math.max(0, ...first.map((stages) => stages.length));
  const inTurn = Array.from({ length: longest }, (_, rank) =>
    first.flatMap((stages) => stages[rank] ?? []),
  );
  return [...inTurn.flat(), ...stagesOf('modbus', true)];
}

/** The usual settings at these rates; a rate that is not among them is tried with each parity. */
function settingsFor(
  protocol: string,
  bauds: readonly number[] | undefined,
): readonly SerialSettings[] {
  const usual = settingsOrder(protocol);
  if (bauds === undefined) return usual;
  return bauds.flatMap((baud) => {
    const known = usual.filter((settings) => settings.baud === baud);
    if (known.length > 0) return known;
    return (['8N1', '8E1', '8O1'] as const).map((format) => ({ baud, format }));
  });
}

function questionsOf(
  protocol: ScannedProtocol,
  units: readonly number[],
  framing: ModbusFraming,
  isRest: boolean,
): readonly ScanQuestion[] {
  switch (protocol) {
    case 'dlt645':
      return [
        { question: dlt645Question(ANY_DLT645, '2007', 'address'), options: {} },
        { question: dlt645Question(ANY_DLT645, '1997'), options: { version: 1997 } },
      ];
    case 'cjt188':
      return (['high_first', 'low_first'] as const).map((di_order) => ({
        question: cjt188Question({ address: ANY_CJT188 }, di_order, 'address'),
        options: { di_order },
      }));
    case 'modbus':
      return (isRest ? units.slice(FIRST_UNITS) : units.slice(0, FIRST_UNITS)).map((unit) => ({
        question: modbusQuestion(unit, framing),
        options: framing === 'ascii' ? { mode: 'ascii' } : {},
      }));
  }
}

/**
 * Several meters of DL/T 645-2007 answered a wildcard at once: the same with each pair of digits before those that
 * are known (§5.2.2). Undefined where nothing closer can be asked.
 */
export function closerStage(
  { settings, patience }: ScanStage,
  { question: { protocol, unit }, options }: ScanQuestion,
): ScanStage | undefined {
  const [isWild, digits = ''] = /^(?:AA){2,6}((?:\d\d)*)$/.exec(unit) ?? [];
  if (protocol !== 'dlt645' || 'version' in options || !isWild) return undefined;
  const questions = Array.from({ length: 100 }, (_, pair) => {
    const known = String(pair).padStart(2, '0') + digits;
    return { question: dlt645Question(known.padStart(ANY_DLT645.length, 'A'), '2007'), options };
  });
  return { protocol, settings, questions, patience, isRest: false };
}

/** The one stage of a network address. */
export const networkStage = ({ units, timeout = NETWORK_PATIENCE }: ScanWishes): ScanStage => ({
  protocol: 'modbus',
  settings: undefined,
  questions: units.map((unit, i) => ({
    question: modbusQuestion(unit, 'packets', i + 1),
    options: {},
  })),
  patience: timeout,
  isRest: false,
});

/** How long a stage takes when nobody answers. */
export function stageTime({ settings, questions, patience }: ScanStage): Millis {
  const character = settings ? serialTiming(settings).character : 0;
  const silence = settings ? serialTiming(settings).silence : 0;
  return millis(
    questions.reduce(
      (total, { question }) =>
        total + question.request.length * character + silence + patience + QUESTION_REST_MS,
      0,
    ),
  );
}

/** `1..247`, `3`, `1,5,20..30`; undefined for anything else. */
export function numbersIn(text: string, least: number, most: number): number[] | undefined {
  const numbers: number[] = [];
  for (const part of text.split(',')) {
    const [, from, to = from] = /^(\d{1,7})(?:\.\.(\d{1,7}))?$/.exec(part.trim()) ?? [];
    const [first, last] = [Number(from), Number(to)];
    if (!(first >= least && last <= most && first <= last && last - first < MOST_NUMBERS))
      return undefined;
    for (let number = first; number <= last; number++) numbers.push(number);
  }
  return [...new Set(numbers)];
}

const MOST_NUMBERS = 256;
