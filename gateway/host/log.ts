/** Structured log lines, one JSON object each. The one file that knows pino. */
import { fstatSync } from 'node:fs';
import { pino } from 'pino';

/** `event` is `<stage>.<noun>-<past-verb>`; numbers carry their unit as a suffix, `latency_ms`. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  child(fields: LogFields): Log;
}

export type LogFields = Readonly<Record<string, unknown>>;
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Of a log that counts what it writes to a file. */
export interface CountedLog extends Log {
  /** Since it was made; nothing where standard error is no file. */
  readonly written: () => { readonly bytes: number; readonly syncs: number };
}

/** Writes to standard error, so that standard output stays free for answers. */
export function createLog(level: LogLevel): CountedLog {
  const destination = pino.destination({ dest: 2, sync: true });
  let bytes = 0;
  const counting = {
    write(line: string) {
      bytes += Buffer.byteLength(line);
      destination.write(line);
    },
  };
  const stream = isFile(2) ? counting : destination;
  const log = wrap(pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream));
  return { ...log, written: () => ({ bytes, syncs: 0 }) };
}

function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    return false;
  }
}

export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};

type Sink = ReturnType<typeof pino>;

const wrap = (sink: Sink): Log => ({
  debug: (event, fields) => sink.debug({ event, ...fields }),
  info: (event, fields) => sink.info({ event, ...fields }),
  warn: (event, fields) => sink.warn({ event, ...fields }),
  error: (event, fields) => sink.error({ event, ...fields }),
  child: (fields) => wrap(sink.child(fields)),
});
