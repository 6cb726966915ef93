/**
 * What a session has learnt about each of its groups: how often it was refused, and whether it was
 * ever answered. Pure.
 */
import type { ModbusGroup } from './plan.ts';

interface Track {
  exception: number | undefined;
  /** Of that exception, in a row. */
  times: number;
  wasAnswered: boolean;
  /** Silences of a group that never was answered while others were. */
  lonely: number;
  /** What the session's count of answers was then. */
  answersSeen: number;
}

export class GroupMemory {
  #tracks = new Map<ModbusGroup, Track>();
  #answers = 0;
  #isRegrouped = false;

  /** The group gave its values. */
  answered(group: ModbusGroup): void {
    this.spoke();
    const track = this.#trackOf(group);
    track.exception = undefined;
    track.times = 0;
    track.wasAnswered = true;
  }

  /** The unit, or a gateway before it, said no; how often in a row this was said. */
  refused(group: ModbusGroup, exception: number): number {
    const track = this.#trackOf(group);
    track.times = track.exception === exception ? track.times + 1 : 1;
    track.exception = exception;
    track.lonely = 0;
    return track.times;
  }

  /** The unit spoke, whatever it said. */
  spoke(): void {
    this.#answers++;
  }

  /**
   * The unit said nothing. How often this group alone was met with silence: never answered itself, with
   * answers to other groups before each of its silences.
   */
  silent(group: ModbusGroup): number {
    const track = this.#trackOf(group);
    if (!track.wasAnswered && track.exception === undefined && this.#answers > track.answersSeen)
      track.lonely++;
    track.answersSeen = this.#answers;
    return track.lonely;
  }

  /** Other groups take this one's place. */
  replaced(group: ModbusGroup): void {
    this.#tracks.delete(group);
    this.#isRegrouped = true;
  }

  /** Forgets all; whether there was anything that changed what is read, or when. */
  forget(isBelieved: (times: number) => boolean): boolean {
    const changed =
      this.#isRegrouped ||
      [...this.#tracks.values()].some(
        ({ times, lonely }) => isBelieved(times) || isBelieved(lonely),
      );
    this.#tracks = new Map();
    this.#isRegrouped = false;
    return changed;
  }

  #trackOf(group: ModbusGroup): Track {
    let track = this.#tracks.get(group);
    if (!track) {
      track = { exception: undefined, times: 0, wasAnswered: false, lonely: 0, answersSeen: 0 };
      this.#tracks.set(group, track);
    }
    return track;
  }
}
