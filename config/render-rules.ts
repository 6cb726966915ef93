/** The sections of a site that hold rules, for editors and for people. Pure. */
import type { JsonSchema } from '../gateway/host/schema.ts';
import {
  conditionOptions,
  deriveOptions,
  instanceOptions,
  loopControlOptions,
  loopOptions,
  onOffOptions,
  piOptions,
  ruleOptions,
  scheduleOptions,
  scheduleTimeOptions,
  sequenceOptions,
  stepOptions,
  writtenRuleOptions,
} from '../rules/config/options.ts';
import {
  breakOptions,
  calendarOptions,
  cellOptions,
  cellParts,
  cycleOptions,
  handshakeOptions,
  partOptions,
  wearOptions,
} from '../rules/config/options-cell.ts';
import { actionOptions, alarmOptions, everyRuleOptions } from '../rules/config/options-parts.ts';
import {
  balanceOptions,
  combinedReadingOptions,
  flowOptions,
  frozenOptions,
  heatOptions,
  meterOptions,
  namedMeterOptions,
  readingOptions,
  statusOptions,
} from '../rules/config/options-reading.ts';
import {
  alarmsOptions,
  constantObjectOptions,
  constantOptions,
  parameterOptions,
  templateOptions,
} from '../rules/config/options-site.ts';
import { testOptions } from '../rules/config/options-test.ts';
import { PLACEHOLDER, placeholderSchema, withPlaceholders } from './render-placeholders.ts';

/** What the entries of each section look like; of alarms, the section itself. */
export function ruleSchemas(): Readonly<Record<string, JsonSchema>> {
  const { properties, ...template } = templateOptions.json;
  const rule = { description: 'Any rule.', ...withPlaceholders(writtenRuleOptions.json) };
  return {
    constants: constantOptions.json,
    templates: { ...template, properties: { ...(properties as object), rule } },
    rules: withPlaceholders(ruleOptions.json),
  };
}

/** Parts that stand in several places of these sections, by the names that they get. */
export function ruleDefinitions(): Readonly<Record<string, JsonSchema>> {
  const parts = {
    condition: conditionOptions,
    derive: deriveOptions,
    schedule: scheduleOptions,
    loop: loopOptions,
    sequence: sequenceOptions,
    cell: cellOptions,
    combined_reading: combinedReadingOptions,
    meter: meterOptions,
    alarm: alarmOptions,
    action: actionOptions,
    test: testOptions,
  };
  const named = Object.entries(parts).map(([name, { json }]) => [name, withPlaceholders(json)]);
  return { ...Object.fromEntries(named), [PLACEHOLDER]: placeholderSchema };
}

/** A table of the reference. */
export interface RuleTable {
  readonly title: string;
  readonly doc: string;
  readonly json: JsonSchema;
}

const RULE = 'rules.&lt;name&gt;';

