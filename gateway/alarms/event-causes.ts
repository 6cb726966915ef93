/** The causes of an alarm's change in its event: bounded, and what had to go is counted. Pure. */

/** As far as there was room. JSON as it is. */
export interface EventCauses {
  readonly inputs: readonly Readonly<Record<string, unknown>>[];
  readonly expressions: readonly {
    readonly role: string;
    readonly text: string;
    readonly parts: readonly Readonly<Record<string, unknown>>[];
  }[];
  readonly before: string;
  readonly after: string;
  /** Inputs and parts of expressions that found no room. */
  readonly left_out?: number;
}

/** Of the JSON of the causes in an event, in bytes. */
export const LONGEST_CAUSES = 4_096;
/** Of a text in them, in characters; the rest becomes an ellipsis. */
const LONGEST_TEXT = 400;

interface Whole {
  readonly inputs: readonly object[];
  readonly expressions: readonly {
    readonly role: string;
    readonly text: string;
    readonly parts: readonly object[];
  }[];
  readonly before: string;
  readonly after: string;
}

/** The causes within the limit: first all inputs, then the expressions with their parts, outermost first. */
export function boundedCauses(causes: Whole): EventCauses {
  const before = cut(causes.before);
  const after = cut(causes.after);
  const bare = { inputs: [], expressions: [], before, after, left_out: 1_000_000 };
  let room = LONGEST_CAUSES - sizeOf(bare);
  let leftOut = 0;
  const take = <T>(items: readonly T[]): readonly T[] => {
    const taken: T[] = [];
    for (const item of items) {
      const size = sizeOf(item) + 1;
      if (size > room || leftOut > 0) leftOut++;
      else {
        room -= size;
        taken.push(item);
      }
    }
    return taken;
  };
  const inputs = take(causes.inputs.map(cutTexts));
  const expressions = causes.expressions.flatMap(({ role, text, parts }) => {
    const [head] = take([{ role: cut(role), text: cut(text), parts: [] }]);
    if (!head) {
      leftOut += parts.length;
      return [];
    }
    return [{ ...head, parts: take(parts.map(cutTexts)) }];
  });
  return { inputs, expressions, before, after, ...(leftOut > 0 && { left_out: leftOut }) };
}

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

const cut = (text: string): string =>
  text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}…`;

const cutTexts = (item: object): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(item).map(([key, value]) => [
      key,
      typeof value === 'string' ? cut(value) : value,
    ]),
  );
