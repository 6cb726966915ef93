/** The options of an OPC UA device and of its tags: what they are called in YAML and what they become. */
import {
  duration,
  integer,
  map,
  number,
  type Option,
  object,
  oneOf,
  optional,
  parsedText,
  type Schema,
  type SchemaIssue,
  schemaIssue,
  text,
} from '../../gateway/host/schema.ts';
import { addressSchemaOf } from '../codec/written-address.ts';
import type { DriverOptions } from '../driver.ts';
import { opcuaAddress } from './address.ts';
import type { NodeRef, OpcuaAddress, OpcuaDevice } from './device.ts';
import { PREFIX, parseNode, unknownPrefix } from './node-ref.ts';

/** An identifier of 4,096 characters, its namespace and what is meant of it. */
const LONGEST_ADDRESS = 5_000;
const MOST_KEPT = 10_000;

const nodeOption = (doc: string, example: string) =>
  parsedText(parseNode, { doc, example, max: LONGEST_ADDRESS });

const deviceOptions = object({
  namespaces: map(
    { pattern: PREFIX, max: 32 },
    text({ doc: 'The URI of the namespace, as the server lists it.' }),
    {
      doc: 'Short names for namespace URIs, to be used in addresses: "robot:s=Axis1", "/Objects/di:DeviceSet". Indexes (ns=2) may change when a server restarts, URIs do not.',
      default: {},
    },
  ),
  root: optional(
    nodeOption(
      'Where paths without a leading slash begin; the Objects folder when left out.',
      '/Objects/di:DeviceSet/robot:Cell',
    ),
  ),
  mode: oneOf(['auto', 'subscribe', 'poll'], {
    doc: 'How values are watched. auto: by subscription, and by reading where the server has none. poll: by reading in every scan.',
    default: 'auto',
  }),
  timestamps: oneOf(['source', 'server', 'gateway'], {
    doc: "Whose time a sample carries: the data source's, the server's or the gateway's.",
    default: 'source',
  }),
  clock_tolerance: duration({
    doc: "A time that is farther than this from the gateway's is not believed, and the sample carries the gateway's.",
    min: '1s',
    max: '30d',
    default: '5m',
  }),
  alarms: optional(
    object({
      min_severity: integer({
        doc: 'Alarms that are less severe are not taken.',
        min: 1,
        max: 1000,
        default: 1,
      }),
      source: optional(
        nodeOption(
          'The object whose alarms are wanted; all of the server when left out.',
          'i=2253',
        ),
      ),
    }),
  ),
});

type DeviceOptions = typeof deviceOptions extends Option<infer T> ? T : never;

export const deviceSchema: Schema<OpcuaDevice> = {
  json: deviceOptions.json,
  parse(value) {
    const parsed = deviceOptions.parse(value);
    if (!parsed.ok) return parsed;
    const issues = prefixIssues(parsed.value);
    if (issues.length > 0) return { ok: false, issues };
    const { namespaces, root, mode, timestamps, clock_tolerance, alarms } = parsed.value;
    return {
      ok: true,
      value: {
        namespaces,
        root,
        mode,
        timestamps,
        clockTolerance: clock_tolerance,
        alarms: alarms && { minSeverity: alarms.min_severity, source: alarms.source },
      },
    };
  },
};

function prefixIssues({ namespaces, root, alarms }: DeviceOptions): readonly SchemaIssue[] {
  const issue = (path: readonly string[], node: NodeRef | undefined) => {
    const unknown = unknownPrefix(node, namespaces);
    return unknown ? [schemaIssue(path, unknown.code, unknown.details ?? {})] : [];
  };
  return [...issue(['root'], root), ...issue(['alarms', 'source'], alarms?.source)];
}

const tagOptions = object({
  address: parsedText(opcuaAddress, {
    doc: 'A node by its identifier or its path, then an element of an array or a field of a structure, each behind a space: "ns=2;s=Cell.Data [3] .pos.x". "call" with an object and a method for a method, which takes its arguments as a list in JSON.',
    example: 'ns=2;s=Axis1.Pos',
    max: LONGEST_ADDRESS,
  }),
  sampling: optional(
    duration({
      doc: "How often the server looks at the value; the tag's scan when left out. Faster than the scan, several values come with each report. 0ms: as fast as the server can.",
      max: '1d',
      example: '100ms',
    }),
  ),
  queue: optional(
    integer({
      doc: 'How many values the server keeps between two reports; chosen from scan and sampling when left out.',
      min: 1,
      max: MOST_KEPT,
    }),
  ),
  discard: oneOf(['oldest', 'newest'], {
    doc: 'Which value the server drops when its queue is full. The hole is marked in the next sample: uncertain:suspect.',
    default: 'oldest',
  }),
  server_deadband: optional(
    number({
      doc: 'The server does not even send changes of this much or less. Unlike deadband, by which the gateway decides what it stores, this spares the network, and rules and the latest values do not see what it swallows.',
      min: 0,
      example: 0.5,
    }),
  ),
  deadband_percent: optional(
    number({
      doc: 'The same in percent of the range (EURange) that the server gives for the variable.',
      min: 0,
      example: 1,
    }),
  ),
  enum: oneOf(['name', 'number'], {
    doc: 'An enumeration as the name of its value or as the number.',
    default: 'name',
  }),
});

type TagOptions = typeof tagOptions extends Option<infer T> ? T : never;

/** Takes the text of an address, or an object with `address` and how it is watched. */
export const addressSchema: Schema<OpcuaAddress> = addressSchemaOf(tagOptions, (written) => {
  const issues = tagIssues(written);
  if (issues.length > 0) return { ok: false, issues };
  const { address, sampling, queue, discard } = written;
  return {
    ok: true,
    value: {
      ...address,
      enumeration: written.enum,
      sampling,
      queue,
      discard,
      deadband: deadbandOf(written),
    },
  };
});

function tagIssues(written: TagOptions): readonly SchemaIssue[] {
  const { address, server_deadband, deadband_percent } = written;
  if (address.object !== undefined)
    return (['sampling', 'queue', 'server_deadband', 'deadband_percent'] as const)
      .filter((key) => written[key] !== undefined)
      .map((key) => schemaIssue([key], 'opcua.only-read', { key }));
  if (server_deadband === undefined || deadband_percent === undefined) return [];
  return [schemaIssue(['deadband_percent'], 'opcua.deadband-twice', {})];
}

function deadbandOf({ server_deadband, deadband_percent }: TagOptions): OpcuaAddress['deadband'] {
  if (server_deadband !== undefined) return { kind: 'absolute', value: server_deadband };
  if (deadband_percent !== undefined) return { kind: 'percent', value: deadband_percent };
  return undefined;
}

export const opcuaOptions: DriverOptions<OpcuaDevice, OpcuaAddress> = {
  type: 'opcua',
  deviceSchema,
  addressSchema,
  framings: () => ['opcua'],
  raisesAlarms: ({ alarms }) => alarms !== undefined,
  misfit: ({ namespaces }, { node, object: called }) =>
    unknownPrefix(node, namespaces) ?? unknownPrefix(called, namespaces),
  kindOf: ({ object: called }) => (called === undefined ? undefined : 'text'),
};
