/** What came over the broker of the simulated field of watched-field.ts: good samples by tag. */
import type { ReceivedPart } from '../../firmware-sim/subscriber.ts';
import { FIELD_DEVICE, tagName } from './watched-field.ts';

export class ArrivedSamples {
  /** By tag, how many good samples have arrived. */
  readonly good: Uint32Array;
  readonly #tags: ReadonlyMap<string, number>;

  constructor(tags: number) {
    this.good = new Uint32Array(tags);
    this.#tags = new Map(Array.from({ length: tags }, (_, tag) => [tagName(tag), tag]));
  }

  get total(): number {
    return this.good.reduce((sum, count) => sum + count, 0);
  }

  /** A message that came for the first time. */
  take({ device, samples }: ReceivedPart): void {
    if (device !== FIELD_DEVICE) return;
    for (const [name, rows] of Object.entries(samples ?? {})) {
      const tag = this.#tags.get(name);
      if (tag === undefined) continue;
      const good = rows.filter(([, , quality]) => quality === undefined).length;
      this.good[tag] = (this.good[tag] ?? 0) + good;
    }
  }
}
