/** A serial port as a line. The one file that knows the serialport package. */
import type { SerialPort } from 'serialport';
import type { Clock } from '../../gateway/host/clock.ts';
import type { Line, SerialSettings } from './line.ts';
import { serialFrame } from './serial-timing.ts';
import { type Stream, type StreamEvents, streamLine } from './stream-line.ts';

export interface SerialLineOptions {
  /** Of the device file; a stable name (`/dev/serial/by-path/…`) survives re-plugging. */
  readonly path: string;
  readonly settings: SerialSettings;
}

/** A line on a local serial port; its resource is `serial:path`. */
export function serialLine({ path, settings }: SerialLineOptions, clock: Clock): Line {
  return streamLine({
    resource: `serial:${path}`,
    settings,
    clock,
    open: async (events, _signal, { baud, format } = settings) => {
      // Loaded here, so that a site without serial ports does not pay for it.
      const { SerialPort } = await import('serialport');
      // A new object for each opening: an old one would send what was written to it while it was closed.
      const port = new SerialPort({
        path,
        baudRate: baud,
        ...serialFrame(format),
        lock: true,
        autoOpen: false,
      });
      await opened(port, events);
      return streamOf(port);
    },
  });
}

/**
 * The listeners stay for the port's life: without a reader the loss of the device goes unnoticed,
 * and an error without a listener would end the process. A device that vanishes in the midst of a read
 * is missed only at the next write.
 */
function opened(port: SerialPort, events: StreamEvents): Promise<void> {
  port.on('data', (bytes: Buffer) => events.data(bytes));
  port.on('error', (error) => events.lost(error));
  port.on('close', (error: unknown) => events.lost(error ?? new Error('the port was closed')));
  return new Promise((resolve, reject) => {
    port.open((error) => (error ? reject(error) : resolve()));
  });
}

const streamOf = (port: SerialPort): Stream => ({
  write(bytes) {
    // A port that is closing queues what it is given and sends it after the next opening.
    if (!port.isOpen) throw new Error('the port is closing');
    port.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  },
  drop() {
    return new Promise((resolve) => {
      port.flush(() => resolve());
    });
  },
  close() {
    return new Promise((resolve) => {
      if (!port.isOpen && !port.closing) return resolve();
      port.once('close', () => resolve());
      port.once('error', () => resolve());
      if (!port.closing) port.close(() => resolve());
    });
  },
});
