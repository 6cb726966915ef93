/** The options of a site for editors and for people, made from their declarations. Pure. */
import type { DriverOptions } from '../drivers/driver.ts';
import type { JsonSchema } from '../gateway/host/schema.ts';
import { everyRuleOptions } from '../rules/config/options-parts.ts';
import { alarmsOptions } from '../rules/config/options-site.ts';
import type { Drivers } from './checker.ts';
import { withDefinitions } from './render-definitions.ts';
import { ruleDefinitions, ruleSchemas, ruleTables } from './render-rules.ts';
import { type Properties, propertiesOf, table } from './render-table.ts';
import {
  deviceOptions,
  gatewayOptions,
  journalOptions,
  outline,
  positionOptions,
  simulationOptions,
  tagKeys,
  tagOptions,
} from './schema.ts';
import { busOptions } from './schema-bus.ts';
import { hj212FactorOptions, hj212StateOptions } from './schema-hj212.ts';
import { uplinkOptions } from './schema-uplink.ts';
import {
  commandsOptions,
  operatorOptions,
  rangeOptions,
  safeOptions,
  writeOptions,
} from './schema-write.ts';

/** The JSON Schema of a whole site, as the text of config/gateway.schema.json. */
export function renderSchema(drivers: Drivers): string {
  const root = outline.json;
  const sections = propertiesOf(root);
  const named = (name: string, of: JsonSchema) => ({ ...sections[name], additionalProperties: of });
  const rules = ruleSchemas();
  const filled = {
    gateway: { ...sections.gateway, ...gatewayOptions.json },
    journal: { ...sections.journal, ...journalOptions.json },
    uplinks: named('uplinks', uplinkOptions.json),
    buses: named('buses', busOptions.json),
    devices: named('devices', oneOfMany(devicesOf(drivers))),
    constants: named('constants', rules.constants ?? {}),
    templates: named('templates', rules.templates ?? {}),
    rules: named('rules', rules.rules ?? {}),
    alarms: { ...sections.alarms, ...alarmsOptions.json },
    commands: { ...sections.commands, ...commandsSchema() },
    simulation: { ...sections.simulation, ...simulationOptions.json },
  };
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A site of headgate',
    ...root,
    // Each file of a folder holds a part of the site, so no section is required of one.
    required: [],
    properties: filled,
  };
  const whole = withDefinitions(schema, { ...ruleDefinitions(), writes: writeOptions.json });
  return `${JSON.stringify(whole, withNumbers, 2)}\n`;
}

/** YAML makes 80 of 8E1, which the gateway undoes and an editor does not. */
function withNumbers(_: string, value: unknown): unknown {
  const { enum: choices } = (value ?? {}) as { readonly enum?: readonly unknown[] };
  const read = Array.isArray(choices) ? choices.filter(isNumberText).map(Number) : [];
  if (read.length === 0) return value;
  return { ...(value as object), type: ['string', 'number'], enum: [...(choices ?? []), ...read] };
}

const isNumberText = (choice: unknown): boolean =>
  typeof choice === 'string' && choice.trim() !== '' && Number.isFinite(Number(choice));

/** The reference of all options, as the text of docs/reference-configuration.md. */
export function renderReference(drivers: Drivers): string {
  const uplinks = uplinkOptions.json.oneOf as readonly JsonSchema[];
  const buses = busOptions.json.oneOf as readonly JsonSchema[];
  const parts = [
    section('gateway', docOf('gateway'), gatewayOptions),
    section('gateway.position', 'Where the site is, for sunrise and sunset.', positionOptions),
    section('journal', docOf('journal'), journalOptions),
    section('uplinks.&lt;name&gt;', docOf('uplinks')),
    ...uplinks.map((json) => table(json)),
    section(
      'uplinks.&lt;name&gt;.factors.&lt;name&gt;',
      'Of a supervising platform: see [hj212.md](hj212.md).',
      hj212FactorOptions,
    ),
    section('uplinks.&lt;name&gt;.factors.&lt;name&gt;.flag', '', hj212StateOptions),
    section('buses.&lt;name&gt;', docOf('buses')),
    ...buses.map((json) => table(json)),
    section('devices.&lt;name&gt;', docOf('devices'), deviceOptions),
    ...[...drivers.values()].map((driver) =>
      section(`devices.&lt;name&gt; with protocol: ${driver.type}`, '', driver.deviceSchema),
    ),
    section('devices.&lt;name&gt;.tags.&lt;name&gt;', 'The values to read.', tagOptions),
    section('devices.&lt;name&gt;.tags.&lt;name&gt;.counter', COUNTER_DOC, {
      json: propertiesOf(tagOptions.json).counter ?? {},
    }),
    section(WRITE_TITLE, WRITE_DOC, writeOptions),
    section(`${WRITE_TITLE}.range`, '', rangeOptions),
    section(`${WRITE_TITLE}.safe`, 'A value by itself, or a map.', safeOptions),
    ...[...drivers.values()].map((driver) =>
      section(`devices.&lt;name&gt;.tags.&lt;name&gt; with protocol: ${driver.type}`, '', {
        json: without(driver.addressSchema.json, tagKeys),
      }),
    ),
    section(RULES_TITLE, docOf('rules'), everyRuleOptions),
    ...ruleTables().map(({ title, doc, json }) => section(title, doc, { json })),
    section('commands', docOf('commands'), commandsOptions),
    section('commands.operators.&lt;name&gt;', 'Who may sign commands.', operatorOptions),
    section('simulation.devices.&lt;name&gt;', docOf('simulation'), {
      json: inside(simulationOptions.json, 'devices'),
    }),
    section('simulation.devices.&lt;name&gt;.signals.&lt;name&gt;', '', {
      json: inside(inside(simulationOptions.json, 'devices'), 'signals'),
    }),
    section('simulation.trace', 'How a recorded table becomes samples: rules replay --csv.', {
      json: propertiesOf(simulationOptions.json).trace ?? {},
    }),
  ];
  return `${REFERENCE_HEAD}\n${parts.join('\n')}`;
}

