/** Which requests get all tags of a meter: one for each data identifier and scan class. Pure. */
import type { Group, TagRequest } from '../driver.ts';
import type { Cjt188Address } from './address.ts';
import { CONTROL, FRAME_OVERHEAD_BYTES, isHeatMeter } from './frame.ts';
import { DI, expectedDataBytes } from './layouts.ts';
import type { Cjt188Device } from './options.ts';
import { DATA_HEAD_BYTES } from './reply.ts';

/** One read of one data identifier. */
export interface Cjt188Group extends Group {
  readonly di: number;
  /** One per tag, in the order of `tags`. */
  readonly addresses: readonly Cjt188Address[];
}

/** What most meters send before a reply. */
const REPLY_PREAMBLE_BYTES = 4;

/** Every tag is in exactly one group; metering data carry many tags at once. */
export function planReads(
  device: Cjt188Device,
  requests: readonly TagRequest<Cjt188Address>[],
): readonly Cjt188Group[] {
  const scans = new Set(requests.map(({ scan }) => scan));
  const diOf = ({ address }: TagRequest<Cjt188Address>) => address.di ?? device.metering;
  return [...scans].flatMap((scan) => {
    const ofScan = requests.filter((request) => request.scan === scan);
    const identifiers = [...new Set(ofScan.map(diOf))].sort((a, b) => a - b);
    const suffix = scans.size > 1 ? ` every ${scan} ms` : '';
    return identifiers.map((di): Cjt188Group => {
      const own = ofScan.filter((request) => diOf(request) === di);
      return {
        label: `${diText(di)}${suffix}`,
        scan,
        tags: own.map(({ tag }) => tag),
        cost: {
          requestBytes: device.preamble + FRAME_OVERHEAD_BYTES + DATA_HEAD_BYTES,
          replyBytes:
            REPLY_PREAMBLE_BYTES +
            FRAME_OVERHEAD_BYTES +
            expectedDataBytes(di, isHeatMeter(device.type)),
        },
        di,
        addresses: own.map(({ address }) => address),
      };
    });
  });
}

/** `901F` */
export const diText = (di: number): string => di.toString(16).padStart(4, '0').toUpperCase();

/** The function that reads an identifier: addresses and key versions have their own. */
export function readControlOf(di: number): number {
  if (di === DI.address) return CONTROL.readAddress;
  return di === DI.keyVersion ? CONTROL.readKeyVersion : CONTROL.read;
}
