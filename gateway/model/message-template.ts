/** What a template of messages may ask for, and what is wrong with one. Pure. */

/** What a template may ask for, of each sample … */
const OF_SAMPLES = ['tag', 'unit', 'value', 'quality'] as const;
/** … and of any message. */
const OF_MESSAGES = ['gateway', 'device', 'class', 'seq', 'hist', 'time', 'time_iso'] as const;
export const PLACEHOLDERS: readonly string[] = [...OF_MESSAGES, ...OF_SAMPLES, 'values'];

/** Anywhere in a text or a key. */
export const PLACEHOLDER = /\{([a-z_]+)\}/g;

export type TemplateProblem =
  | { readonly kind: 'unknown'; readonly placeholder: string }
  /** `{values}` in a longer text, or beside what only one sample has. */
  | { readonly kind: 'values'; readonly placeholder: string };

/** What is wrong with a template; undefined when nothing is. */
export function templateProblem(template: unknown): TemplateProblem | undefined {
  const texts = templateTexts(template);
  const names = texts.flatMap((text) =>
    [...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name),
  );
  const unknown = names.find((name) => !PLACEHOLDERS.includes(name));
  if (unknown !== undefined) return { kind: 'unknown', placeholder: unknown };
  if (!names.includes('values')) return undefined;
  const isInText = texts.some((text) => text.includes('{values}') && text !== '{values}');
  const single = names.find((name) => OF_SAMPLES.some((known) => known === name));
  if (isInText) return { kind: 'values', placeholder: 'values' };
  return single === undefined ? undefined : { kind: 'values', placeholder: single };
}

/** All texts and keys of it. */
export function templateTexts(template: unknown): readonly string[] {
  if (typeof template === 'string') return [template];
  if (Array.isArray(template)) return template.flatMap(templateTexts);
  if (typeof template !== 'object' || template === null) return [];
  return Object.entries(template).flatMap(([key, value]) => [key, ...templateTexts(value)]);
}
