/** What the pins of a session have in common, whatever they do. */
import type { Clock } from '../../gateway/host/clock.ts';
import { timeBasisOf } from '../../gateway/host/stamp.ts';
import type { StateStore } from '../../gateway/host/state-store.ts';
import type { Quality } from '../../gateway/model/quality.ts';
import type { Sample, Value } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import type { UtcMs } from '../../gateway/model/units.ts';
import type { GpioBackend } from './backend.ts';
import type { Mishap } from './link.ts';

/** What a pin may use. */
export interface PinIo {
  readonly clock: Clock;
  readonly state: StateStore;
  /** Takes a sample that cannot wait for the next scan. */
  readonly report: (sample: Sample) => void;
  readonly note: (mishap: Mishap) => void;
}

export interface Pin {
  readonly tag: Tag;
  /**
   * Takes its line and begins; rejects when that is not possible. `onLost` is called once when the line is gone
   * again, and the pin is taken anew.
   */
  take(backend: GpioBackend, offset: number, onLost: (error: Error) => void): Promise<void>;
  /** How it stands now; undefined before it was ever taken. */
  sample(): Sample | undefined;
  /** Its line is gone: from now on a bad sample, until it is taken again. */
  lose(quality: Quality): void;
  /** The session ends for good. Never rejects. */
  stop(): Promise<void>;
}

export const keyOf = ({ id }: Tag): string => `gpio/${id}`;

/** A sample of what the gateway saw at this time. */
export const sampleOf = (
  { id }: Tag,
  value: Value | null,
  quality: Quality,
  clock: Clock,
  time: UtcMs = clock.utc(),
): Sample => ({ tag: id, value, quality, time, timeBasis: timeBasisOf(clock) });
