/** Who talks on a wire without being asked: a babbling station, a master that nobody knew of. */
import type { Cancel } from '../gateway/host/clock.ts';
import type { Random } from '../gateway/model/backoff.ts';
import type { Millis } from '../gateway/model/units.ts';
import type { FaultInjector } from './faults.ts';

/** A place on the wire. */
export interface Voice {
  now(): number;
  /** A timer that ends with the wire. */
  at(due: number, run: () => void): Cancel;
  /** Puts bytes on the wire at once; returns when they end. */
  say(bytes: Uint8Array): number;
}

/** Another master, as a forgotten display or a service laptop is. */
export interface SecondMaster {
  readonly every: Millis;
  /** Its requests as they go on the wire, sent in turn. */
  readonly requests: readonly Uint8Array[];
}

const LONGEST_BURST = 24;

/** Lets a station babble while its fault says so, from now on. */
export function babble(faults: FaultInjector, voice: Voice): void {
  let cancel: Cancel = () => {};
  const burst = () => {
    const fault = faults.current();
    if (fault?.kind !== 'babble') return;
    faults.count('babble');
    const end = voice.say(noiseOf(faults.random));
    cancel = voice.at(end + fault.every, burst);
  };
  const begin = () => {
    cancel();
    const fault = faults.current();
    if (fault?.kind === 'babble') cancel = voice.at(voice.now() + fault.every, burst);
  };
  faults.watch(begin);
  begin();
}

const noiseOf = (random: Random): Uint8Array =>
  Uint8Array.from({ length: 1 + Math.floor(random() * LONGEST_BURST) }, () =>
    Math.floor(random() * 256),
  );

/** Asks on and on until it is cancelled. */
export function askOnAndOn({ every, requests }: SecondMaster, voice: Voice): Cancel {
  let turn = 0;
  let cancel: Cancel = () => {};
  const ask = () => {
    const request = requests[turn++ % requests.length];
    if (request) voice.say(request);
    cancel = voice.at(voice.now() + every, ask);
  };
  cancel = voice.at(voice.now() + every, ask);
  return () => cancel();
}
