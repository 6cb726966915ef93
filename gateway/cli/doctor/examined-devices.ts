/** Whom the doctor asks on a bus, and whom else when nobody answers. Pure. */
import type { DeviceConfig } from '../../../config/site.ts';
import { ANY_ADDRESS as ANY_CJT188 } from '../../../drivers/cjt188/frame.ts';
import type { Cjt188Device } from '../../../drivers/cjt188/options.ts';
import { ANY_ADDRESS as ANY_DLT645 } from '../../../drivers/dlt645/frame.ts';
import type { Dlt645Device } from '../../../drivers/dlt645/options.ts';
import type { SerialSettings } from '../../../drivers/line/line.ts';
import type { ModbusDevice } from '../../../drivers/modbus/options.ts';
import type { ExpectedUnit } from '../../health/examination.ts';
import type { Question } from '../../health/question.ts';
import { type Millis, millis } from '../../model/units.ts';
import {
  cjt188Question,
  dlt645Question,
  type ModbusFraming,
  modbusQuestion,
} from '../wire/questions.ts';
import { settingsOrder, WIRE_PROTOCOLS } from '../wire/wire-orders.ts';

/** A device as far as the doctor needs it. */
export type ExaminedDevice = Pick<DeviceConfig, 'protocol' | 'options' | 'settings'> & {
  /** In its site; absent without one. */
  readonly name?: string;
};

/** The most units of a bus that are sought at other settings. */
const MOST_SOUGHT = 3;
/** From the last byte of a question to the first of the answer of a device that was never seen: a guess. */
const USUAL_PATIENCE: Millis = millis(500);
/** Where devices with a network port of their own are found when not under their number. */
const USUAL_UNITS = [1, 255, 0, 2, 247];

/** Undefined for protocols that the doctor has no question for. */
export function expectedUnit(
  { name, protocol, options, settings }: ExaminedDevice,
  bus: SerialSettings | undefined,
): ExpectedUnit | undefined {
  const question = questionOf(protocol, options, bus !== undefined);
  if (question === undefined) return undefined;
  const { timeout } = options as { readonly timeout: Millis };
  const label = name === undefined ? question.unit : `${name} (${question.unit})`;
  return { question, label, settings: bus && (settings ?? bus), patience: timeout };
}

function questionOf(protocol: string, options: unknown, isWire: boolean): Question | undefined {
  switch (protocol) {
    case 'modbus': {
      const { unit, mode } = options as ModbusDevice;
      const framing: ModbusFraming = !isWire ? 'packets' : mode === 'ascii' ? 'ascii' : 'rtu';
      return modbusQuestion(unit, framing);
    }
    case 'dlt645': {
      const { address, version } = options as Dlt645Device;
      return dlt645Question(address, version);
    }
    case 'cjt188': {
      const { address, type, diOrder } = options as Cjt188Device;
      return cjt188Question({ address, type }, diOrder === 'low_first' ? diOrder : 'high_first');
    }
    default:
      return undefined;
  }
}

/** The units at all other settings of their protocol, then the other protocols at their usual ones. */
export function wireAlternatives(units: readonly ExpectedUnit[]): readonly ExpectedUnit[] {
  const sought = units.slice(0, MOST_SOUGHT);
  const protocols = new Set(sought.map(({ question }) => question.protocol));
  const same = [...protocols].flatMap((protocol) =>
    settingsOrder(protocol).flatMap((settings) =>
      sought
        .filter((unit) => unit.question.protocol === protocol && !isAt(unit, settings))
        .map((unit) => ({ ...unit, settings })),
    ),
  );
  const others = WIRE_PROTOCOLS.filter((protocol) => !protocols.has(protocol)).flatMap((protocol) =>
    settingsOrder(protocol)
      .slice(0, MOST_SETTINGS_OF_OTHERS)
      .flatMap((settings) => wildcards(protocol).map((question) => stranger(question, settings))),
  );
  return [...same, ...others];
}

const stranger = (question: Question, settings: SerialSettings | undefined): ExpectedUnit => ({
  question,
  label: question.unit,
  settings,
  patience: USUAL_PATIENCE,
});

const MOST_SETTINGS_OF_OTHERS = 6;

const isAt = ({ settings }: ExpectedUnit, { baud, format }: SerialSettings): boolean =>
  settings?.baud === baud && settings.format.slice(0, 2) === format.slice(0, 2);

/** Whoever is alone on the wire; Modbus has no question for everybody. */
function wildcards(protocol: (typeof WIRE_PROTOCOLS)[number]): readonly Question[] {
  switch (protocol) {
    case 'dlt645':
      return [dlt645Question(ANY_DLT645, '2007', 'address'), dlt645Question(ANY_DLT645, '1997')];
    case 'cjt188':
      return (['high_first', 'low_first'] as const).map((order) =>
        cjt188Question({ address: ANY_CJT188 }, order, 'address'),
      );
    case 'modbus':
      return [modbusQuestion(1, 'rtu')];
  }
}

/** Unit numbers that nobody configured. */
export const networkAlternatives = (units: readonly ExpectedUnit[]): readonly ExpectedUnit[] => {
  const asked = new Set(units.map(({ question }) => question.unit));
  return USUAL_UNITS.filter((number) => !asked.has(String(number))).map((number) =>
    stranger(modbusQuestion(number, 'packets', number + 2), undefined),
  );
};
