/**
 * Messages of whatever JSON a platform wants: a template with placeholders. A text that is one placeholder and nothing
 * else becomes its value with its type; in a longer one it is written in. With `{values}` there is a message for each
 * device and time, without it one for each sample.
 */
import { PLACEHOLDER, templateTexts } from '../../model/message-template.ts';
import {
  type BlockFacts,
  type BlockFormat,
  type FormatMessage,
  jsonText,
  momentsOf,
  plainText,
  type Reading,
} from './reading.ts';

const ALONE = /^\{([a-z_]+)\}$/;

/** As JSON text, and as it stands in a longer text. */
interface Filling {
  readonly json: string;
  readonly plain: string;
}
type Fillings = Readonly<Record<string, Filling>>;

/** Of a template without a problem. */
export function templateFormat(template: unknown): BlockFormat {
  const hasValues = templateTexts(template).includes('{values}');
  return (facts, readings) =>
    hasValues ? byMoment(template, facts, readings) : bySample(template, facts, readings);
}

const bySample = (
  template: unknown,
  facts: BlockFacts,
  readings: readonly Reading[],
): FormatMessage[] =>
  readings.map(({ device, quantity, unit, time, value, quality }) => {
    const fillings = {
      ...messageFillings(facts, device, time),
      tag: textFilling(quantity),
      unit: unit === undefined ? NOTHING : textFilling(unit),
      value: value === null ? NOTHING : { json: jsonText(value), plain: plainText(value) },
      quality: textFilling(quality),
    };
    return { device, quantity, text: filled(template, fillings) };
  });

/** Samples without a value are left out. */
const byMoment = (
  template: unknown,
  facts: BlockFacts,
  readings: readonly Reading[],
): FormatMessage[] =>
  momentsOf(readings.filter(({ value }) => value !== null)).map(
    ({ device, time, readings: at }) => {
      const values = at.map(
        ({ quantity, value }) => `${JSON.stringify(quantity)}:${jsonText(value)}`,
      );
      const json = `{${values.join(',')}}`;
      const fillings = { ...messageFillings(facts, device, time), values: { json, plain: json } };
      return { device, text: filled(template, fillings) };
    },
  );

const messageFillings = (facts: BlockFacts, device: string, time: number): Fillings => ({
  gateway: textFilling(facts.gateway),
  device: textFilling(device),
  class: textFilling(facts.class),
  seq: plainFilling(facts.seq),
  hist: plainFilling(facts.hist),
  time: plainFilling(Math.round(time)),
  time_iso: textFilling(new Date(time).toISOString()),
});

const NOTHING: Filling = { json: 'null', plain: '' };
const textFilling = (text: string): Filling => ({ json: JSON.stringify(text), plain: text });
const plainFilling = (value: number | boolean): Filling => ({
  json: `${value}`,
  plain: `${value}`,
});

function filled(template: unknown, fillings: Fillings): string {
  if (typeof template === 'string') {
    const alone = fillings[ALONE.exec(template)?.[1] ?? ''];
    if (alone) return alone.json;
    return JSON.stringify(
      template.replace(PLACEHOLDER, (all, name: string) => fillings[name]?.plain ?? all),
    );
  }
  if (Array.isArray(template))
    return `[${template.map((item) => filled(item, fillings)).join(',')}]`;
  if (typeof template !== 'object' || template === null) return JSON.stringify(template);
  const fields = Object.entries(template).map(
    ([key, value]) => `${filledKey(key, fillings)}:${filled(value, fillings)}`,
  );
  return `{${fields.join(',')}}`;
}

const filledKey = (key: string, fillings: Fillings): string =>
  JSON.stringify(key.replace(PLACEHOLDER, (all, name: string) => fillings[name]?.plain ?? all));