const RULES_TITLE = 'rules.&lt;name&gt;';
const WRITE_TITLE = 'devices.&lt;name&gt;.tags.&lt;name&gt;.write';
const WRITE_DOC =
  'Of a tag whose access is write or read-write. What all of it means: [COMMANDS.md](../gateway/command/COMMANDS.md).';
const COUNTER_DOC = 'Of a total that only grows: how a rollover is told from a fault.';

const REFERENCE_HEAD = `# Configuration reference

Generated from the declarations in \`config/schema.ts\`, in \`rules/config/options.ts\` and in the drivers.

A site is a folder of YAML files or one file. In a folder, \`*.yaml\`, \`devices/*.yaml\` and \`rules/*.yaml\` are
read and joined; a key that stands twice is an error. Lengths of time (\`500ms\`, \`10s\`, \`15m\`, \`1h\`, \`30d\`),
sizes (\`512KiB\`, \`2GB\`) and shares (\`5%\`) carry their unit. Secrets are references: \`\${file:/path}\`,
\`\${credential:name}\` (a file in systemd's \`$CREDENTIALS_DIRECTORY\`) or \`\${env:NAME}\`; inside \`{…}\` they
need quotes. Relative paths are relative to the folder of the site.
`;

const docOf = (name: string): string => String(propertiesOf(outline.json)[name]?.description ?? '');

/** What the entries of a map of names look like. */
const inside = (json: JsonSchema, key: string): JsonSchema =>
  (propertiesOf(json)[key]?.additionalProperties ?? {}) as JsonSchema;

function commandsSchema(): JsonSchema {
  const properties = propertiesOf(commandsOptions.json);
  const operators = { ...properties.operators, additionalProperties: operatorOptions.json };
  return { ...commandsOptions.json, properties: { ...properties, operators } };
}

/** Keys that every tag has are told once. */
function without(json: JsonSchema, told: object): JsonSchema {
  const rest = Object.entries(propertiesOf(json)).filter(([key]) => !(key in told));
  return { ...json, properties: Object.fromEntries(rest) };
}

const WITH_PROFILE_ONLY = ['profile', 'only', 'skip'];

/** A device of each protocol, and a device of any with a profile, which says what is not written. */
function devicesOf(drivers: Drivers): JsonSchema[] {
  const all = [...drivers.values()];
  const each = all.map((driver) => {
    const { properties, ...device } = deviceOf([driver], true);
    const own = Object.entries(properties).filter(([key]) => !WITH_PROFILE_ONLY.includes(key));
    const protocol = { ...properties.protocol, const: driver.type };
    return { ...device, properties: { ...Object.fromEntries(own), protocol } };
  });
  return [...each, { ...deviceOf(all, false), required: ['bus', 'profile'] }];
}

/** With the keys of these drivers. Where the address comes from a profile, tags need none. */
function deviceOf(drivers: readonly DriverOptions[], isWhole: boolean) {
  const tag = joined([tagOptions.json, ...drivers.map(({ addressSchema }) => addressSchema.json)]);
  const device = joined([deviceOptions.json, ...drivers.map((one) => one.deviceSchema.json)]);
  const ofTag = isWhole ? tag : { ...tag, required: [] };
  const tags = { ...device.properties.tags, additionalProperties: ofTag };
  const properties: Properties = { ...device.properties, tags };
  return { ...device, properties };
}

function joined(parts: readonly JsonSchema[]) {
  const properties: Properties = Object.assign({}, ...parts.map(propertiesOf));
  return {
    type: 'object',
    properties,
    required: parts.flatMap(({ required }) => (required ?? []) as string[]),
    additionalProperties: false,
  };
}

const oneOfMany = (schemas: readonly JsonSchema[]): JsonSchema =>
  schemas.length === 1 ? (schemas[0] as JsonSchema) : { oneOf: schemas };

function section(title: string, doc: string, of?: { readonly json: JsonSchema }): string {
  const body = of ? `\n${table(of.json)}` : '';
  return `## ${title}\n${doc === '' ? '' : `\n${doc}\n`}${body}`;
}
