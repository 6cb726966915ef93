/** A recording of a wire in the place of its devices, for the simulator to play. Pure. */
import { exchangesOf } from '../../drivers/line/recorded-exchanges.ts';
import type { Recording } from '../../drivers/line/recording.ts';
import { serialTiming } from '../../drivers/line/serial-timing.ts';
import type { Plant } from '../../firmware-sim/plant.ts';
import type { Recorded } from '../../firmware-sim/replay-station.ts';
import { GatewayError } from '../model/errors.ts';

/**
 * A line behind TCP `port` that answers what was asked then as it was answered then, at the settings of the first
 * request. Throws `recorder.not-replayable` for a recording without requests, or of a packet network.
 */
export function replayedLine(recording: Recording, port: number): Plant {
  const exchanges = exchangesOf(recording);
  const settings = exchanges[0]?.settings;
  if (settings === undefined) throw new GatewayError('recorder.not-replayable');
  const { character } = serialTiming(settings);
  const recorded = exchanges.flatMap(({ at, request, reply, delay }): Recorded[] => {
    const end = at + request.length * character;
    return [
      { at: end, direction: 'request', bytes: request },
      { at: end + (delay ?? 0), direction: 'reply', bytes: reply },
    ];
  });
  const device = { protocol: 'replay', name: 'recording', recording: recorded } as const;
  return {
    seed: 1,
    buses: [{ name: 'line', kind: 'serial-tcp', port, ...settings, devices: [device] }],
  };
}
