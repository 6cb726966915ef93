/**
 * Parts of a JSON Schema that stand in it several times are written once, under `definitions`. Words that differ from
 * place to place stay beside the reference, where editors show them. Pure.
 */
import type { JsonSchema } from '../gateway/host/schema.ts';

/** The schema with a reference for each place where one of the named parts stands. */
export function withDefinitions(
  schema: JsonSchema,
  named: Readonly<Record<string, JsonSchema>>,
): JsonSchema {
  const names = new Map(Object.entries(named).map(([name, part]) => [meaningOf(part), name]));
  const within = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(referred);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, referred(of)]));
  };
  const referred = (value: unknown): unknown => {
    const name = names.get(meaningOf(value));
    if (name === undefined) return within(value);
    const { description } = value as JsonSchema;
    return { ...(description !== undefined && { description }), $ref: `#/definitions/${name}` };
  };
  const definitions = Object.fromEntries(
    Object.entries(named).map(([name, { description: _, ...part }]) => [name, within(part)]),
  );
  return { ...(within(schema) as JsonSchema), definitions };
}

/** Equal for parts that accept the same. */
const meaningOf = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  const { description: _, ...part } = value as JsonSchema;
  return JSON.stringify(part);
};
