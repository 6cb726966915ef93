/** How far a run is, on standard error: one line that is written over on a terminal, a line every other second elsewhere. */

export interface ProgressLine {
  update(done: number, of: number): void;
  end(): void;
}

const TERMINAL_EVERY_MS = 200;
const PLAIN_EVERY_MS = 1_400;
const TICK_MS = 500;
const BAR = 24;

export function startProgress(name: string, of: number): ProgressLine {
  const isTerminal = process.stderr.isTTY === true;
  const everyMs = isTerminal ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS;
  const startedAt = performance.now();
  let state = { done: 0, of };
  let shownAt = Number.NEGATIVE_INFINITY;
  const show = () => {
    const now = performance.now();
    if (now - shownAt < everyMs) return;
    shownAt = now;
    const text = `${name}  ${progressText(state.done, state.of, (now - startedAt) / 1000)}`;
    process.stderr.write(isTerminal ? `\r\u001b[K${text}` : `${text}\n`);
  };
  // What an attack does between two of its steps may be long; a person sees that time goes by.
  const ticking = setInterval(show, TICK_MS);
  show();
  return {
    update(done, total) {
      state = { done, of: total };
      show();
    },
    end() {
      clearInterval(ticking);
      if (isTerminal) process.stderr.write('\r\u001b[K');
    },
  };
}

/** `[######                  ] 250/1,000  4.1/s  3 min 2 s left`; pure. */
export function progressText(done: number, of: number, seconds: number): string {
  const share = of > 0 ? Math.min(1, done / of) : 0;
  const full = Math.round(share * BAR);
  const rate = seconds > 0 ? done / seconds : 0;
  const left =
    rate > 0 ? `${lengthText((of - done) / rate)} left` : `${lengthText(seconds)} so far`;
  const bar = `[${'#'.repeat(full)}${' '.repeat(BAR - full)}]`;
  return `${bar} ${grouped(done)}/${grouped(of)}  ${grouped(rate)}/s  ${left}`;
}

/** `48 s`, `3 min 2 s`, `1 h 5 min`. */
export function lengthText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

const grouped = (value: number): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 });
