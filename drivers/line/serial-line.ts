/**
 * A serial port as a line. The one file that knows the serialport package.
 *
 * RS-485: the direction of the transceiver is the business of the adapter or of the kernel (its
 * device tree); serialport cannot switch the kernel's mode on, and RTS moved
 * from here is too late.
 */
import { realpath } from 'node:fs/promises';
import type { SerialPort } from 'serialport';
import type { Clock } from '../../gateway/host/clock.ts';
import { GatewayError, reasonOf } from '../../gateway/model/errors.ts';
import type { Line, SerialSettings } from './line.ts';
import { lowerLatency } from './low-latency.ts';
import { lockHolder } from './port-lock.ts';
import { serialFrame } from './serial-timing.ts';
import { type Stream, type StreamEvents, streamLine } from './stream-line.ts';

export interface SerialLineOptions {
  /** Of the device file; a stable name (`/dev/serial/by-path/…`) survives re-plugging. */
  readonly path: string;
  readonly settings: SerialSettings;
}

/** A line on a local serial port, locked against other programs; its resource is `serial:path`. */
export function serialLine({ path, settings }: SerialLineOptions, clock: Clock): Line {
  return streamLine({
    resource: `serial:${path}`,
    settings,
    clock,
    open: async (events, _signal, now = settings) => {
      // The name may lead to another device next time; what is open is this one.
      const device = await realpath(path);
      const holder = await lockHolder(device);
      if (holder !== undefined) throw new GatewayError('line.port-busy', { port: path, holder });
      const port = await portOf(device, now, true);
      await opened(port, events).catch((error) => {
        throw isLockRefusal(error)
          ? new GatewayError('line.port-busy', { port: path, holder: '?' }, error)
          : error;
      });
      return streamOf(port, device, await lowerLatency(port, device));
    },
  });
}

/**
 * A new object for each opening: an old one would send what was written to it while it was closed.
 */
async function portOf(
  device: string,
  { baud, format }: SerialSettings,
  lock: boolean,
): Promise<SerialPort> {
  // Loaded here, so that a site without serial ports does not pay for it.
  const { SerialPort } = await import('serialport');
  return new SerialPort({
    path: device,
    baudRate: baud,
    ...serialFrame(format),
    lock,
    autoOpen: false,
  });
}

const isLockRefusal = (error: unknown): boolean => reasonOf(error).includes('Cannot lock port');

/**
 * The listeners stay for the port's life: without a reader the loss of the device goes unnoticed,
 * and an error without a listener would end the process. A device that vanishes in the midst of a
 * read is missed only at the next write.
 */
function opened(port: SerialPort, events: StreamEvents): Promise<void> {
  port.on('data', (bytes: Buffer) => events.data(bytes));
  port.on('error', (error) => events.lost(error));
  port.on('close', (error: unknown) => events.lost(error ?? new Error('the port was closed')));
  return opening(port);
}

const opening = (port: SerialPort): Promise<void> =>
  new Promise((resolve, reject) => {
    port.open((error) => (error ? reject(error) : resolve()));
  });

/**
 * Sets what the terminal sends and hears through a second, unlocked opening of the same device:
 * settings belong to the terminal, not to the opening. So the first keeps lock, listener and DTR
 * (the last closing drops it), which closing and opening again would not, and serialport's own
 * `update()` knows only the baud rate. Both buffers are emptied on the way. 0.2 ms on a pseudo
 * terminal (0.06 ms for `update()`), measured on a 2-core VM.
 */
async function retune(port: SerialPort, device: string, settings: SerialSettings): Promise<void> {
  const second = await portOf(device, settings, false);
  second.on('error', () => {});
  await opening(second);
  await flushed(second);
  await closed(second);
  if (!port.isOpen) throw new Error('the port was lost while it was tuned');
}

const streamOf = (port: SerialPort, device: string, isLowLatency: boolean | undefined): Stream => ({
  isLowLatency,
  write(bytes) {
    // A port that is closing queues what it is given and sends it after the next opening.
    if (!port.isOpen) throw new Error('the port is closing');
    port.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  },
  drop: () => flushed(port),
  tune: (settings) => retune(port, device, settings),
  close: () => closed(port),
});

const flushed = (port: SerialPort): Promise<void> =>
  new Promise((resolve) => {
    port.flush(() => resolve());
  });

const closed = (port: SerialPort): Promise<void> =>
  new Promise((resolve) => {
    if (!port.isOpen && !port.closing) return resolve();
    port.once('close', () => resolve());
    port.once('error', () => resolve());
    if (!port.closing) port.close(() => resolve());
  });
