/** Examines one bus and says what is wrong with it. */
import { diagnoseWire, type Finding, settingsText } from '../../health/doctor.ts';
import { diagnoseNetwork, diagnoseWay } from '../../health/doctor-network.ts';
import { type ExaminationStep, examineNetwork, examineWire } from '../../health/examination.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Call, Words } from '../verb.ts';
import type { BusUrl } from '../wire/bus-url.ts';
import { FieldCall } from '../wire/field-call.ts';
import { framesOfAny } from '../wire/questions.ts';
import {
  type ExaminedDevice,
  expectedUnit,
  networkAlternatives,
  wireAlternatives,
} from './examined-devices.ts';

/** Whatever can be found out; a bus that cannot be opened is a finding too. */
export async function examineBus(
  call: Pick<Call, 'clock' | 'signal' | 'note' | 'language'>,
  bus: BusUrl,
  devices: readonly ExaminedDevice[],
): Promise<readonly Finding[]> {
  const isWire = bus.transport.kind !== 'tcp';
  const settings = isWire ? { baud: bus.baud, format: bus.format } : undefined;
  const units = devices.flatMap((device) => expectedUnit(device, settings) ?? []);
  const { clock, signal, language } = call;
  const onStep = (step: ExaminationStep) => call.note(wordsOf(step)[language]);
  const common = { clock, units, framesOf: framesOfAny, onStep };
  try {
    return await FieldCall.use(bus, call, async ({ line }) =>
      isWire
        ? diagnoseWire(await examineWire({ ...common, line, others: wireAlternatives }, signal))
        : diagnoseNetwork(
            await examineNetwork({ ...common, line, others: networkAlternatives }, signal),
          ),
    );
  } catch (error) {
    if (!(error instanceof GatewayError) || !error.code.startsWith('line.')) throw error;
    return [diagnoseWay(error)];
  }
}

function wordsOf(step: ExaminationStep): Words {
  if (step.kind === 'ask') {
    const { protocol, unit } = step;
    return { en: `asking ${protocol} ${unit} …`, zh: `正在询问 ${protocol} ${unit} …` };
  }
  const settings = settingsText(step.settings);
  return step.kind === 'listen'
    ? { en: `listening at ${settings} …`, zh: `监听总线（${settings}）…` }
    : { en: `trying ${settings} …`, zh: `尝试 ${settings} …` };
}
