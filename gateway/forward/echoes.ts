/**
 * Whether a broker has read what was sent with QoS 0: it reads one connection from its first byte to its last, so that the
 * answer to a PINGREQ (MQTT 5.0 §3.12) means that it has read all before it. One is under way at a time.
 */

interface Waiting {
  /** Which PINGREQ of the connection it waits for, counted from 1. */
  readonly number: number;
  readonly resolve: () => void;
}

export class Echoes {
  readonly #ping: () => void;
  #sent = 0;
  #answered = 0;
  #waiting: Waiting[] = [];

  constructor(ping: () => void) {
    this.#ping = ping;
  }

  /** `resolve` is called when a PINGREQ that is sent from now on has its answer. */
  next(resolve: () => void): void {
    this.#waiting.push({ number: this.#sent + 1, resolve });
    if (this.#sent === this.#answered) this.#ping();
  }

  /** A PINGREQ went out, whoever wanted it. */
  sent(): void {
    this.#sent++;
  }

  answered(): void {
    this.#answered++;
    const done = this.#waiting.filter(({ number }) => number <= this.#answered);
    this.#waiting = this.#waiting.slice(done.length);
    for (const { resolve } of done) resolve();
    if (this.#waiting.length > 0 && this.#sent === this.#answered) this.#ping();
  }
}
