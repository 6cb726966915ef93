/**
 * A byte transport to the field: a serial port, or a TCP stream. It carries bytes and knows when
 * the wire was last busy; it knows nothing of frames.
 */
import type { Millis, MonoMs } from '../../gateway/model/units.ts';

/**
 * Equal keys are one physical resource and share one bus: `serial:/dev/ttyS1`, `tcp:10.0.0.5:502`.
 */
export type ResourceKey = string & { readonly __resource?: never };

/** Data bits, parity (none, even, odd), stop bits: `8N1`. */
export type SerialFormat = `${7 | 8}${'N' | 'E' | 'O'}${1 | 2}`;

/** How the characters of a serial wire are sent. */
export interface SerialSettings {
  /** Bits per second. */
  readonly baud: number;
  readonly format: SerialFormat;
}

/** How long things take on a serial wire. */
export interface SerialTiming {
  readonly baud: number;
  /** Start, data, parity and stop bits of one character: 10 for 8N1, 11 for 8E1. */
  readonly bitsPerCharacter: number;
  /** Duration of one character. */
  readonly character: Millis;
  /**
   * Modbus over Serial Line V1.02 §2.5.1.1: 3.5 characters of 11 bits, 1.75 ms above 19200 baud.
   */
  readonly silence: Millis;
}

export interface LineListener {
  /** Bytes in the order of the wire, and when they were taken from the system. */
  data(bytes: Uint8Array, at: MonoMs): void;
  /** Once, when an open line is lost; never after `close()`. */
  closed(error: Error): void;
}

export interface Line {
  readonly resource: ResourceKey;
  /** Of the present settings; undefined where frames are not made of silence (Modbus TCP). */
  readonly timing: SerialTiming | undefined;
  readonly isOpen: boolean;
  /**
   * Whether the USB adapter hands bytes over as they come, instead of every 16 ms or so;
   * undefined while closed and where nothing lies between.
   */
  readonly isLowLatency?: boolean | undefined;
  /**
   * Opens once; rejects with `line.unreachable`, `line.port-busy` or `line.dtu-absent`.
   * Concurrent calls share one attempt. An open line resolves at once.
   */
  connect(signal: AbortSignal): Promise<void>;
  /**
   * Sends and hears with these settings from now on; an equal setting costs nothing. Called with
   * the line open and quiet; input that waits in the system is dropped. Settings outlive a loss.
   * Rejects with `line.closed` when the port is lost over it, and with `line.settings-fixed` where
   * the far end alone decides (TCP).
   */
  tune(settings: SerialSettings): Promise<void>;
  /**
   * Hands bytes to the system; throws `line.closed` when the line is not open. Never queues for a
   * later open.
   */
  write(bytes: Uint8Array): void;
  /**
   * One listener at a time; returns the way to stop listening. Bytes nobody listens to are dropped.
   */
  listen(listener: LineListener): () => void;
  /**
   * When the wire was last known to be busy: the last byte received, or the computed end of the
   * last byte sent.
   */
  busyUntil(): MonoMs;
  /** Drops whatever the system has received and not yet handed over. */
  discardInput(): Promise<void>;
  /** Idempotent; never throws. */
  close(): Promise<void>;
}
