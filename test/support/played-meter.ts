/**
 * A meter that is played: it counts, turns over, is set back, is exchanged, and sometimes answers nonsense. It knows what it
 * really counted and what of that its readings can tell. It imports nothing of what is tested.
 */

/** A reading on its way to whoever accounts for it, or a word that a person says. Numbers in steps of the last digit. */
export type Played =
  | {
      readonly kind: 'read';
      readonly time: number;
      readonly value: bigint;
      readonly serial?: string;
    }
  | { readonly kind: 'freeze'; readonly time: number; readonly value: bigint }
  | {
      readonly kind: 'swap';
      readonly time: number;
      readonly final?: bigint;
      readonly initial?: bigint;
    };

/** What really happened, and what of it can be known. */
export interface Truth {
  /** What the readings show was counted, from the first to the last of them. */
  readonly counted: bigint;
  /** What was counted where no reading could see it: before a reset, around an exchange. */
  readonly unseen: bigint;
  readonly rollovers: number;
  readonly resets: number;
  readonly swaps: number;
}

export interface MeterMake {
  /** Steps at which it begins again at 0. */
  readonly range: bigint;
  /** Shows negative numbers, in two's complement. */
  readonly isSigned: boolean;
  /** How often the shown value is brought up to date; 0: always. */
  readonly refresh: number;
}

interface Mark {
  readonly time: number;
  readonly energy: bigint;
}

/** Of each stretch between two breaks: what the meter had counted at the first and the last reading that was told. */
interface Stretch {
  first: Mark | undefined;
  last: Mark | undefined;
  /** How often the register had turned over at the latest reading. */
  turns: bigint | undefined;
}

const NEW_STRETCH: Stretch = { first: undefined, last: undefined, turns: undefined };

export class PlayedMeter {
  readonly played: Played[] = [];
  readonly #make: MeterMake;
  /** All that was ever counted, never set back. */
  #energy = 0n;
  /** What the present register counts from. */
  #origin: bigint;
  #time: number;
  #shown: { time: number; energy: bigint; register: bigint };
  #stretches: Stretch[] = [{ ...NEW_STRETCH }];
  #rollovers = 0;
  #resets = 0;
  #swaps = 0;
  #serial: string | undefined;

  constructor(
    make: MeterMake,
    start: { readonly register: bigint; readonly time: number; readonly serial?: string },
  ) {
    this.#make = make;
    this.#origin = start.register;
    this.#time = start.time;
    this.#serial = start.serial;
    this.#shown = { time: start.time, energy: 0n, register: this.#register() };
  }

  get time(): number {
    return this.#time;
  }

  /** What it shows. */
  get shown(): bigint {
    return this.#shown.register;
  }

  /** How often its readings show that the register began again at the other end of its range. */
  get rollovers(): number {
    return this.#rollovers;
  }

  /** Time goes by, and so much flows. */
  run(span: number, amount: bigint): void {
    this.#time += span;
    this.#energy += amount;
    const { refresh } = this.#make;
    if (refresh === 0 || this.#time - this.#shown.time >= refresh) this.#refresh();
  }

  /** Read, and right. */
  read(): bigint {
    this.#markRead();
    const serial = this.#serial === undefined ? {} : { serial: this.#serial };
    this.played.push({ kind: 'read', time: this.#time, value: this.shown, ...serial });
    return this.shown;
  }

  /** Read, and nonsense. */
  misread(value: bigint): void {
    const serial = this.#serial === undefined ? {} : { serial: this.#serial };
    this.played.push({ kind: 'read', time: this.#time, value, ...serial });
  }

  /** What the meter keeps of this moment; told when the returned function is called. */
  freeze(): () => void {
    this.#refresh();
    const [time, energy, value] = [this.#time, this.#energy, this.shown];
    const stretch = this.#stretches.length - 1;
    return () => {
      this.#mark(energy, time, stretch);
      this.played.push({ kind: 'freeze', time, value });
    };
  }

  /** Set back to zero. What was counted since the last reading is gone. */
  reset(): void {
    this.#resets++;
    this.#origin = -this.#energy;
    this.#stretches.push({
      ...NEW_STRETCH,
      first: { time: this.#time, energy: this.#energy },
      turns: 0n,
    });
    this.#refresh();
  }

  /** Exchanged for one that shows `initial`; a person tells what both showed, or nobody says anything but the serial number. */
  exchange(initial: bigint, how: 'declared' | 'serial'): void {
    this.#swaps++;
    if (how === 'declared') {
      this.#refresh();
      this.#markRead();
      this.played.push({ kind: 'swap', time: this.#time, final: this.shown, initial });
    } else this.#serial = `${this.#serial}-${this.#swaps}`;
    this.#origin = initial - this.#energy;
    const first = how === 'declared' ? { time: this.#time, energy: this.#energy } : undefined;
    this.#stretches.push({ ...NEW_STRETCH, first, turns: first && this.#turns(this.#energy) });
    this.#refresh();
  }

  truth(): Truth {
    let counted = 0n;
    let begin: bigint | undefined;
    let end = 0n;
    for (const { first, last } of this.#stretches) {
      if (first === undefined) continue;
      const until = last ?? first;
      counted += until.energy - first.energy;
      begin ??= first.energy;
      end = until.energy;
    }
    const whole = end - (begin ?? 0n);
    return {
      counted,
      unseen: whole - counted,
      rollovers: this.#rollovers,
      resets: this.#resets,
      swaps: this.#swaps,
    };
  }

  /** A reading of what is shown; each turn since the one before counts once. */
  #markRead(): void {
    const { energy } = this.#shown;
    this.#mark(energy, this.#time);
    const stretch = this.#stretches.at(-1);
    if (stretch === undefined) return;
    const turns = this.#turns(energy);
    const more = turns - (stretch.turns ?? turns);
    this.#rollovers += Number(more < 0n ? -more : more);
    stretch.turns = turns;
  }

  #turns(energy: bigint): bigint {
    const { range, isSigned } = this.#make;
    const value = this.#origin + energy + (isSigned ? range / 2n : 0n);
    return (value - (((value % range) + range) % range)) / range;
  }

  #register(): bigint {
    const { range, isSigned } = this.#make;
    const value = (((this.#origin + this.#energy) % range) + range) % range;
    return isSigned && value * 2n >= range ? value - range : value;
  }

  #refresh(): void {
    this.#shown = { time: this.#time, energy: this.#energy, register: this.#register() };
  }

  #mark(energy: bigint, time: number, index = this.#stretches.length - 1): void {
    const stretch = this.#stretches[index];
    if (stretch === undefined) return;
    if (stretch.first === undefined || time < stretch.first.time) stretch.first = { time, energy };
    if (stretch.last === undefined || time >= stretch.last.time) stretch.last = { time, energy };
  }
}
