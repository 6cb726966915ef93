/**
 * The figures of a shift or a batch after ISO 22400-2, from what was counted. Null: not defined, because what it would
 * be divided by is 0, or because something it needs was not known. Nothing is clipped.
 */
import { closedStop, lengthOf, type Tally } from './cell-tally.ts';

/** What the cell counts; what it does not is taken from the rest. */
export interface CountedThings {
  readonly good: boolean;
  readonly reject: boolean;
  readonly rework: boolean;
}

/** Times in ms, the rest as ratios where nothing else is said. */
export interface Figures {
  readonly lengthMs: number;
  readonly plannedMs: number;
  readonly unknownMs: number;
  readonly gatewayOffMs: number;
  /** Planned busy time that was seen: the length without what is planned or unknown. */
  readonly pbtMs: number;
  /** Actual production time: producing, and micro-stops. */
  readonly aptMs: number;
  readonly producingMs: number;
  readonly microMs: number;
  readonly austMs: number;
  /** Delay: out of service. */
  readonly adetMs: number;
  /** Down: it could have been executing. */
  readonly adotMs: number;
  readonly heldMs: number;
  readonly waitingMs: number;
  readonly offMs: number;
  readonly aoetMs: number;
  readonly aubtMs: number;
  readonly produced: number;
  /** Of them, those made while somebody looked. */
  readonly producedSeen: number;
  readonly good: number;
  readonly reject: number | null;
  readonly rework: number | null;
  /** What good, rejected and reworked parts lack to the produced ones; null where they are not all counted. */
  readonly unsorted: number | null;
  /** Planned run time per item, the mean over the parts seen. */
  readonly priMs: number | null;
  readonly plannedRunMs: number | null;
  readonly availability: number | null;
  readonly effectiveness: number | null;
  readonly quality: number | null;
  readonly oee: number | null;
  readonly nee: number | null;
  readonly allocation: number | null;
  readonly utilization: number | null;
  readonly throughputPerHour: number | null;
  readonly scrapRatio: number | null;
  readonly reworkRatio: number | null;
  readonly firstPassYield: number | null;
  readonly unknownShare: number | null;
  readonly mtbfMs: number | null;
  readonly mttrMs: number | null;
  /** Mean time of production between interventions. */
  readonly mtbaMs: number | null;
  /** More was produced than the ideal cycle allows: it is wrong. */
  readonly isIdealDoubtful: boolean;
  /** Nothing but the produced parts is counted, so all are taken for good. */
  readonly isQualityAssumed: boolean;
  /** More, or fewer than none, are good than were produced: the counters do not fit together. */
  readonly isQualityDoubtful: boolean;
}

const HOUR = 3_600_000;

export function figuresOf(tally: Tally, counted: CountedThings): Figures {
  const { times, repairs, failures, interventions, produced } = tally;
  const { producing, micro, setup, fault, held, waiting, off, planned, unknown } = times;
  const length = lengthOf(tally);
  const pbt = length - planned - unknown;
  const apt = producing + micro;
  const adot = held + waiting;
  const aoet = apt + setup + fault + adot;
  const aubt = apt + setup + fault + held;
  const hasIdeal = tally.withoutIdeal === 0;
  const parts = partsOf(tally, counted);
  const availability = ratio(apt, pbt);
  const effectiveness = hasIdeal ? ratio(tally.ideal, apt) : null;
  const quality = ratio(parts.good, produced);
  return {
    lengthMs: length,
    plannedMs: planned,
    unknownMs: unknown,
    gatewayOffMs: tally.gatewayOff,
    pbtMs: pbt,
    aptMs: apt,
    producingMs: producing,
    microMs: micro,
    austMs: setup,
    adetMs: fault,
    adotMs: adot,
    heldMs: held,
    waitingMs: waiting,
    offMs: off,
    aoetMs: aoet,
    aubtMs: aubt,
    produced,
    producedSeen: tally.seen,
    ...parts,
    priMs: hasIdeal ? ratio(tally.ideal, tally.seen) : null,
    plannedRunMs: hasIdeal ? tally.ideal : null,
    availability,
    effectiveness,
    quality,
    oee: product(availability, effectiveness, quality),
    nee: product(ratio(apt + setup, pbt), effectiveness, quality),
    allocation: ratio(aubt, pbt),
    utilization: ratio(apt, aubt),
    throughputPerHour: ratio(tally.seen * HOUR, aoet),
    scrapRatio: parts.reject === null ? null : ratio(parts.reject, produced),
    reworkRatio: parts.rework === null ? null : ratio(parts.rework, produced),
    firstPassYield: firstPassOf(parts, produced),
    unknownShare: ratio(unknown, length - planned),
    mtbfMs: ratio(apt, failures),
    mttrMs: ratio(tally.repairMs, repairs),
    mtbaMs: ratio(producing, interventions),
    isIdealDoubtful: effectiveness !== null && effectiveness > 1,
    isQualityAssumed: !counted.good && !counted.reject && !counted.rework,
    isQualityDoubtful: quality !== null && (quality < 0 || quality > 1),
  };
}

type Parts = Pick<Figures, 'good' | 'reject' | 'rework' | 'unsorted'>;

function partsOf(tally: Tally, counted: CountedThings): Parts {
  const { produced } = tally;
  const rework = counted.rework ? tally.rework : null;
  const reworked = rework ?? 0;
  if (!counted.good) {
    const reject = counted.reject ? tally.reject : null;
    return { good: produced - (reject ?? 0) - reworked, reject, rework, unsorted: null };
  }
  const { good } = tally;
  if (!counted.reject) return { good, reject: produced - good - reworked, rework, unsorted: null };
  const { reject } = tally;
  return { good, reject, rework, unsorted: produced - good - reject - reworked };
}

const firstPassOf = ({ reject, rework }: Parts, produced: number): number | null =>
  reject === null && rework === null
    ? null
    : ratio(produced - (reject ?? 0) - (rework ?? 0), produced);

const ratio = (a: number, b: number): number | null => (b === 0 ? null : a / b);
const product = (...factors: readonly (number | null)[]): number | null =>
  factors.includes(null) ? null : factors.reduce<number>((all, factor) => all * (factor ?? 0), 1);

/** As they will be if the shift ended now. */
export const figuresSoFar = (tally: Tally, counted: CountedThings): Figures =>
  figuresOf(closedStop(tally), counted);
