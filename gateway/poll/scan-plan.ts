/** When each group is due: pure arithmetic on monotonic time. */
import type { Group, WireCost } from '../../drivers/driver.ts';
import type { SerialTiming } from '../../drivers/line/line.ts';
import { type Millis, type MonoMs, millis, monoMs } from '../model/units.ts';

/**
 * What a request costs on a packet network, in milliseconds a request; only the spread of phases
 * depends on it.
 */
const PACKET_REQUEST_MS = 1;

/** The time a request takes on the wire, without the device's own turn-around. */
export function wireTime(cost: WireCost, timing: SerialTiming | undefined): Millis {
  if (timing === undefined) return millis(PACKET_REQUEST_MS);
  const characters = cost.requestBytes + cost.replyBytes;
  return millis(characters * timing.character + 2 * timing.silence);
}

/** The groups of one device, and the timing of its own settings on the wire. */
export interface WiredGroups {
  readonly groups: readonly Group[];
  readonly timing: SerialTiming | undefined;
}

/**
 * Spreads the devices of each scan class over its interval in proportion to what their groups cost, so that a bus is
 * loaded evenly and no class arrives as a burst. The groups of one device and class share a phase: they are read one after
 * the other, as close together in time as they can be. Returns each group's offset from the start, device by device.
 */
export function spreadPhases(devices: readonly WiredGroups[]): readonly Millis[] {
  const totals = new Map<Millis, number>();
  for (const { groups, timing } of devices)
    for (const { scan, cost } of groups)
      totals.set(scan, (totals.get(scan) ?? 0) + wireTime(cost, timing));
  const used = new Map<Millis, number>();
  return devices.flatMap(({ groups, timing }) => {
    const before = new Map(used);
    for (const { scan, cost } of groups)
      used.set(scan, (used.get(scan) ?? 0) + wireTime(cost, timing));
    return groups.map(({ scan }) =>
      millis((scan * (before.get(scan) ?? 0)) / (totals.get(scan) ?? 1)),
    );
  });
}

export interface NextDue {
  readonly due: MonoMs;
  /** Slots that passed without a poll. */
  readonly overruns: number;
}

/**
 * The first slot after `now` on the raster of `due` + k × `period`. Deadlines never drift, and what
 * was missed is not made up for.
 */
export function nextDue(due: MonoMs, period: Millis, now: MonoMs): NextDue {
  const slots = Math.max(1, Math.floor((now - due) / period) + 1);
  return { due: monoMs(due + slots * period), overruns: slots - 1 };
}

/**
 * A poll is late when it starts more than half of its scan interval after it was due: from there on
 * the sample is nearer to the next slot than to its own.
 */
export const isLate = (lateness: Millis, period: Millis): boolean => lateness > period / 2;
