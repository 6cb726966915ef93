/** What the tag options of all protocols have in common: an address alone or with companions, and exact factors. */
import {
  type Option,
  type Parsed,
  type Schema,
  type SchemaIssue,
  schemaIssue,
} from '../../gateway/host/schema.ts';
import type { ErrorCode } from '../../gateway/model/errors.ts';
import { parseDecimal } from './scale.ts';

/** Takes the text of an address, or an object with `address` and the tag's own options. */
export const addressSchemaOf = <Written, Address>(
  options: Option<Written>,
  addressOf: (written: Written) => Parsed<Address>,
): Schema<Address> => ({
  json: options.json,
  parse(value) {
    const isText = typeof value === 'string';
    const parsed = options.parse(isText ? { address: value } : value);
    if (parsed.ok) return addressOf(parsed.value);
    const issues = parsed.issues.map((issue) => (isText ? { ...issue, path: [] } : issue));
    return { ok: false, issues };
  },
});

/** How a raw number becomes a value, as it is written in YAML. */
export interface WrittenFactors {
  readonly scale?: number | undefined;
  readonly offset?: number | undefined;
  readonly decimals?: number | undefined;
}

/** The same, exact: decimals as text. */
export interface Factors {
  readonly scale?: string;
  readonly offset?: string;
  readonly decimals?: number;
}

export const factorsOf = ({ scale, offset, decimals }: WrittenFactors): Factors => ({
  ...(scale !== undefined && { scale: String(scale) }),
  ...(offset !== undefined && { offset: String(offset) }),
  ...(decimals !== undefined && { decimals }),
});

/** One issue for each factor that is 0 where that makes no sense, or has more than `max` decimals. */
export const factorIssues = (
  { scale, offset }: WrittenFactors,
  { code, max }: { readonly code: ErrorCode; readonly max: number },
): readonly SchemaIssue[] =>
  Object.entries({ scale, offset })
    .filter(([key, written]) => written !== undefined && !isUsable(key, written, max))
    .map(([key, written]) => schemaIssue([key], code, { key, found: written ?? '', max }));

function isUsable(key: string, written: number, max: number): boolean {
  const decimal = parseDecimal(String(written));
  if (decimal === undefined || decimal.decimals > max) return false;
  return !(key === 'scale' && decimal.unscaled === 0n);
}
