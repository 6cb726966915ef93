/** A line of a chip as the pin that turns an RS-485 transceiver round. */
import type { Clock } from '../../gateway/host/clock.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import { type Millis, millis } from '../../gateway/model/units.ts';
import type { DirectionPin } from '../line/directed-line.ts';
import { type LineRef, offsetOf } from './address.ts';
import type { GpioBackend } from './backend.ts';
import type { MakeBackend } from './link.ts';

/** Which line of which chip; a chip `unix:/…` is a simulated board. */
export interface DirectionLine {
  readonly chip: string;
  readonly line: LineRef;
}

/** What switching may take: a device answers within some milliseconds. */
const SLOWEST: Millis = millis(5);

/** The pin, not taken yet. Opening it rejects with `gpio.direction-slow` where switching takes too long. */
export function directionPin(
  { chip, line }: DirectionLine,
  clock: Clock,
  make: MakeBackend,
): DirectionPin {
  let taken: { readonly backend: GpioBackend; readonly offset: number } | undefined;

  const give = async () => {
    const had = taken;
    taken = undefined;
    await had?.backend.close();
  };
  return {
    async open() {
      if (taken) return;
      const bus = { chip, backend: chip.startsWith('unix:') ? 'simulated' : 'auto' } as const;
      const backend = await make(bus, clock, () => void give());
      try {
        const info = await backend.open(new AbortController().signal);
        const { switching, name } = backend;
        if (switching > SLOWEST)
          throw new GatewayError('gpio.direction-slow', { line, switching, backend: name });
        const offset = offsetOf(info, line);
        if (offset === undefined)
          throw new GatewayError('gpio.line-unknown', { chip: info.name, line });
        await backend.output(offset, false, () => void give());
        taken = { backend, offset };
      } catch (error) {
        await backend.close();
        throw error;
      }
    },
    set(isHigh) {
      if (!taken)
        throw new GatewayError('gpio.line-lost', { chip, line, reason: 'it is not driven' });
      return taken.backend.set(taken.offset, isHigh);
    },
    async close() {
      try {
        await this.set(false);
      } catch {
        // It is lost already; nothing more can be done about it.
      }
      await give();
    },
  };
}
