/** A combined reading, from its checked options to what the engine runs. Every problem of it is found; pure. */
import { quoted } from '../../gateway/host/quoted.ts';
import { decimalOf } from '../../gateway/model/decimal.ts';
import type { Decimal } from '../../gateway/model/sample.ts';
import { alarmKey } from '../combined-reading-alarms.ts';
import type { CombinedReadingRule } from '../combined-reading-rule.ts';
import { ZERO } from '../kinds/reading/exact-number.ts';
import { FINDING_KEYS, type FindingKey, severityOf } from '../kinds/reading/finding.ts';
import {
  type BalanceSetup,
  type GroupSetup,
  MEDIA,
  type Medium,
  MOST_METERS,
} from '../kinds/reading/reading-setup.ts';
import type { AlarmConfig } from '../rule.ts';
import { type RuleContext, writableTag } from './build-parts.ts';
import { type MadeMeter, meterOf, type Role } from './build-reading-meter.ts';
import type { RuleScope } from './build-scope.ts';
import type { Path } from './build-site.ts';
import { severityOf as writtenSeverity } from './options-parts.ts';
import {
  type CombinedReadingOptions,
  type MeterOptions,
  meterOptions,
  type ReadingOptions,
  type SeverityOption,
} from './options-reading.ts';

const INSIDE = 'combined_reading';

/** What a combined reading has of its own; `alarms` are those of its kind. */
export type MadeReading = Omit<
  CombinedReadingRule,
  'tags' | 'looksAtTime' | 'memories' | 'name' | 'fingerprint' | 'mode' | 'description' | 'tests'
>;

/** The reading, whole where nothing was found to be wrong. */
export function combinedReadingOf(
  context: RuleContext,
  options: CombinedReadingOptions,
): MadeReading | undefined {
  const { scope, site } = context;
  const reading = options.combined_reading;
  const { every, freeze, within, late_within: lateWithin } = reading;
  const roles: Role[] = [];
  const written = metersIn(scope, reading);
  const meters = written.flatMap(({ inside, name, medium, options }): MadeMeter[] => {
    const place = { scope, tags: context.tags, inside, name, medium, roles };
    const made = meterOf(place, options);
    return made === undefined ? [] : [made];
  });
  findTwice(scope, written, meters);
  const find: RuleScope['find'] = (inside, ...rest) => scope.find([INSIDE, ...inside], ...rest);
  // What is missing may be what is wrong and was told already.
  if (!scope.source.isBroken && written.length === 0)
    find([], 'rules.reading-no-meter', {}, { at: 'key' });
  if (!scope.source.isBroken && every === undefined && freeze === undefined)
    find([], 'rules.reading-no-period', {}, { at: 'key' });
  if (written.length > MOST_METERS)
    find([], 'rules.reading-too-many', { count: written.length, max: MOST_METERS }, { at: 'key' });
  if (every !== undefined && 2 * within > every) find(['within'], 'rules.reading-window', {});
  const balance = balanceOf(scope, reading, written, meters);
  const command = reading.freeze_command;
  const frozen =
    command === undefined
      ? undefined
      : writableTag(context, [INSIDE, 'freeze_command'], command, reading.freeze_value);
  if (command !== undefined && frozen === undefined) return undefined;
  if (meters.length < written.length || meters.length === 0 || meters.length > MOST_METERS)
    return undefined;
  const { timezone } = site;
  const group: GroupSetup = {
    name: scope.source.name,
    timezone,
    meters: meters.map(({ setup }) => setup),
    periods: { timezone, every, freeze },
    window: { within, lateWithin },
    keepOpen: reading.keep_open,
    balance,
  };
  return {
    kind: 'combined_reading',
    roles,
    group,
    premises: reading.premises,
    hasMonths: reading.month,
    inputs: meters.flatMap(({ inputs }) => inputs),
    words: meters.map(({ words }) => words),
    freezeCommand: frozen && { tag: frozen.id, value: reading.freeze_value },
    alarms: alarmsOf(scope, reading, meters, balance),
  };
}

interface WrittenMeter {
  readonly inside: Path;
  readonly name: string;
  readonly medium: Medium;
  readonly options: MeterOptions;
}

function metersIn(scope: RuleScope, reading: ReadingOptions): readonly WrittenMeter[] {
  const single = MEDIA.flatMap((medium): WrittenMeter[] => {
    const option = reading[medium];
    if (option === undefined) return [];
    const options = typeof option === 'string' ? bareMeter(option) : option;
    return [{ inside: [INSIDE, medium], name: medium, medium, options }];
  });
  const named = [...reading.meters].map(([name, { medium, ...options }]): WrittenMeter => {
    const inside = [INSIDE, 'meters', name];
    if (single.some((one) => one.name === name))
      scope.find(inside, 'rules.reading-meter-twice', { name }, { at: 'key' });
    return { inside, name, medium, options };
  });
  return [...single, ...named];
}

/** A meter of which only the register is told. */
function bareMeter(total: string): MeterOptions {
  const parsed = meterOptions.parse({ total });
  if (!parsed.ok) throw new Error('the options of a meter have no defaults');
  return parsed.value;
}

