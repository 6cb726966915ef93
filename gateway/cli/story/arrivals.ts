/** What of a story arrived upstream, in the order of its own times: alarms, commands, records, and some tags. */
import {
  ALARM_EVENT_QUANTITY,
  COMMANDS_DEVICE,
  COMMANDS_EVENT_QUANTITY,
  RECORD_EVENT_QUANTITY,
} from '../../model/event-tag.ts';

/** A sample as a receiver has it. */
export interface ArrivedSample {
  readonly device: string;
  readonly quantity: string;
  /** UtcMs. */
  readonly time: number;
  readonly value: unknown;
  readonly quality: string;
}

/** `time` is when it happened; of a command, when it ended. */
export type StoryEvent = { readonly time: number } & (
  | {
      readonly kind: 'alarm';
      readonly alarm: string;
      readonly to: string;
      readonly messages: Readonly<Record<'en' | 'zh', string>>;
    }
  | {
      readonly kind: 'write';
      readonly write: string;
      readonly value: unknown;
      readonly outcome: string;
      readonly origin: string;
      readonly by: string;
      readonly code: string | undefined;
    }
  | {
      readonly kind: 'record';
      readonly record: string;
      readonly values: Readonly<Record<string, unknown>>;
    }
);

export class Arrivals {
  readonly #events: StoryEvent[] = [];
  readonly #samples = new Map<string, ArrivedSample[]>();
  readonly #onEvent: (event: StoryEvent) => void;

  /** @param tags of which all samples are kept */
  constructor(tags: Iterable<string>, onEvent: (event: StoryEvent) => void = () => {}) {
    for (const tag of tags) this.#samples.set(tag, []);
    this.#onEvent = onEvent;
  }

  take(sample: ArrivedSample): void {
    this.#samples.get(`${sample.device}.${sample.quantity}`)?.push(sample);
    const event = eventOf(sample);
    if (!event) return;
    this.#events.push(event);
    this.#onEvent(event);
  }

  /** What happened at one time stays in the order of arrival. */
  events(): readonly StoryEvent[] {
    return this.#events.toSorted((a, b) => a.time - b.time);
  }

  /** The latest sample of one of the tags at a time. */
  at(tag: string, time: number): ArrivedSample | undefined {
    let latest: ArrivedSample | undefined;
    for (const sample of this.#samples.get(tag) ?? [])
      if (sample.time <= time && sample.time >= (latest?.time ?? 0)) latest = sample;
    return latest;
  }

  /** The time of the first sample of the tag that says the same as this one, with no other in between. */
  since(tag: string, sample: ArrivedSample): number {
    const isSame = ({ value, quality }: ArrivedSample) =>
      value === sample.value && quality === sample.quality;
    const before = (this.#samples.get(tag) ?? []).filter(({ time }) => time <= sample.time);
    const ordered = before.toSorted((a, b) => a.time - b.time);
    const other = ordered.findLastIndex((one) => !isSame(one));
    return ordered[other + 1]?.time ?? sample.time;
  }
}

function eventOf({ device, quantity, time, value }: ArrivedSample): StoryEvent | undefined {
  if (typeof value !== 'string') return undefined;
  if (quantity === ALARM_EVENT_QUANTITY) {
    const { id, change, state, messages, message } = JSON.parse(value);
    const both = messages ?? { en: message, zh: message };
    return { kind: 'alarm', time, alarm: id, to: change ?? state, messages: both };
  }
  if (quantity === RECORD_EVENT_QUANTITY) {
    const { name, values } = JSON.parse(value);
    return { kind: 'record', time, record: name, values };
  }
  if (device !== COMMANDS_DEVICE || quantity !== COMMANDS_EVENT_QUANTITY) return undefined;
  const { state, tag, value: wanted, outcome, origin, by, code, ...told } = JSON.parse(value);
  if (state !== 'ended' || wanted === null) return undefined;
  return {
    ...{ kind: 'write', time: told.time + told.took_ms, write: tag, value: wanted },
    ...{ outcome, origin, by, code },
  };
}
