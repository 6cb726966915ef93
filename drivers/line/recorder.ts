/**
 * The recorder of a line: everything that passes, and what happens to the line, goes into a ring as
 * well.
 */
import type { Clock } from '../../gateway/host/clock.ts';
import { reasonOf } from '../../gateway/model/errors.ts';
import { type UtcMs, utcMs } from '../../gateway/model/units.ts';
import type { FrameRing } from './frame-ring.ts';
import type { Line, LineListener, SerialSettings } from './line.ts';
import { characterOf, eventOf, type Recording, settingsOfText, settingsText } from './recording.ts';

export interface RecorderOptions {
  readonly ring: FrameRing;
  readonly clock: Clock;
  /** What the line begins with; undefined where there is no wire. */
  readonly settings: SerialSettings | undefined;
}

/**
 * The same line, recorded. The recorder is the line's only listener, so that it also hears what
 * nobody waits for; what `discardInput` drops is not heard by it either.
 */
export function recordedLine(line: Line, { ring, clock, settings }: RecorderOptions): Line {
  let listener: LineListener | undefined;
  let current = settings;
  const note = (kind: 'opened' | 'tuned' | 'closed', text: string) =>
    ring.add(kind, clock.mono(), Buffer.from(text));
  line.listen({
    data(bytes, at) {
      ring.add('heard', at, bytes);
      listener?.data(bytes, at);
    },
    closed(error) {
      note('closed', reasonOf(error));
      listener?.closed(error);
    },
  });
  return {
    resource: line.resource,
    get timing() {
      return line.timing;
    },
    get isOpen() {
      return line.isOpen;
    },
    get isLowLatency() {
      return line.isLowLatency;
    },
    async connect(signal) {
      const wasOpen = line.isOpen;
      await line.connect(signal);
      if (!wasOpen) note('opened', settingsText(current));
    },
    async tune(next) {
      await line.tune(next);
      if (settingsText(current) === settingsText(next)) return;
      current = next;
      note('tuned', settingsText(next));
    },
    write(bytes) {
      line.write(bytes);
      ring.add('sent', clock.mono(), bytes);
    },
    listen(next) {
      if (listener) throw new Error(`${line.resource} has a listener already`);
      listener = next;
      return () => {
        if (listener === next) listener = undefined;
      };
    },
    busyUntil: () => line.busyUntil(),
    discardInput: () => line.discardInput(),
    async close() {
      const wasOpen = line.isOpen;
      await line.close();
      if (wasOpen) note('closed', '');
    },
  };
}

/** The ring's entries from a number on, at wall-clock times by the clock as it is now. */
export function recordingOf(options: RecorderOptions, from = 0): Recording {
  const { ring, clock } = options;
  const toUtc = clock.utc() - clock.mono();
  const settings = settingsBefore(options, from);
  let character = characterOf(settings);
  const events = ring.entries(from).map(({ kind, at, content }) => {
    // Bytes are handed over when the last of them has come.
    const first = kind === 'heard' ? at - Math.max(0, content.length - 1) * character : at;
    const event = eventOf(kind, microseconds(first + toUtc), content);
    if (event.kind === 'opened' || event.kind === 'tuned') character = characterOf(event.settings);
    return event;
  });
  return { framing: options.settings === undefined ? 'packets' : 'wire', settings, events };
}

function settingsBefore({ ring, settings }: RecorderOptions, from: number) {
  const earlier = ring.entries().slice(0, Math.max(0, from - ring.first));
  const last = earlier.findLast(({ kind }) => kind === 'opened' || kind === 'tuned');
  const content = last?.content ?? ring.settings?.content;
  return content === undefined ? settings : settingsOfText(Buffer.from(content).toString());
}

const microseconds = (at: number): UtcMs => utcMs(Math.round(at * 1_000) / 1_000);
