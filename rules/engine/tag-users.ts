/** Which rules use which tag, by slot: whose turn it is when a sample comes, and who wants it as it is. */
import type { Sample, TagId } from '../../gateway/model/sample.ts';
import { tagsMadeBy } from '../rule.ts';
import type { LivePicture } from './live-picture.ts';
import type { RunningRule } from './running-rule.ts';

interface Slot {
  /** The places of the rules. */
  readonly users: number[];
  readonly takers: ((sample: Sample) => void)[];
  /** Its samples come from a rule and from nowhere else. */
  isMade: boolean;
}

export class TagUsers {
  readonly #slots: readonly Slot[];
  readonly #hasTakers: boolean;

  /** Every tag that a rule uses has its slot in `picture` already. */
  constructor(rules: readonly RunningRule[], picture: Pick<LivePicture, 'tags' | 'slotOf'>) {
    const slots = picture.tags.map((): Slot => ({ users: [], takers: [], isMade: false }));
    const slotOf = (tag: TagId) => slots[picture.slotOf(tag) ?? -1];
    for (const [place, { config, take }] of rules.entries()) {
      for (const tag of config.tags) {
        const slot = slotOf(tag);
        slot?.users.push(place);
        if (take) slot?.takers.push(take);
      }
      for (const { id } of tagsMadeBy(config)) {
        const slot = slotOf(id);
        if (slot) slot.isMade = true;
      }
    }
    this.#slots = slots;
    this.#hasTakers = slots.some(({ takers }) => takers.length > 0);
  }

  isMade(slot: number): boolean {
    return this.#slots[slot]?.isMade === true;
  }

  usersOf(slot: number): readonly number[] {
    return this.#slots[slot]?.users ?? [];
  }

  hand(slot: number, sample: Sample): void {
    if (this.#hasTakers) for (const take of this.#slots[slot]?.takers ?? []) take(sample);
  }
}
