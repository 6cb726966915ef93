/** Questions to another thread, each answered, or given up in time. */
import type { Clock } from '../../host/clock.ts';
import { later, type Millis } from '../../model/units.ts';

export class Questions<Answer> {
  readonly #clock: Clock;
  readonly #patience: Millis;
  readonly #open = new Map<number, (answer?: Answer) => void>();
  #last = 0;

  constructor(clock: Clock, patience: Millis) {
    this.#clock = clock;
    this.#patience = patience;
  }

  /** `post` sends the question with its id. Undefined where no answer came. */
  ask(post: (id: number) => void): Promise<Answer | undefined> {
    const id = ++this.#last;
    return new Promise((resolve) => {
      const due = later(this.#clock.mono(), this.#patience);
      const cancel = this.#clock.at('journal.question', due, () => this.answer(id));
      this.#open.set(id, (answer) => {
        cancel();
        this.#open.delete(id);
        resolve(answer);
      });
      post(id);
    });
  }

  answer(id: number, answer?: Answer): void {
    this.#open.get(id)?.(answer);
  }

  giveUpAll(): void {
    for (const settle of this.#open.values()) settle();
  }
}
