/** Which pins are looked at together: those of one scan class. Pure. */
import type { Millis } from '../../gateway/model/units.ts';
import type { Group, TagRequest } from '../driver.ts';
import type { PinAddress } from './address.ts';

export interface PinGroup extends Group {
  readonly pins: readonly TagRequest<PinAddress>[];
}

/** Pins cost nothing on any wire. */
const FREE = { requestBytes: 0, replyBytes: 0 };

/** One group per scan class, in the order of the classes' first tags. */
export function planPins(tags: readonly TagRequest<PinAddress>[]): readonly PinGroup[] {
  const classes = new Map<Millis, TagRequest<PinAddress>[]>();
  for (const request of tags) {
    const same = classes.get(request.scan) ?? [];
    classes.set(request.scan, same);
    same.push(request);
  }
  return [...classes].map(([scan, pins]) => ({
    label: `pins every ${scan / 1000}s`,
    scan,
    tags: pins.map(({ tag }) => tag),
    cost: FREE,
    pins,
  }));
}
