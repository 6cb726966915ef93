/**
 * How far a value can be trusted. The word before the colon is the severity, as in OPC UA's two
 * severity bits; the word behind it is the reason.
 */
export const QUALITIES = [
  'good',
  'good:local-override',
  'uncertain:last-usable',
  'uncertain:range',
  'uncertain:suspect',
  'bad:waiting',
  'bad:comm',
  'bad:device',
  'bad:config',
  'bad:out-of-service',
  'bad:no-value',
] as const;

/**
 * `bad:waiting` no read yet · `bad:comm` no or damaged answer · `bad:device` the device refused ·
 * `bad:no-value` a rule computed it and there is none: a division by zero, a window that is still empty.
 */
export type Quality = (typeof QUALITIES)[number];

const INDEX = new Map<Quality, number>(QUALITIES.map((quality, index) => [quality, index]));

/** Its place in QUALITIES. Nearly all are good, which is told without a search. */
export const qualityIndex = (quality: Quality): number =>
  quality === QUALITIES[0] ? 0 : (INDEX.get(quality) as number);

/** Bad means there is no value: a bad sample's value is null, and only a bad sample's is. */
export const isBad = (quality: Quality): boolean => quality.startsWith('bad');
