/** In which order settings and protocols are tried on a wire, so that most devices are found early. Pure. */
import type { SerialSettings } from '../../../drivers/line/line.ts';

const settings = (text: string): readonly SerialSettings[] =>
  text.split(', ').map((one) => {
    const [baud = '', format = ''] = one.split(' ');
    return { baud: Number(baud), format: format as SerialSettings['format'] };
  });

/**
 * For DL/T 645 what detection tools of meter makers use (2400, 9600, 1200, 4800 with even parity, then none);
 * for CJ/T 188 the standard's 2400 8E1 and what is delivered besides; for Modbus what is delivered most, then
 * the standard's own 19200 8E1 (V1.02 §2.5.1). A second stop bit makes no difference to a receiver.
 */
const ORDERS: Readonly<Record<string, readonly SerialSettings[]>> = {
  modbus: settings(
    '9600 8N1, 9600 8E1, 19200 8E1, 19200 8N1, 4800 8N1, 115200 8N1, 38400 8N1, 2400 8N1, 9600 8O1, ' +
      '2400 8E1, 4800 8E1, 38400 8E1, 57600 8N1, 1200 8N1, 115200 8E1, 1200 8E1, 19200 8O1',
  ),
  dlt645: settings(
    '2400 8E1, 9600 8E1, 1200 8E1, 4800 8E1, 9600 8N1, 2400 8N1, 19200 8E1, 600 8E1',
  ),
  cjt188: settings('2400 8E1, 9600 8N1, 2400 8N1, 9600 8E1, 4800 8E1, 1200 8E1'),
};

/** The protocols of a wire, those with the fewest questions first. */
export const WIRE_PROTOCOLS = ['dlt645', 'cjt188', 'modbus'] as const;

/** The settings that devices of a protocol are found at, the commonest first. */
export const settingsOrder = (protocol: string): readonly SerialSettings[] =>
  ORDERS[protocol] ?? [];
