/** One device as the options of a verb describe it, without a site. */
import type { DriverOptions, TagRequest } from '../../../drivers/driver.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';
import { issueText } from '../../host/issue-text.ts';
import { byLikeness } from '../../host/likeness.ts';
import type { JsonSchema, Parsed } from '../../host/schema.ts';
import { GatewayError, type Language } from '../../model/errors.ts';
import { deviceName, tagId } from '../../model/sample.ts';
import type { Tag } from '../../model/tag.ts';
import { seconds } from '../../model/units.ts';
import type { Call, VerbOption } from '../verb.ts';

/** The name that a device without a site goes by. */
const DEVICE = deviceName('device');
const DEFAULT_PROTOCOL = 'modbus';

/** The options of every verb that talks to one device. */
export const DEVICE_FLAGS = {
  protocol: {
    type: 'string',
    placeholder: [...DRIVER_OPTIONS.keys()].join('|'),
    help: { en: 'what the device speaks (modbus)', zh: '设备使用的协议（默认 modbus）' },
  },
  unit: {
    type: 'string',
    placeholder: 'n',
    help: { en: 'the unit (slave) number of a Modbus device (1)', zh: 'Modbus 站号（默认 1）' },
  },
  address: {
    type: 'string',
    placeholder: 'digits',
    help: { en: 'the printed number of a meter', zh: '表计铭牌上的表号' },
  },
  type: {
    type: 'string',
    placeholder: 'water|gas|heat|…',
    help: { en: 'what a CJ/T 188 meter measures', zh: 'CJ/T 188 表计类型' },
  },
  option: {
    type: 'string',
    placeholder: 'key=value',
    repeats: true,
    help: {
      en: "any other option of the device, as in a site's YAML; may be repeated",
      zh: '设备的其他选项，与站点 YAML 相同；可重复',
    },
  },
  timeout: {
    type: 'string',
    placeholder: 'duration',
    help: { en: 'how long to wait for an answer: 500ms, 2s', zh: '等待应答的时间，如 500ms、2s' },
  },
} as const satisfies Record<string, VerbOption>;

const SHORTHANDS = ['unit', 'address', 'type', 'timeout'] as const;

/** A device with its options checked by its driver. */
export interface FlaggedDevice {
  readonly protocol: string;
  readonly schemas: DriverOptions;
  readonly options: unknown;
}

/** Throws `cli.usage` for a protocol that nobody knows. */
export function schemasOf(protocol: string, verb: string): DriverOptions {
  const schemas = DRIVER_OPTIONS.get(protocol);
  if (schemas) return schemas;
  const known = byLikeness(protocol, [...DRIVER_OPTIONS.keys()]).join(', ');
  throw usage(verb, `--protocol takes one of ${known}, not "${protocol}"`);
}

/**
 * The device of this call. `base` are options that hold unless the call says otherwise, as YAML has them.
 * Throws `cli.usage` with the driver's own words for what is wrong.
 */
export function deviceOf(
  call: Call,
  verb: string,
  base: { readonly protocol?: string; readonly options?: Readonly<Record<string, unknown>> } = {},
): FlaggedDevice {
  const protocol = String(call.values.protocol ?? base.protocol ?? DEFAULT_PROTOCOL);
  const schemas = schemasOf(protocol, verb);
  const written: Record<string, unknown> = { ...base.options };
  const properties = (schemas.deviceSchema.json.properties ?? {}) as Record<string, JsonSchema>;
  const set = (key: string, text: string) => {
    written[key] = asWritten(text, properties[key] ?? {});
  };
  for (const key of SHORTHANDS) {
    const text = call.values[key];
    if (typeof text === 'string') set(key, text);
  }
  for (const pair of call.lists.option ?? []) {
    const at = pair.indexOf('=');
    if (at < 1) throw usage(verb, `--option takes key=value, not "${pair}"`);
    set(pair.slice(0, at), pair.slice(at + 1));
  }
  const allow = permissionsOf(call, properties.allow);
  if (allow.length > 0) written.allow = allow;
  const options = accept(schemas.deviceSchema.parse(written), verb, call.language);
  return { protocol, schemas, options };
}

/** What a call may permit; a protocol that needs no permission for one of these does not know its word. */
export const PERMISSIONS = ['write', 'valve', 'relay', 'clock'] as const;

function permissionsOf({ lists }: Call, schema: JsonSchema | undefined): readonly string[] {
  const { enum: known = [] } = (schema?.items ?? {}) as { readonly enum?: readonly unknown[] };
  const words = (lists.allow ?? []).flatMap((text) => text.split(','));
  return words.filter((word) => known.includes(word) || !PERMISSIONS.some((one) => one === word));
}

/** The text of a flag as YAML would have it: a number where the option is one. */
function asWritten(text: string, { type, enum: choices }: JsonSchema): unknown {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (type === 'integer' || type === 'number') return Number.isNaN(number) ? text : number;
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  if (type === 'array') return text.split(',');
  return Array.isArray(choices) && choices.includes(number) ? number : text;
}

/** A tag that lives as long as the call. */
export const oneOffTag = (index: number, quantity: string, facts: Partial<Tag> = {}): Tag => ({
  index,
  id: tagId(DEVICE, String(index)),
  device: DEVICE,
  quantity,
  unit: undefined,
  decimals: undefined,
  report: { deadband: undefined, heartbeat: undefined },
  ...facts,
});

/** A tag at the address that somebody typed. Throws `cli.usage` with the driver's words. */
export function tagAt(
  written: string,
  index: number,
  { schemas }: FlaggedDevice,
  { verb, language }: { readonly verb: string; readonly language: Language },
): TagRequest<unknown> {
  const address = accept(schemas.addressSchema.parse(written), verb, language);
  return { tag: oneOffTag(index, written), address, scan: seconds(1) };
}

function accept<T>(parsed: Parsed<T>, verb: string, language: Language): T {
  if (parsed.ok) return parsed.value;
  const words = parsed.issues.map((issue) => {
    const place = issue.path.join('.');
    return `${place ? `${place}: ` : ''}${issueText(issue, language)}`;
  });
  throw usage(verb, words.join('; '));
}

/** Wrong usage of a verb, in words. */
export const usage = (verb: string, problem: string): GatewayError =>
  new GatewayError('cli.usage', { verb, problem });
