/** What building rules needs to know of the site around them, and how it says what is wrong. */
import { byLikeness } from '../../gateway/host/likeness.ts';
import type { SchemaIssue } from '../../gateway/host/schema.ts';
import type { ErrorCode, ErrorDetails } from '../../gateway/model/errors.ts';
import type { TagId } from '../../gateway/model/sample.ts';
import type { CounterPolicy } from '../../gateway/model/tag.ts';
import type { Millis } from '../../gateway/model/units.ts';
import type { ExprType, Plain } from '../expression.ts';
import type { RuleTest } from '../rule-test.ts';

/** Keys and indexes from the root of the site. */
export type Path = readonly (string | number)[];

export interface RuleFinding {
  readonly path: Path;
  /** Whether the key or the value at the path is meant. */
  readonly at: 'key' | 'value';
  readonly code: ErrorCode;
  readonly details?: ErrorDetails;
  readonly severity?: 'warning';
  /** Of a text: which character of it, in UTF-16 units. */
  readonly offset?: number;
  /** Another place, which the words call `{first}`. */
  readonly first?: Path;
  /** The rule for which a template was found wrong. */
  readonly instance?: string;
}

export interface RuleNotes {
  find(finding: RuleFinding): void;
  /** An issue of the value at `path`. */
  issue(path: Path, issue: SchemaIssue, instance?: string): void;
  placeOf(path: Path): RuleTest['place'];
}

/** A tag as rules see it. */
export interface RuleTag {
  readonly id: TagId;
  readonly type: Exclude<ExprType, 'duration'>;
  readonly unit: string | undefined;
  /** How often there is a sample; undefined: nobody knows. */
  readonly scan: Millis | undefined;
  readonly access: 'read' | 'write' | 'read-write' | undefined;
  readonly counter: CounterPolicy | undefined;
  /** What the site lets be written to it; undefined: nothing, or nobody knows. */
  readonly policy?: RulePolicy | undefined;
  /** Digits behind the decimal point, as the device shows them. */
  readonly decimals?: number | undefined;
  /** Of a tag of a device: what it speaks, and what it is called on its bus. */
  readonly device?: { readonly protocol: string; readonly address: string | undefined };
}

/** As much of what a site lets be written as rules can be compared with before they run. */
export interface RulePolicy {
  readonly takesRules: boolean;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly values: readonly Plain[] | undefined;
  /** What is written when nobody has a say about the tag any more. */
  readonly silent: Plain | undefined;
}

/** A condition that has to be true for a tag to be written, as YAML says it. */
export interface RuleInterlock {
  readonly tag: TagId;
  readonly text: string;
  /** Where it stands: `devices/press/tags/pump/write/interlock`. */
  readonly path: Path;
}

export interface RuleSite {
  readonly timezone: string;
  readonly position: { readonly latitude: number; readonly longitude: number } | undefined;
  /** Those of devices. */
  readonly tags: ReadonlyMap<string, RuleTag>;
  /** Ids of the tags that the gateway adds by itself. */
  readonly made: ReadonlySet<string>;
  /** The index of the first tag that rules add. */
  readonly firstIndex: number;
  /** Of tags that can be written. */
  readonly interlocks: readonly RuleInterlock[];
}

/** The sections of a site that rules are made of, as YAML says them. */
export interface RuleSections {
  readonly rules: unknown;
  readonly templates: unknown;
  readonly constants: unknown;
  readonly alarms: unknown;
}

const MOST_COMPARED = 200;
const MOST_SUGGESTED = 10;

/** The likeliest of the known names, for a text. */
export function likeliest(found: string, known: readonly string[]): string {
  // Who leaves out the device of a tag means one of these.
  const ending = known.filter((name) => name.endsWith(`.${found}`)).slice(0, MOST_SUGGESTED);
  const rest = known.filter((name) => !ending.includes(name)).slice(0, MOST_COMPARED);
  const likely = [...ending, ...byLikeness(found, rest)].slice(0, MOST_SUGGESTED);
  return likely.join(', ') || '—';
}
