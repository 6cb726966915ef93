/**
 * One declaration per option: parser, default, bounds, words for people and JSON Schema together.
 * The one file that knows zod.
 */

/** A problem with a value: where inside it, what, and a frozen code. */
export interface SchemaIssue {
  readonly path: readonly (string | number)[];
  readonly code: string;
  readonly message: string;
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly SchemaIssue[] };

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Schema<T> {
  /** Never throws; reports every issue at once. */
  parse(value: unknown): Parsed<T>;
  readonly json: JsonSchema;
}
