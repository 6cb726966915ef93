/** Commands that were refused where they came in, counted for the field side by why. */
import type { Cancel, Clock } from '../host/clock.ts';
import type { ErrorCode } from '../model/errors.ts';
import type { RefusedCommands } from '../model/remote-command.ts';
import { later, type MonoMs, monoMs, seconds } from '../model/units.ts';
import type { Refusal } from './inbox.ts';

const COUNT_INTERVAL = seconds(1);

export const REFUSAL_CODES: Readonly<Record<Refusal, ErrorCode>> = {
  tooLong: 'command.too-large',
  tooFast: 'command.too-fast',
  malformed: 'command.form',
  retained: 'command.retained',
  tooMany: 'command.too-many-open',
};
/** The first is told at once, what follows within a second together. */
export class RefusalCount {
  readonly #clock: Clock;
  readonly #tell: (counts: RefusedCommands['counts']) => void;
  #counts = new Map<ErrorCode, number>();
  #from: MonoMs = monoMs(Number.NEGATIVE_INFINITY);
  #cancel: Cancel | undefined;
  #isClosed = false;

  constructor(clock: Clock, tell: (counts: RefusedCommands['counts']) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  add(code: ErrorCode): void {
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1);
    if (this.#isClosed || this.#clock.mono() >= this.#from) this.#flush();
    else
      this.#cancel ??= this.#clock.at('forward.refused-commands', this.#from, () => this.#flush());
  }

  close(): void {
    this.#isClosed = true;
    if (this.#counts.size > 0) this.#flush();
  }

  #flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#from = later(this.#clock.mono(), COUNT_INTERVAL);
    this.#tell(Object.fromEntries(this.#counts));
    this.#counts = new Map();
  }
}