/** Two meters with one register would be one that is counted twice. */
function findTwice(
  scope: RuleScope,
  written: readonly WrittenMeter[],
  meters: readonly MadeMeter[],
): void {
  const owners = new Map<string, string>();
  for (const { setup } of meters) {
    const { name, tag } = setup;
    const other = owners.get(tag);
    const place = written.find((one) => one.name === name);
    if (other !== undefined && place !== undefined)
      scope.find([...place.inside, 'total'], 'rules.reading-total-twice', { tag, other });
    owners.set(tag, other ?? name);
  }
  // What a meter shows now would pass for what it kept.
  for (const { inside, name, options } of written)
    for (const key of ['days', 'months', 'instant'] as const)
      for (const tag of [options.frozen?.[key] ?? []].flat()) {
        const other = owners.get(tag);
        if (other !== undefined)
          scope.find([...inside, 'frozen', key], 'rules.reading-frozen-register', {
            tag,
            name,
            other,
          });
      }
}

function balanceOf(
  scope: RuleScope,
  { balance }: ReadingOptions,
  written: readonly WrittenMeter[],
  meters: readonly MadeMeter[],
): BalanceSetup | undefined {
  if (balance === undefined) return undefined;
  const { main, subs } = balance;
  const limits = { loss: percent(balance.loss_limit), surplus: percent(balance.surplus_limit) };
  const setupOf = (name: string) => meters.find(({ setup }) => setup.name === name)?.setup;
  const known = written.map(({ name }) => name);
  const isKnown = (name: string, inside: Path): boolean => {
    if (known.includes(name)) return true;
    const details = { found: quoted(name), known: known.join(', ') || '—' };
    scope.find([INSIDE, 'balance', ...inside], 'rules.reading-unknown-meter', details);
    return false;
  };
  const seen = new Set(isKnown(main, ['main']) ? [main] : []);
  for (const [i, name] of subs.entries()) {
    if (!isKnown(name, ['subs', i])) continue;
    const inside = [INSIDE, 'balance', 'subs', i];
    if (seen.has(name)) scope.find(inside, 'rules.reading-balance-self', { name });
    seen.add(name);
    const [sub, whole] = [setupOf(name), setupOf(main)];
    if (sub === undefined || whole === undefined) continue;
    const [unit, mainUnit] = [sub, whole].map(({ rules }) => rules.counts.recordUnit);
    if (sub.medium === whole.medium && unit === mainUnit) continue;
    const details = { name, medium: sub.medium, unit, main, mainMedium: whole.medium, mainUnit };
    scope.find(inside, 'rules.reading-balance', details);
  }
  return { main, subs, limits };
}

/** 0.05 is 5. */
const percent = (share: number): Decimal => decimalOf(Math.round(share * 1e9) / 1e7) ?? ZERO;

/** Of each meter those that can come about, by `leak-water`; of the balance `loss`. */
function alarmsOf(
  scope: RuleScope,
  { alarms }: ReadingOptions,
  meters: readonly MadeMeter[],
  balance: BalanceSetup | undefined,
): Readonly<Record<string, AlarmConfig>> {
  for (const key of alarms.keys())
    if (!FINDING_KEYS.some((known) => known === key)) {
      const details = { found: quoted(key), known: FINDING_KEYS.join(', ') };
      const inside = [INSIDE, 'alarms', key];
      scope.find(inside, 'rules.reading-finding', details, { at: 'key' });
    }
  const made: [string, AlarmConfig][] = [];
  const add = (finding: FindingKey, meter: string | undefined): void => {
    const severity = severityFor(finding, alarms.get(finding));
    if (severity === undefined) return;
    const key = alarmKey(finding, meter);
    made.push([key, alarmWith(severity, key)]);
  };
  for (const meter of meters)
    for (const finding of findingsOf(meter)) add(finding, meter.setup.name);
  if (balance !== undefined)
    for (const key of ['loss', 'loss_negative'] as const) add(key, undefined);
  return Object.fromEntries(made);
}

function severityFor(finding: FindingKey, option: SeverityOption | undefined): number | undefined {
  if (option === 'off') return undefined;
  return option === undefined ? severityOf(finding) : writtenSeverity(option);
}

/** What people read comes with each turn; this is what stands before the first one. */
const alarmWith = (severity: number, key: string): AlarmConfig => ({
  severity,
  message: { en: [key], zh: [key] },
  latch: false,
  realarm: undefined,
  firstOut: undefined,
  suppressWhen: undefined,
});

function findingsOf({ setup, words, inputs }: MadeMeter): readonly FindingKey[] {
  const { flow, stuckAfter } = setup;
  const says = (...facts: readonly string[]) => words.of.some(([fact]) => facts.includes(fact));
  const has = (as: string) => inputs.some((input) => input.as === as);
  const possible: readonly (readonly [FindingKey, boolean])[] = [
    ['implausible', true],
    ['unread', true],
    ['reverse', true],
    ['tariff_sum', has('tariff')],
    ['leak', flow.leak !== undefined],
    ['night_flow', flow.nightTimes !== undefined],
    ['burst', flow.burst !== undefined],
    ['tamper', says('cover')],
    ['magnetic', says('magnetic')],
    ['battery_low', says('battery')],
    ['valve_fault', says('valve')],
    ['no_water', says('noWater')],
    ['stuck', stuckAfter !== undefined],
    ['clock_off', has('clock')],
    ['low_delta_t', says('supply')],
  ];
  return possible.flatMap(([key, isPossible]) => (isPossible ? [key] : []));
}
