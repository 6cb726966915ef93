/**
 * `opcua_changes_hidden` and `opcua_rss_slope`: ten minutes on an OPC UA server that is switched off and on once a minute.
 * What the server published is held against what came at the broker; the gateway's memory against itself.
 */
import { runTrial, slopePerMinute, type Trial, type TrialResult } from '../support/opcua-trial.ts';
import { type Bench, median, rounded } from './figure.ts';

const TRIAL: Trial = {
  slow: 1_000,
  fast: 100,
  restarts: 10,
  betweenMs: 57_000,
  downtimeMs: 3_000,
  warmUpMs: 150_000,
};
const MOST_MB_PER_MINUTE = 0.2;
const MOST_HIDDEN_SHOWN = 10;

export const opcuaRestarts: Bench = {
  name: 'opcua_restarts',
  async run(print, note) {
    note('opcua_restarts: 1,000 variables at 1 s, 100 at 100 ms, a restart a minute, 11 min …');
    const result = await runTrial(TRIAL, (text) => note(`opcua_restarts: ${text}`));
    print(hiddenFigure(result));
    print(slopeFigure(result));
  },
};

const hiddenFigure = ({
  hidden,
  published,
  arrived,
  covered,
  sessionsPeak,
  restarts,
}: TrialResult) => ({
  figure: 'opcua_changes_hidden',
  value: hidden.length,
  unit: 'published changes that neither came nor lie in a hole that shows',
  baseline: published,
  ratio: rounded(hidden.length / published, 6),
  goal: 0,
  ok: hidden.length === 0 && sessionsPeak === 1,
  detail: {
    arrived,
    covered,
    sessions_peak: sessionsPeak,
    restarts,
    hidden: hidden.slice(0, MOST_HIDDEN_SHOWN),
  },
});

function slopeFigure({ rss }: TrialResult) {
  const slope = slopePerMinute(rss);
  const level = median(rss.map(({ mb }) => mb));
  return {
    figure: 'opcua_rss_slope',
    value: rounded(slope),
    unit: 'MB of resident memory a minute',
    baseline: rounded(level, 1),
    ratio: rounded(slope / level, 5),
    goal: MOST_MB_PER_MINUTE,
    ok: slope <= MOST_MB_PER_MINUTE,
    detail: { goal_is_for: 'value', each_minute: eachMinute(rss) },
  };
}

/** The median of each minute, in MB. */
function eachMinute(rss: TrialResult['rss']): readonly number[] {
  const minutes = Map.groupBy(rss, ({ at }) => Math.floor(at / 60_000));
  return [...minutes.values()].map((readings) => rounded(median(readings.map(({ mb }) => mb)), 1));
}
