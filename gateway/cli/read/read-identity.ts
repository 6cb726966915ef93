/** `headgate read --identify`: who a Modbus device says it is (function 43/14). */
import { identify } from '../../../drivers/modbus/identify.ts';
import type { ModbusDevice } from '../../../drivers/modbus/options.ts';
import type { Call, Words } from '../verb.ts';
import type { AskedDevice } from '../wire/asked-device.ts';
import { usage } from '../wire/device-flags.ts';
import { FieldCall, withProgress } from '../wire/field-call.ts';
import { readFailure } from '../wire/read-failure.ts';

/** Modbus Application Protocol V1.1b3 §6.21: the objects that have a name. */
const NAMES: readonly Words[] = [
  { en: 'vendor', zh: '厂商' },
  { en: 'product code', zh: '产品代码' },
  { en: 'revision', zh: '版本' },
  { en: 'URL', zh: '网址' },
  { en: 'product', zh: '产品' },
  { en: 'model', zh: '型号' },
  { en: 'application', zh: '应用' },
];

/** Prints the objects; throws like a read that brought nothing. */
export async function readIdentity(
  call: Call,
  { bus, device, explainer }: AskedDevice,
): Promise<number> {
  if (device.protocol !== 'modbus') throw usage('read', '--identify is for Modbus devices');
  const asking = FieldCall.use(bus, call, async (field) => {
    await field.quiet();
    const options = device.options as ModbusDevice;
    const found = await identify(options, field.io, 'regular', call.signal);
    return { identified: found, overheard: field.line.overheard() };
  });
  const words = { en: `asking ${bus.text} …`, zh: `正在询问 ${bus.text} …` };
  const { identified, overheard } = await withProgress(call, words, asking);
  if (identified.kind !== 'identified') {
    const outcome = identified.kind === 'exception' ? 'answered' : identified.kind;
    const asked = { target: bus.text, language: call.language, explainer };
    throw readFailure({ outcome, samples: [] }, overheard, asked);
  }
  const { objects, conformity } = identified;
  if (call.values.json)
    call.print(JSON.stringify({ objects: Object.fromEntries(objects), conformity }));
  else
    for (const [number, text] of objects)
      call.print(`${NAMES[number]?.[call.language] ?? number}  ${text}`);
  return 0;
}
