/** What can be said of the time to come: how long an outage may last, and how far each uplink is behind. */
import type { Clock } from '../../host/clock.ts';
import { type Millis, millis, minutes, utcMs } from '../../model/units.ts';
import type { JournalRows } from '../file/journal-rows.ts';
import type { UplinkBacklog } from '../journal.ts';
import { type JournalSpace, TARGET_SHARE } from './journal-space.ts';
import { RecentRate } from './recent-rate.ts';

export interface JournalOutlookOptions {
  readonly rows: JournalRows;
  readonly space: JournalSpace;
  readonly clock: Clock;
}

const RATE_SPAN = minutes(60);
/** Before this much is known of the rate, no autonomy is told. */
const RATE_KNOWN_AFTER = minutes(1);
/** Of a block beside its data: the rest of its row, and what stays empty of its last page. Measured: 123 to 261. */
const ROW_BYTES = 250;

export class JournalOutlook {
  readonly #options: JournalOutlookOptions;
  readonly #stored: RecentRate;

  constructor(options: JournalOutlookOptions) {
    this.#options = options;
    this.#stored = new RecentRate(options.clock.mono(), RATE_SPAN, RATE_KNOWN_AFTER);
  }

  /** A block was stored; `data`: bytes of its content. */
  stored(data: number): void {
    this.#stored.add(this.#options.clock.mono(), data + ROW_BYTES);
  }

  /** At the rate of the last hour; see JournalStats. */
  autonomy(): Millis | undefined {
    const { rows, space, clock } = this.#options;
    const rate = this.#stored.at(clock.mono());
    if (!rate) return undefined;
    const { blocks } = space.totals;
    const backlogShare = blocks === 0 ? 0 : space.cursors.backlog(space.head) / blocks;
    const room = space.room.cap * TARGET_SHARE - rows.usedBytes() * backlogShare;
    return millis(Math.max(0, room) / rate);
  }

  /** How old the oldest is counts time that passed: a clock that was set since says nothing of it. */
  backlogs(): readonly UplinkBacklog[] {
    const { rows, space, clock } = this.#options;
    const ageOf = space.clock.ages();
    return space.cursors.behind(space.head).map(({ uplink, blocks, first }) => {
      const [oldest] = first === undefined ? [] : rows.factsBetween([first, first], 1);
      return { uplink, blocks, oldest: oldest && utcMs(clock.utc() - ageOf(oldest)) };
    });
  }
}
