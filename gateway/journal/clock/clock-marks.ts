/** Which clock stamped the samples that come: the present one, or the one before it was set. */
import { type Clock, clockMoment } from '../../host/clock.ts';
import { type ClockMark, type ClockMoment, isSameClock } from '../../model/clock-mark.ts';
import type { Sample } from '../../model/sample.ts';
import { later, type MonoMs, monoMs, seconds } from '../../model/units.ts';

/** So long after a change samples can still come that were stamped before it. */
const LATE_FOR = seconds(60);

export interface StampedSamples {
  readonly clock: ClockMark;
  readonly samples: readonly Sample[];
}

export class ClockMarks {
  readonly #clock: Clock;
  #present: ClockMark | undefined;
  #former: ClockMark | undefined;
  #formerUntil: MonoMs = monoMs(Number.NEGATIVE_INFINITY);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The samples in order, those of one clock together. A mark is the same object until something changes. */
  of(samples: readonly Sample[]): readonly StampedSamples[] {
    const moment = clockMoment(this.#clock);
    const present = this.#look(moment);
    const former = this.#formerUntil > this.#clock.mono() ? this.#former : undefined;
    if (former === undefined) return [{ clock: present, samples }];
    const found: { clock: ClockMark; samples: Sample[] }[] = [];
    for (const sample of samples) {
      const clock = isOf(former, present, sample, moment) ? former : present;
      const last = found.at(-1);
      if (last?.clock === clock) last.samples.push(sample);
      else found.push({ clock, samples: [sample] });
    }
    return found;
  }

  #look({ boot, offset, trust }: ClockMoment): ClockMark {
    const mark = { boot, offset, trust };
    if (this.#present && isSameClock(this.#present, mark)) return this.#present;
    this.#former = this.#present;
    this.#formerUntil = later(this.#clock.mono(), LATE_FOR);
    this.#present = mark;
    return mark;
  }
}

/**
 * An unsynced sample is just made: it is of the clock by which that is so. Whose clock stamped others does not matter.
 */
function isOf(
  former: ClockMark,
  present: ClockMark,
  { time, timeBasis }: Sample,
  { sinceBoot }: ClockMoment,
): boolean {
  if (timeBasis !== 'unsynced' || former.trust !== 'unsynced') return false;
  if (present.trust !== 'unsynced') return true;
  const age = (mark: ClockMark) => Math.abs(sinceBoot + mark.offset - time);
  return age(former) < age(present);
}
