import type { MonoMs } from '../model/units.ts';

/**
 * Something that runs for as long as the gateway does. `start` and `stop` may each be called twice,
 * in any order and while the other is under way; the second call joins the first. `stop` settles
 * everything pending and never throws for something that was not started.
 */
export interface Service {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /**
   * When this service last got something done; the watchdog is fed only while every service's is
   * recent.
   */
  lastProgress(): MonoMs;
}
