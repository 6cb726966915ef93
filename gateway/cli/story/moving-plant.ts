/** What the tags of a story show: along their lines, and by what outputs do to them. */
import type { MovedTag, Story } from '../../../config/story.ts';
import { signalValue } from '../../../firmware-sim/process.ts';
import { seedOf } from '../../../firmware-sim/seed.ts';
import type { TagId } from '../../model/sample.ts';
import { type Millis, millis, minutes, seconds } from '../../model/units.ts';

export type Shown = boolean | number | string;

export interface MovingPlantOptions {
  readonly seed: number;
  /** What the device of an output holds. */
  readonly holds: (tag: TagId) => boolean | number | undefined;
}

/** The plant moves in steps of this length, however often somebody looks. */
export const PLANT_STEP = seconds(5);
/** At 3 time constants an exponential approach is there to 95 %. */
const CONSTANTS = 3;
const WANDERS_EVERY = minutes(2);

export class MovingPlant {
  readonly #story: Story;
  readonly #options: MovingPlantOptions;
  /** What each effect adds at present, by tag. */
  readonly #added = new Map<TagId, number[]>();
  /** What was set and freed, the latest last. */
  readonly #set = new Map<TagId, { readonly since: Millis; readonly value: Shown | undefined }[]>();
  #elapsed = millis(0);

  constructor(story: Story, options: MovingPlantOptions) {
    this.#story = story;
    this.#options = options;
    for (const [tag, { effects }] of story.moved)
      this.#added.set(
        tag,
        effects.map(() => 0),
      );
  }

  /** Moves on to this time since the start; outputs hold what they hold now for all of the step. */
  moveTo(elapsed: Millis): void {
    const step = elapsed - this.#elapsed;
    this.#elapsed = elapsed;
    for (const [tag, { effects }] of this.#story.moved) {
      const added = this.#added.get(tag) ?? [];
      for (const [n, { of, adds, full, within, fades }] of effects.entries()) {
        const present = added[n] ?? 0;
        const target = (adds * Number(this.#options.holds(of) ?? 0)) / full;
        const time = Math.abs(target) < Math.abs(present) ? fades : within;
        added[n] = target + (present - target) * Math.exp((-CONSTANTS * step) / time);
      }
    }
  }

  /** The tag shows this from now on; undefined: what it would show by itself. */
  set(tag: TagId, value: Shown | undefined): void {
    const before = this.#set.get(tag) ?? [];
    this.#set.set(tag, [...before, { since: this.#elapsed, value }]);
  }

  /** What the tag shows, or showed at an earlier moment (what outputs do to it is as now); a flag as a number. */
  value(tag: TagId, moment = this.#elapsed): number | string {
    const set = this.#set.get(tag)?.findLast(({ since }) => since <= moment)?.value;
    if (set !== undefined) return typeof set === 'string' ? set : Number(set);
    const moved = this.#story.moved.get(tag);
    if (!moved) return 0;
    const added = (this.#added.get(tag) ?? []).reduce((sum, one) => sum + one, 0);
    const at = Math.min(moment, this.#elapsed);
    const number = lineAt(moved, millis(at - (at % PLANT_STEP))) + this.#noise(tag, moved) + added;
    const digits = (hashes: string) => `${Math.round(number)}`.padStart(hashes.length, '0');
    return moved.text === undefined ? number : moved.text.replace(/#+/, digits);
  }

  #noise(tag: TagId, { noise }: MovedTag): number {
    if (noise === 0) return 0;
    const moment = { elapsed: this.#elapsed, uptime: this.#elapsed };
    const walk = { shape: 'walk', min: -noise, max: noise, period: WANDERS_EVERY } as const;
    return signalValue(walk, seedOf(this.#options.seed, tag), moment);
  }
}

/** On the straight line between the points around the moment; before the first and behind the last as they are. */
export function lineAt(
  { curve, repeats }: Pick<MovedTag, 'curve' | 'repeats'>,
  since: Millis,
): number {
  const elapsed = repeats === undefined ? since : since % repeats;
  const next = curve.findIndex(([at]) => at > elapsed);
  if (next === 0) return curve[0]?.[1] ?? 0;
  const [from, a] = curve.at(next === -1 ? -1 : next - 1) ?? [0, 0];
  const [to, b] = curve.at(next) ?? [from, a];
  return next === -1 ? a : a + ((b - a) * (elapsed - from)) / (to - from);
}
