/**
 * A USB serial adapter hands over what it heard when its buffer is full or its latency timer fires, not
 * when the bytes come.
 */
import type { Cancel } from '../gateway/host/clock.ts';
import type { Millis } from '../gateway/model/units.ts';

/** FTDI AN232B-04: 64 bytes a packet, two of them status. */
const PACKET = 62;

export interface Adapter {
  /** Takes bytes from the wire. */
  hear(bytes: Uint8Array): void;
}

/** @param at a timer that ends with the wire */
export function adapter(
  latency: Millis,
  now: () => number,
  at: (due: number, run: () => void) => Cancel,
  hand: (bytes: Uint8Array) => void,
): Adapter {
  let held: Uint8Array = new Uint8Array();
  let isArmed = false;
  const tick = () => {
    isArmed = false;
    const bytes = held;
    held = new Uint8Array();
    if (bytes.length > 0) hand(bytes);
  };
  return {
    hear(bytes) {
      held = Buffer.concat([held, bytes]);
      while (held.length >= PACKET) {
        const packet = held.subarray(0, PACKET);
        held = held.subarray(PACKET);
        hand(packet);
      }
      if (isArmed || held.length === 0) return;
      isArmed = true;
      // The timer runs on and on; bytes wait for its next turn.
      at((Math.floor(now() / latency) + 1) * latency, tick);
    },
  };
}
