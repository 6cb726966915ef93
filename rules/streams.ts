/**
 * How a rule runs: as a stream of moments that is evaluated, stepped and turned into effects. The one file that
 * knows rxjs. Nothing here looks at a clock: operators that do (debounceTime, timestamp) follow the wall clock.
 */
import { filter, map, Subject, tap } from 'rxjs';

export interface Stages<Moment, Effect> {
  /** What has to be followed in every moment of the rule, whatever comes of it. */
  readonly follow: (moment: Moment) => void;
  /** What is to be done; undefined: nothing. */
  readonly step: (moment: Moment) => readonly Effect[] | undefined;
}

export interface RuleStream<Moment> {
  /** Runs the rule once, to the end, before it returns. */
  next(moment: Moment): void;
  end(): void;
}

export interface Outlets<Effect> {
  readonly effects: (effects: readonly Effect[]) => void;
  /** The rule threw and will not run again. */
  readonly fault: (reason: unknown) => void;
}

/** A rule whose stages throw ends by itself, alone. */
export function ruleStream<Moment, Effect>(
  { follow, step }: Stages<Moment, Effect>,
  { effects, fault }: Outlets<Effect>,
): RuleStream<Moment> {
  const moments = new Subject<Moment>();
  const said = moments.pipe(tap(follow), map(step), filter(isSaid));
  const subscription = said.subscribe({ next: effects, error: fault });
  return {
    next: (moment) => moments.next(moment),
    end: () => subscription.unsubscribe(),
  };
}

const isSaid = <Said>(said: Said | undefined): said is Said => said !== undefined;
