/** The picture of a running engine in the state that outlives it. */
import { isFields } from '../../gateway/host/kept-fields.ts';
import type { Kept } from '../../gateway/host/state-store.ts';
import { QUALITIES } from '../../gateway/model/quality.ts';
import type { TagId } from '../../gateway/model/sample.ts';
import type { Maybe } from '../expression.ts';
import type { LivePicture } from './live-picture.ts';

/** By tag; nothing of a tag that had no sample yet. `brief`: without the samples of windows. */
export function keptPicture(
  picture: LivePicture,
  what: 'all' | 'brief',
): Readonly<Record<string, Kept>> {
  return Object.fromEntries(
    picture.tags.flatMap((tag) => {
      const slot = picture.slotOf(tag) as number;
      const arrival = picture.arrivals[slot] as number;
      if (Number.isNaN(arrival)) return [];
      const history = picture.histories[slot];
      const kept: Kept = {
        value: nullable(picture.values[slot]),
        quality: picture.qualities[slot] as string,
        arrival,
        last: nullable(picture.lastValues[slot]),
        lastArrival: nullable(picture.valueArrivals[slot]),
        previous: nullable(picture.previousValues[slot]),
        previousArrival: nullable(picture.previousArrivals[slot]),
        ...(what === 'all' && history?.kept()),
      };
      return [[tag, kept] as const];
    }),
  );
}

/** Into a picture whose tags have their slots and histories; what does not fit is left out. */
export function restorePicture(picture: LivePicture, kept: Kept | undefined): void {
  if (!isFields(kept)) return;
  for (const [tag, fields] of Object.entries(kept)) {
    const slot = picture.slotOf(tag as TagId);
    const quality = isFields(fields) && QUALITIES.find((known) => known === fields.quality);
    if (slot === undefined || !isFields(fields) || !quality) continue;
    picture.values[slot] = maybe(fields.value);
    picture.qualities[slot] = quality;
    picture.arrivals[slot] = time(fields.arrival);
    picture.lastValues[slot] = maybe(fields.last);
    picture.valueArrivals[slot] = time(fields.lastArrival);
    picture.previousValues[slot] = maybe(fields.previous);
    picture.previousArrivals[slot] = time(fields.previousArrival);
    const { arrivals, values } = fields;
    if (!Array.isArray(arrivals) || !Array.isArray(values)) continue;
    for (const [i, arrival] of arrivals.entries())
      if (typeof arrival === 'number') picture.histories[slot]?.push(arrival, maybe(values[i]));
  }
}

/**
 * Windows that other rules did not need meanwhile: what was put aside at `from` comes before what there is. Where nothing
 * joins them it is time without value.
 */
export function returnHistories(picture: LivePicture, kept: Kept | undefined, from: number): void {
  if (!isFields(kept)) return;
  for (const [tag, fields] of Object.entries(kept)) {
    const history = picture.histories[picture.slotOf(tag as TagId) ?? -1];
    if (!history || !isFields(fields)) continue;
    const { arrivals, values } = fields;
    if (!Array.isArray(arrivals) || !Array.isArray(values)) continue;
    const first = history.length > 0 ? history.arrival(0) : Number.POSITIVE_INFINITY;
    const older = arrivals.flatMap((arrival, i): (readonly [number, Maybe])[] =>
      typeof arrival === 'number' && arrival < first ? [[arrival, maybe(values[i])]] : [],
    );
    history.precede(first > from ? [...older, [from, undefined]] : older);
  }
}

const nullable = (value: Maybe): Kept =>
  value === undefined || Number.isNaN(value) ? null : value;
const maybe = (kept: Kept | undefined): Maybe => (typeof kept === 'object' ? undefined : kept);
const time = (kept: Kept | undefined): number => (typeof kept === 'number' ? kept : Number.NaN);
