/** The recorders of all buses of a gateway, and how a recording is asked for. */
import type { Clock } from '../../gateway/host/clock.ts';
import { FrameRing } from './frame-ring.ts';
import type { Line, SerialSettings } from './line.ts';
import { type RecorderOptions, recordedLine, recordingOf } from './recorder.ts';
import { type EventJson, eventsJson, type Recording, settingsText } from './recording.ts';

/** From this entry on; `end`: nothing of what has been, only where it ends. */
export interface RecordingQuestion {
  readonly bus: string;
  readonly from: number | 'end';
}

export type RecordingAnswer =
  | {
      readonly isKnown: true;
      readonly framing: Recording['framing'];
      /** As settingsText writes them. */
      readonly settings: string;
      /** The number of the first of the events, and of the one that comes next. */
      readonly first: number;
      readonly next: number;
      readonly events: readonly EventJson[];
    }
  | { readonly isKnown: false; readonly known: readonly string[] };

export class Recorders {
  readonly #clock: Clock;
  readonly #byBus = new Map<string, RecorderOptions>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The same line, recorded under the bus's name; settings are undefined where there is no wire.
   */
  record(bus: string, line: Line, settings: SerialSettings | undefined): Line {
    const options = { ring: new FrameRing(), clock: this.#clock, settings };
    this.#byBus.set(bus, options);
    return recordedLine(line, options);
  }

  answer({ bus, from }: RecordingQuestion): RecordingAnswer {
    const options = this.#byBus.get(bus);
    if (options === undefined) return { isKnown: false, known: [...this.#byBus.keys()] };
    const { ring } = options;
    const begin = from === 'end' ? ring.next : Math.max(from, ring.first);
    const { framing, settings, events } = recordingOf(options, begin);
    return {
      isKnown: true,
      framing,
      settings: settingsText(settings),
      first: begin,
      next: ring.next,
      events: eventsJson(events),
    };
  }
}
