/** A site for tests of expressions: a press, a line with few units, and constants. */
import type { TagId } from '../../gateway/model/sample.ts';
import { type Millis, millis } from '../../gateway/model/units.ts';
import type { ExprType } from '../../rules/expression.ts';
import type { ExpressionScope, ScopeName, ScopeTag } from '../../rules/language/check-context.ts';
import { EXAMPLE_TAGS } from '../../rules/language/functions.ts';

const tag = (
  id: string,
  type: ExprType,
  unit?: string,
  scan: Millis | null = millis(1_000),
): ScopeTag => ({
  id: id as TagId,
  type,
  ...(unit !== undefined && { unit }),
  ...(scan !== null && { scan }),
});

const TAGS = new Map(
  [
    ...EXAMPLE_TAGS.map(({ id, type, unit }) => tag(id, type, unit)),
    tag('press.outer_temp', 'number', '℃'),
    tag('press.pressure', 'number', 'bar'),
    tag('press.other_pressure', 'number', 'kPa'),
    tag('press.power', 'number', 'kW'),
    tag('press.flow', 'number', 'm3/h'),
    tag('press.fast', 'number', 'V', millis(10)),
    tag('press.reported', 'number', 'V', null),
    tag('press.odd', 'number', 'furlong'),
    tag('press.strange', 'number', 'cubit'),
    tag('press.whatever', 'any'),
    tag('hall.north.loop.temp', 'number', '°C'),
    tag('loop.in', 'flag'),
    tag('if.true', 'flag'),
  ].map((each) => [each.id as string, each]),
);

const NAMES = new Map<string, ScopeName>([
  ['oil_limit', { kind: 'value', value: 75, type: 'number', unit: '°C' }],
  ['factor', { kind: 'value', value: 2, type: 'number' }],
  ['grace', { kind: 'value', value: 30_000, type: 'duration' }],
  ['word', { kind: 'value', value: 'auto', type: 'text' }],
  ['enabled', { kind: 'value', value: true, type: 'flag' }],
  ['input', { kind: 'tag', tag: TAGS.get('press.oil_temp') as ScopeTag }],
]);

/** A new one for each rule: it numbers the functions that remember. */
export function expressionScope(): ExpressionScope {
  let memories = 0;
  return {
    tagOf: (id) => TAGS.get(id),
    tagIds: () => [...TAGS.keys()],
    nameOf: (name) => NAMES.get(name),
    names: () => [...NAMES.keys()],
    nextMemory: () => memories++,
  };
}
