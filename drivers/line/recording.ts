/**
 * What went over a line, and when: as the recorder hands it out, and as it crosses the control
 * socket.
 */
import { type Millis, millis, type UtcMs, utcMs } from '../../gateway/model/units.ts';
import type { SerialFormat, SerialSettings } from './line.ts';
import { serialTiming } from './serial-timing.ts';

/** Bytes on their way; `at` is when the first of them was on the wire, to the microsecond. */
export interface Passage {
  readonly kind: 'sent' | 'heard';
  readonly at: UtcMs;
  readonly bytes: Uint8Array;
}

/** Something that happened to the line itself. */
export type LineEvent =
  | {
      /** `opened` or `tuned`: from now on with these settings; undefined where there is no wire. */
      readonly kind: 'opened' | 'tuned';
      readonly at: UtcMs;
      readonly settings: SerialSettings | undefined;
    }
  | {
      readonly kind: 'closed';
      readonly at: UtcMs;
      /** Why it was lost; empty when it was closed from this side. */
      readonly reason: string;
    };

export interface Recording {
  readonly framing: 'wire' | 'packets';
  /** Of the wire when the first event happened. */
  readonly settings: SerialSettings | undefined;
  /** The oldest first. */
  readonly events: readonly (Passage | LineEvent)[];
}

export const isPassage = (event: Passage | LineEvent): event is Passage =>
  event.kind === 'sent' || event.kind === 'heard';

/** `9600 8E1`; empty for none. */
export const settingsText = (settings: SerialSettings | undefined): string =>
  settings === undefined ? '' : `${settings.baud} ${settings.format}`;

/** Reads what settingsText wrote; undefined for anything else. */
export function settingsOfText(text: string): SerialSettings | undefined {
  const [, baud, format] = /^(\d{2,7}) ([78][NEO][12])$/.exec(text) ?? [];
  return format === undefined ? undefined : { baud: Number(baud), format: format as SerialFormat };
}

/** How long a character takes with these settings; 0 where there is no wire. */
export const characterOf = (settings: SerialSettings | undefined): Millis =>
  settings === undefined ? millis(0) : serialTiming(settings).character;

/** Pieces of a frame that are further apart were sent as two: a guess that a slow network keeps. */
const JOIN_LIMIT: Millis = millis(50);

/** On a wire: pieces that followed one another at once, as the one passage that they were. Pure. */
export function joined(recording: Recording): Recording {
  if (recording.framing === 'packets') return recording;
  const events: (Passage | LineEvent)[] = [];
  let character = characterOf(recording.settings);
  for (const event of recording.events) {
    if (event.kind === 'opened' || event.kind === 'tuned') character = characterOf(event.settings);
    const before = events.at(-1);
    const isContinued =
      before !== undefined &&
      isPassage(before) &&
      isPassage(event) &&
      before.kind === event.kind &&
      event.at - (before.at + before.bytes.length * character) < JOIN_LIMIT;
    if (isContinued)
      events[events.length - 1] = { ...before, bytes: Buffer.concat([before.bytes, event.bytes]) };
    else events.push(event);
  }
  return { ...recording, events };
}

/** One event as JSON carries it: kind, time, and its content in base64. */
export type EventJson = readonly [kind: EventKind, at: number, content: string];

export type EventKind = (Passage | LineEvent)['kind'];

/** The events for JSON; eventsOfJson reads them again. */
export const eventsJson = (events: Recording['events']): EventJson[] =>
  events.map((event) => [event.kind, event.at, Buffer.from(contentOf(event)).toString('base64')]);

/** Reads what eventsJson wrote. */
export const eventsOfJson = (events: readonly EventJson[]): Recording['events'] =>
  events.map(([kind, at, content]) => eventOf(kind, utcMs(at), Buffer.from(content, 'base64')));

/** What an event is about, as bytes: what passed, the settings' text, or the reason. */
export function contentOf(event: Passage | LineEvent): Uint8Array {
  if (isPassage(event)) return event.bytes;
  return Buffer.from(event.kind === 'closed' ? event.reason : settingsText(event.settings));
}

/** The event with this content. */
export function eventOf(kind: EventKind, at: UtcMs, content: Uint8Array): Passage | LineEvent {
  if (kind === 'sent' || kind === 'heard') return { kind, at, bytes: content };
  const text = Buffer.from(content).toString();
  return kind === 'closed'
    ? { kind, at, reason: text }
    : { kind, at, settings: settingsOfText(text) };
}