/** The tables of the reference, in the order in which people read. */
export function ruleTables(): readonly RuleTable[] {
  const of = (title: string, doc: string, { json }: { readonly json: JsonSchema }): RuleTable => ({
    title,
    doc,
    json: withoutCommon(json),
  });
  const variants = ({ json }: { readonly json: JsonSchema }) => json.oneOf as readonly JsonSchema[];
  const inside = ({ json }: { readonly json: JsonSchema }, key: string) => ({
    json: propertiesOf(json)[key] ?? {},
  });
  const [write = {}, release = {}, record = {}] = variants(actionOptions);
  const [onOff = {}] = variants(loopControlOptions);
  const loop = `${RULE}.loop`;
  return [
    of(
      `${RULE} with when`,
      'A condition: what is done, and which alarm stands, while it holds.',
      conditionOptions,
    ),
    of(`${RULE}.alarm`, 'Of a condition or a sequence.', alarmOptions),
    of('actions: write', 'In `do`, `on_clear` and `else`.', { json: write }),
    of('actions: release', '', { json: release }),
    of('actions: record', '', { json: record }),
    of(`${RULE} with derive`, 'A tag whose value is computed.', deriveOptions),
    of(`${RULE}.derive`, '', inside(deriveOptions, 'derive')),
    of(`${RULE} with schedule`, 'Something that is done at a time.', scheduleOptions),
    ...variants(scheduleTimeOptions).map((json) =>
      of(`${RULE}.schedule with ${Object.keys(propertiesOf(json))[0]}`, '', { json }),
    ),
    of(`${RULE} with loop`, 'A loop that holds a value at a setpoint.', loopOptions),
    of(loop, 'With `on_off` or `pi`.', { json: onOff }),
    of(`${loop}.on_off`, '', onOffOptions),
    of(`${loop}.pi`, '', piOptions),
    of(`${loop}.fallback`, '', inside({ json: onOff }, 'fallback')),
    of(
      `${RULE} with sequence`,
      'Steps that have to be seen one after the other, in time.',
      sequenceOptions,
    ),
    of(`${RULE}.sequence`, '', inside(sequenceOptions, 'sequence')),
    of(`${RULE}.sequence.steps`, '', stepOptions),
    ...cellTables(of),
    ...readingTables(of),
    of(`${RULE} with template`, 'A rule made from a template.', instanceOptions),
    of(`${RULE}.tests`, 'Run in virtual time whenever the site is loaded.', testOptions),
    of(`${RULE}.tests.expect`, 'What is left out is not looked at.', inside(testOptions, 'expect')),
    of('templates.&lt;name&gt;', 'A rule of which others are made.', templateOptions),
    of('templates.&lt;name&gt;.parameters.&lt;name&gt;', '', parameterOptions),
    of(
      'constants.&lt;name&gt;',
      'A value by itself, `night_rate: 0.31`, or with its unit.',
      constantObjectOptions,
    ),
    of('alarms.flood', 'When there are too many alarms.', inside(alarmsOptions, 'flood')),
  ];
}

/** Of a machine cell. */
function cellTables(
  of: (title: string, doc: string, schema: { readonly json: JsonSchema }) => RuleTable,
): readonly RuleTable[] {
  const cell = `${RULE}.cell`;
  const record = `${RULE}.record`;
  return [
    of(
      `${RULE} with cell`,
      'A machine in the place of a worker: its states, figures, records and wear.',
      cellOptions,
    ),
    of(cell, 'Every signal may be left out; something has to tell when it runs.', cellParts),
    of(`${cell}.cycle`, 'One of count, active, or start and end.', cycleOptions),
    of(`${cell}.part`, 'With it each part has a record of its own.', partOptions),
    of(`${cell}.handshakes`, '', handshakeOptions),
    of(`${cell}.wear.&lt;name&gt;`, '', wearOptions),
    of(record, 'Without it each day is a shift.', calendarOptions),
    of(`${record}.breaks`, '', breakOptions),
  ];
}

/** Of a combined reading. */
function readingTables(
  of: (title: string, doc: string, schema: { readonly json: JsonSchema }) => RuleTable,
): readonly RuleTable[] {
  const reading = `${RULE}.combined_reading`;
  const meter = `${reading}.&lt;meter&gt;`;
  return [
    of(
      `${RULE} with combined_reading`,
      'The meters of a household or a building, read for one instant: records of intervals, days and months.',
      combinedReadingOptions,
    ),
    of(reading, 'What it reads, and when.', readingOptions),
    of(
      meter,
      'Of electricity, water, gas, heat, cooling, and of each of `meters`.',
      namedMeterOptions,
    ),
    of(`${meter}.frozen`, 'What the meter keeps of earlier moments.', frozenOptions),
    of(`${meter}.status`, 'What the meter says of itself.', statusOptions),
    of(`${meter}.heat`, 'Of a meter of heat or cooling.', heatOptions),
    of(`${meter}.watch`, 'Flow that should not be.', flowOptions),
    of(`${reading}.balance`, 'A main meter against those behind it.', balanceOptions),
  ];
}

type Properties = Readonly<Record<string, JsonSchema>>;

const propertiesOf = (json: JsonSchema): Properties => (json.properties ?? {}) as Properties;

const COMMON: ReadonlySet<string> = new Set(Object.keys(propertiesOf(everyRuleOptions.json)));

/** What every rule may say is told once. */
function withoutCommon(json: JsonSchema): JsonSchema {
  const properties = propertiesOf(json);
  if (![...COMMON].every((key) => key in properties)) return json;
  const own = Object.entries(properties).filter(([key]) => !COMMON.has(key));
  return { ...json, properties: Object.fromEntries(own) };
}
