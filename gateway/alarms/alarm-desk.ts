/**
 * What people ask of the alarms, over the control socket or from upstream: which stand, that somebody has seen one, to put
 * one aside.
 */
import type { Written } from '../../drivers/driver.ts';
import type { AlarmStatus } from '../../rules/alarms/alarm-entry.ts';
import { type AlarmState, alarmState } from '../model/alarm.ts';
import { GATEWAY_DEVICE, RULES_DEVICE } from '../model/event-tag.ts';
import { millis, type UtcMs } from '../model/units.ts';
import type { FieldBus } from '../poll/bus-facts.ts';
import {
  type AcknowledgeOutcome,
  type RuleAlarmControl,
  reportOf,
  type ShelveOutcome,
} from './rule-alarms.ts';
import { keyOf, type StandingAlarm, type StandingAlarms } from './standing-alarms.ts';

/** An alarm as it is shown. */
export interface ShownAlarm extends StandingAlarm {
  readonly state: AlarmState;
  /** Its source cannot be heard: this is what was last known. */
  readonly isStale: boolean;
  /** As the wall clock stood when it was shelved. */
  readonly shelvedUntil?: UtcMs;
  /** A flood of alarms holds its announcement back. */
  readonly isHeldBack?: true;
}

export interface AlarmsAnswer {
  /** The most severe first. */
  readonly alarms: readonly ShownAlarm[];
  /** Alarms that had to make room for others, since the start. */
  readonly dropped: number;
}

interface Question {
  /** The alarm's key, or the beginning of it. */
  readonly alarm: string;
  readonly comment: string;
  /** Who says so, as he says himself. */
  readonly by?: string;
  /** Who asks as far as anybody knows, where `by` is not said: a user of the machine. */
  readonly user?: string;
}

export interface AcknowledgeQuestion extends Question {
  /** The activation that is meant, of an alarm of a rule; the present one when left out. */
  readonly activation?: string;
}

export interface AcknowledgeAnswer {
  /** The alarms that the question fits; only a single one is acknowledged. */
  readonly matches: readonly ShownAlarm[];
  /** Of an alarm that a device or server raised. */
  readonly written?: Written;
  /** Of an alarm that a rule raised; also where it no longer stands, if the question names its activation. */
  readonly ruled?: AcknowledgeOutcome;
}

export interface ShelveQuestion extends Question {
  /** Undefined: no longer. */
  readonly for_ms?: number;
}

export interface ShelveAnswer {
  readonly matches: readonly ShownAlarm[];
  /** not-ours: it belongs to a device or server. */
  readonly outcome?: ShelveOutcome['outcome'] | 'not-ours';
}

/** Where neither `by` nor `user` is known. */
const SOMEBODY = '?';

/** The answers to `alarms`, `acknowledge` and `shelve`. Without `rules` there are no alarms of rules. */
export function alarmDesk(
  standing: StandingAlarms,
  buses: readonly FieldBus[],
  rules?: RuleAlarmControl,
) {
  const list = (): readonly ShownAlarm[] => {
    const devices = buses.flatMap((bus) => bus.facts().devices);
    const up = devices.filter(({ state }) => state === 'up').map(({ name }) => name);
    const heard = new Set([...up, GATEWAY_DEVICE]);
    if (!rules) return standing.list().map((alarm) => shown(alarm, !heard.has(alarm.device)));
    const told = standing.list();
    const ofDevices = told.filter(({ device }) => device !== RULES_DEVICE);
    const ofRules = rules.states().filter(({ isShadow }) => !isShadow);
    const known = new Map(told.map((alarm) => [alarm.key, alarm]));
    return [
      ...ofDevices.map((alarm) => shown(alarm, !heard.has(alarm.device))),
      ...ofRules.map((status) => shownRule(status, known)),
    ].sort((a, b) => b.severity - a.severity || b.since - a.since);
  };
  const matching = (alarm: string) =>
    list().filter(({ key }) => key.startsWith(alarm.toLowerCase()));
  return {
    alarms: (): AlarmsAnswer => ({ alarms: list(), dropped: standing.facts().dropped }),

    async acknowledge(question: AcknowledgeQuestion): Promise<AcknowledgeAnswer> {
      const matches = matching(question.alarm);
      const [one] = matches;
      const { comment, activation } = question;
      const seen = { ...act(question), ...(activation !== undefined && { id: activation }) };
      if (one === undefined) {
        const rule = ruleOf(activation, question.alarm);
        return rules && rule !== undefined
          ? { matches, ruled: rules.acknowledge(rule, seen) }
          : { matches };
      }
      if (matches.length > 1) return { matches };
      if (rules && one.device === RULES_DEVICE)
        return { matches, ruled: rules.acknowledge(one.id, seen) };
      const bus = buses.find((each) =>
        each.facts().devices.some(({ name }) => name === one.device),
      );
      const said = [question.by, comment].filter((part) => part !== undefined && part !== '');
      const written = await bus?.acknowledge?.(one.device, one.id, said.join(': '));
      return { matches, written: written ?? notWritable(one) };
    },

    shelve(question: ShelveQuestion): ShelveAnswer {
      const matches = matching(question.alarm);
      const [one] = matches;
      if (one === undefined || matches.length > 1) return { matches };
      if (!rules || one.device !== RULES_DEVICE) return { matches, outcome: 'not-ours' };
      const { for_ms } = question;
      const { outcome } =
        for_ms === undefined
          ? rules.unshelve(one.id, act(question))
          : rules.shelve(one.id, millis(for_ms), act(question));
      return { matches, outcome };
    },
  };
}

const shown = (alarm: StandingAlarm, isStale: boolean): ShownAlarm => ({
  ...alarm,
  state: alarmState(alarm),
  isStale,
});

/** As the rules know it now, which may be more than was told. */
function shownRule(status: AlarmStatus, told: ReadonlyMap<string, StandingAlarm>): ShownAlarm {
  const key = keyOf(RULES_DEVICE, status.rule);
  const known = told.get(key);
  const { since, shelvedUntil } = status;
  const report = reportOf(status, known?.time ?? since, known?.timeBasis ?? 'gateway');
  return {
    ...shown(
      {
        ...report,
        device: RULES_DEVICE,
        key,
        since: known?.since ?? since,
        repeats: known?.repeats ?? 0,
      },
      false,
    ),
    ...(shelvedUntil !== undefined && { shelvedUntil }),
    ...(status.isHeldBack && { isHeldBack: true as const }),
  };
}

/** The rule whose activation it is, if the key is that of its alarm. */
function ruleOf(activation: string | undefined, key: string): string | undefined {
  const rule = activation?.slice(0, activation.lastIndexOf('#'));
  return rule !== undefined && keyOf(RULES_DEVICE, rule) === key.toLowerCase() ? rule : undefined;
}

const act = ({ by, user, comment }: Question) => ({
  by: by ?? user ?? SOMEBODY,
  ...(comment !== '' && { comment }),
});

const notWritable = ({ device, id }: StandingAlarm): Written => ({
  outcome: 'failed',
  refusal: { code: 'poll.not-writable', details: { device, tag: id } },
  turnaround: undefined,
});
