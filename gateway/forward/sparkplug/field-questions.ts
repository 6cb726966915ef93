/** How all tags stand, asked of the field side, which answers at once or is not there. */
import type { Clock } from '../../host/clock.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Sample } from '../../model/sample.ts';
import { later, seconds } from '../../model/units.ts';

const PATIENCE = seconds(5);

export class FieldQuestions {
  readonly #clock: Clock;
  readonly #ask: () => void;
  #waiting: ((samples: readonly Sample[]) => void)[] = [];

  constructor(clock: Clock, ask: () => void) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** Rejects where no answer came. */
  present(): Promise<readonly Sample[]> {
    return new Promise((resolve, reject) => {
      const due = later(this.#clock.mono(), PATIENCE);
      const cancel = this.#clock.at('forward.present', due, () => {
        this.#waiting = this.#waiting.filter((one) => one !== answer);
        reject(new GatewayError('forward.field-silent', { seconds: PATIENCE / 1_000 }));
      });
      const answer = (samples: readonly Sample[]) => {
        cancel();
        resolve(samples);
      };
      this.#waiting.push(answer);
      this.#ask();
    });
  }

  answered(samples: readonly Sample[]): void {
    this.#waiting.shift()?.(samples);
  }
}
