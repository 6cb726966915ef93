/**
 * What the library says for itself. Left alone it writes to standard output, a page at a time; here it goes to the
 * gateway's log at debug level, and nowhere before there is one.
 */
import type { Log } from '../../gateway/host/log.ts';
import { setErrorLogger, setWarningLogger } from './stack.ts';

let sink: Log | undefined;

/** From now on; the last one who asks gets it, for the library has one voice only. */
export function routeLibraryLog(log: Log): void {
  sink = log;
}

const LONGEST_TEXT = 500;

const say = (...words: readonly unknown[]): void =>
  sink?.debug('opcua.library-said', { text: words.map(String).join(' ').slice(0, LONGEST_TEXT) });

setErrorLogger(say);
setWarningLogger(say);
