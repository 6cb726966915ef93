/**
 * Tells systemd how we are (sd_notify). Node has no datagram sockets for it, so one small shell
 * loop calls systemd-notify; it is started once, fed over a pipe, and ends with us.
 */
import { spawn } from 'node:child_process';

export interface Notify {
  ready(): void;
  stopping(): void;
  /** One line for `systemctl status`. */
  status(text: string): void;
  /** Feeds the watchdog. */
  alive(): void;
  /** How often systemd wants to hear from us; undefined without a watchdog. */
  readonly watchdogMs: number | undefined;
  close(): void;
}

const LOOP = 'while IFS= read -r line; do systemd-notify --no-block "$line"; done';

/** Does nothing where no service manager listens (`NOTIFY_SOCKET` is not set). */
export function createNotify(environment: NodeJS.ProcessEnv): Notify {
  if (!environment.NOTIFY_SOCKET) return silentNotify;
  const loop = spawn('/bin/sh', ['-c', LOOP], { stdio: ['pipe', 'ignore', 'ignore'] });
  loop.on('error', () => {});
  loop.stdin.on('error', () => {});
  loop.unref();
  const tell = (line: string) => {
    if (loop.stdin.writable) loop.stdin.write(`${line.replaceAll('\n', ' ')}\n`);
  };
  const watchdogUs = Number(environment.WATCHDOG_USEC);
  return {
    ready: () => tell('READY=1'),
    stopping: () => tell('STOPPING=1'),
    status: (text) => tell(`STATUS=${text}`),
    alive: () => tell('WATCHDOG=1'),
    watchdogMs: watchdogUs > 0 ? watchdogUs / 1000 : undefined,
    close: () => loop.stdin.end(),
  };
}

const silentNotify: Notify = {
  ready() {},
  stopping() {},
  status() {},
  alive() {},
  watchdogMs: undefined,
  close() {},
};
