/** The times in which nobody knew the values of a group, and the order of times around them. */
import type { Clock } from '../../gateway/host/clock.ts';
import { timeBasisOf, utcOf } from '../../gateway/host/stamp.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { type MonoMs, type UtcMs, utcMs } from '../../gateway/model/units.ts';

export class Holes {
  readonly #tags: readonly Tag[];
  readonly #clock: Clock;
  /** By handle: the time of the newest sample handed over. */
  readonly #times: Float64Array;
  /** By handle: what was handed over last was bad, or is to be confirmed; what comes next is newer than this. */
  readonly #floors = new Map<number, UtcMs>();

  /** A handle is the place of a tag in `tags`. */
  constructor(tags: readonly Tag[], clock: Clock) {
    this.#tags = tags;
    this.#clock = clock;
    this.#times = new Float64Array(tags.length);
  }

  /** A bad sample of every tag, of the time when the server was last heard: since then nobody knows. */
  open(heard: MonoMs | undefined): readonly Sample[] {
    const since = utcOf(this.#clock, heard ?? this.#clock.mono());
    const timeBasis = timeBasisOf(this.#clock);
    return this.#tags.map((tag, handle) => {
      const time = utcMs(Math.max(since, this.#times[handle] as number));
      this.#floors.set(handle, time);
      return { tag: tag.id, value: null, quality: 'bad:comm', time, timeBasis };
    });
  }

  /** The sample as it is handed over: a value from before the hole that still holds was looked at now. */
  passed(handle: number, sample: Sample): Sample {
    const floor = this.#floors.get(handle);
    const isOld = floor !== undefined && sample.time <= floor;
    if (floor !== undefined && !isOld && sample.value !== null) this.#floors.delete(handle);
    const passed = isOld
      ? { ...sample, time: this.#clock.utc(), timeBasis: timeBasisOf(this.#clock) }
      : sample;
    this.#times[handle] = passed.time;
    return passed;
  }

  /** The same for a value that was read to confirm the newest one. */
  confirmed(handle: number, sample: Sample): Sample {
    const newest = utcMs(this.#times[handle] as number);
    if (!this.#floors.has(handle)) this.#floors.set(handle, newest);
    return this.passed(handle, sample);
  }

  /** The time of the newest sample of the tag. */
  newest(handle: number): UtcMs {
    return utcMs(this.#times[handle] as number);
  }
}
