/** Which frames leave a device as it is: those that a write may send before it is agreed to. Pure. */
import type { Explainer } from '../../../drivers/explanation.ts';
import type { OnlyReads } from './field-call.ts';

/** Modbus Application Protocol V1.1b3 §6: the functions that read. */
const FUNCTIONS = new Set<unknown>([1, 2, 3, 4, 43]);
/** DL/T 645-2007 §7.1 and -1997, CJ/T 188-2004 §7.2: the control codes that read. */
const CONTROLS: Readonly<Record<string, readonly unknown[]>> = {
  dlt645: ['11', '12', '13', '01', '02'],
  cjt188: ['01', '03', '09'],
};

/** What cannot be explained may do anything. */
export const onlyReadsBy =
  (explainer: Explainer | undefined): OnlyReads =>
  (frame) => {
    const explanation = explainer?.explain(frame);
    if (!explanation?.ok) return false;
    const { function: code, control } = explanation.fields;
    if (code !== undefined) return FUNCTIONS.has(code);
    return CONTROLS[explainer?.protocol ?? '']?.includes(control) ?? false;
  };
