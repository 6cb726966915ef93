/**
 * How a rule runs: as a stream of moments that becomes a stream of effects. The one file that knows rxjs. Nothing here
 * looks at a clock: operators that do (debounceTime, timestamp) follow the wall clock.
 */
import type { OperatorFunction, Subscriber } from 'rxjs';
// The whole of rxjs takes 12 MB more of a gateway's memory (measured with Node 24) than the part that is used.
import { Observable } from 'rxjs/internal/Observable';

export interface RuleStream<Moment> {
  /** Runs the rule once, to the end, before it returns. */
  next(moment: Moment): void;
  end(): void;
}

export interface Outlets<Effects> {
  readonly effects: (effects: Effects) => void;
  /** The rule threw and will not run again. */
  readonly fault: (reason: unknown) => void;
}

/**
 * `run`: what the rule does in a moment; undefined: nothing. A rule that throws ends its own stream and no other.
 */
export function ruleStream<Moment, Effects>(
  run: (moment: Moment) => Effects | undefined,
  { effects, fault }: Outlets<Effects>,
): RuleStream<Moment> {
  let moments: Subscriber<Moment> | undefined;
  // A rule has one subscriber for life: a Subject's list of observers, walked at each moment, would cost more than
  // most rules do.
  const source = new Observable<Moment>((subscriber) => {
    moments = subscriber;
  });
  const subscription = source.pipe(whatIsSaid(run)).subscribe({ next: effects, error: fault });
  return {
    next: (moment) => moments?.next(moment),
    end: () => subscription.unsubscribe(),
  };
}

/** `map` and `filter` in one operator. */
const whatIsSaid =
  <In, Out>(of: (value: In) => Out | undefined): OperatorFunction<In, Out> =>
  (source) =>
    new Observable((out) =>
      source.subscribe({
        next(value) {
          let said: Out | undefined;
          try {
            said = of(value);
          } catch (error) {
            out.error(error);
            return;
          }
          if (said !== undefined) out.next(said);
        },
        error: (error) => out.error(error),
        complete: () => out.complete(),
      }),
    );
