/** One group for each scan class of a device: one subscription, published as often as the class says. Pure. */
import type { Millis } from '../../gateway/model/units.ts';
import type { Group, TagRequest } from '../driver.ts';
import type { OpcuaAddress } from './device.ts';

/** In one subscription: more gain nothing, and a lost message costs them all. */
export const MOST_ITEMS = 5_000;
/** The most values a server is asked to keep for one item between two publishings. */
const LONGEST_QUEUE = 1_000;

export interface OpcuaGroup extends Group {
  readonly items: readonly TagRequest<OpcuaAddress>[];
}

/** The tags by scan class, fastest first; methods are only called. */
export function planGroups(tags: readonly TagRequest<OpcuaAddress>[]): readonly OpcuaGroup[] {
  const classes = new Map<Millis, TagRequest<OpcuaAddress>[]>();
  for (const request of tags) {
    if (request.address.object !== undefined) continue;
    const known = classes.get(request.scan);
    if (known) known.push(request);
    else classes.set(request.scan, [request]);
  }
  return [...classes]
    .toSorted(([a], [b]) => a - b)
    .map(([scan, items]) => ({
      label: `every ${scan} ms`,
      scan,
      tags: items.map(({ tag }) => tag),
      items,
      cost: { requestBytes: 0, replyBytes: 0 },
    }));
}

/** How the server is to look at one item (OPC 10000-4 §7.21). */
export interface Sampling {
  readonly interval: Millis;
  readonly queue: number;
}

/**
 * Looks as often as the address says, otherwise once a publishing; keeps all values of one publishing and one more, so
 * that a look at the edge pushes none out.
 */
export function samplingOf({ address, scan }: TagRequest<OpcuaAddress>): Sampling {
  const interval = address.sampling ?? scan;
  const perPublishing = interval > 0 ? Math.ceil(scan / interval) : LONGEST_QUEUE;
  return { interval, queue: address.queue ?? Math.min(perPublishing + 1, LONGEST_QUEUE) };
}
