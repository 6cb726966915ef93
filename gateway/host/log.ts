/** Structured log lines, one JSON object each. The one file that knows pino. */
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

/** Writes to standard error, so that standard output stays free for answers. */
export function createLog(level: LogLevel): Log {
  return wrap(
    pino(
      { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
      pino.destination({ dest: 2, sync: true }),
    ),
  );
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
