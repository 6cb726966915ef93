/**
 * Rules and templates write `${name}` for constants and parameters where no expression is wanted, so an editor has to
 * accept that for every number, flag, choice and length of time. Pure.
 */
import type { JsonSchema } from '../gateway/host/schema.ts';

/** The name of the definition that the schemas refer to. */
export const PLACEHOLDER = 'placeholder';

export const placeholderSchema: JsonSchema = {
  type: 'string',
  pattern: String.raw`^\$\{[a-z][a-z0-9_]*\}$`,
  description: 'A constant, or a parameter of the template.',
};

const reference: JsonSchema = { $ref: `#/definitions/${PLACEHOLDER}` };

/** The schema with a placeholder as another form of each of its values that are not free text. */
export function withPlaceholders(schema: JsonSchema): JsonSchema {
  const { oneOf, anyOf, items, properties, additionalProperties } = schema;
  const each = (parts: unknown) => (parts as readonly JsonSchema[]).map(withPlaceholders);
  if (oneOf !== undefined) return { ...schema, oneOf: each(oneOf) };
  if (anyOf !== undefined) {
    const forms = (anyOf as readonly JsonSchema[]).map((form) =>
      form.type === 'object' ? withPlaceholders(form) : form,
    );
    // A form that takes any text takes a placeholder.
    const more = forms.some(isFreeText) ? [] : [reference];
    return { ...schema, anyOf: [...forms, ...more] };
  }
  if (items !== undefined) return { ...schema, items: withPlaceholders(items as JsonSchema) };
  if (schema.type === 'object') {
    const filled = Object.entries((properties ?? {}) as Record<string, JsonSchema>);
    const named = filled.map(([key, of]) => [key, withPlaceholders(of)]);
    return {
      ...schema,
      ...(properties !== undefined && { properties: Object.fromEntries(named) }),
      ...(isSchema(additionalProperties) && {
        additionalProperties: withPlaceholders(additionalProperties),
      }),
    };
  }
  if (schema.type === undefined || isFreeText(schema)) return schema;
  const { description, default: byDefault, examples, ...form } = schema;
  return {
    ...(description !== undefined && { description }),
    ...(byDefault !== undefined && { default: byDefault }),
    ...(examples !== undefined && { examples }),
    anyOf: [form, reference],
  };
}

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null;

const isFreeText = ({ type, pattern, enum: choices }: JsonSchema): boolean =>
  type === 'string' && pattern === undefined && choices === undefined;
