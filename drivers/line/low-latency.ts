/** USB adapters that would hold bytes back: 16 ms is the usual habit of FTDI's drivers. */

/** As much of serialport's port as this needs. */
export interface LatencyPort {
  set(options: LatencyOptions, done: (error: Error | null) => void): void;
  get(done: (error: Error | null, status?: object) => void): void;
}

interface LatencyOptions {
  readonly dtr: boolean;
  readonly rts: boolean;
  readonly lowLatency: boolean;
}

const USB_ADAPTER = /^\/dev\/tty(USB|ACM)\d+$/;

/**
 * Asks a USB adapter to hand bytes over as they come, and returns whether it does. Ports on the
 * board have no such timer and are left alone, with undefined: the call also sets RTS, which may be
 * the direction of an RS-485 transceiver.
 */
export async function lowerLatency(
  port: LatencyPort,
  device: string,
): Promise<boolean | undefined> {
  if (!USB_ADAPTER.test(device)) return undefined;
  return new Promise((resolve) => {
    // DTR and RTS as an opening leaves them.
    port.set({ dtr: true, rts: true, lowLatency: true }, () => {
      // serialport 13 does not report a latency it could not set; the port's own flag tells.
      port.get((_error, status) =>
        resolve(status !== undefined && 'lowLatency' in status && status.lowLatency === true),
      );
    });
  });
}
