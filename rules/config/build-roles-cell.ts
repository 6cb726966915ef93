/** The expressions of a cell, each checked for its place and kept by its role; pure. */
import type { Expression, Plain } from '../expression.ts';
import type { Want } from '../language/check-expression.ts';
import { unitProblem } from '../language/check-operators.ts';
import { conversionOf } from '../language/units.ts';
import type { RuleScope } from './build-scope.ts';
import type { Path } from './build-site.ts';
import { durationOf } from './options-value.ts';

/** The expressions of a cell so far, by their roles. */
export class Roles {
  readonly all: (readonly [role: string, of: Expression])[] = [];
  readonly scope: RuleScope;
  isBroken = false;

  constructor(scope: RuleScope) {
    this.scope = scope;
  }

  /** Undefined: it is left out, or wrong, which was told. */
  add(inside: Path, written: Plain | undefined, wanted: Want): Expression | undefined {
    if (written === undefined) return undefined;
    const of = this.scope.expression(['cell', ...inside], written, wanted);
    if (of === undefined) this.isBroken = true;
    else this.all.push([roleOf(inside), of]);
    return of;
  }

  /** A length of time, or a number that is one; what makes seconds of its values. */
  seconds(inside: Path, written: Plain | undefined): number {
    const { source } = this.scope;
    const name = source.placeholders.get(['cell', ...inside].join('/')) ?? String(written);
    const meaning = source.names.get(name);
    const isNamed = meaning?.kind === 'value' && meaning.type === 'duration';
    if (isNamed || durationOf(name) !== undefined) {
      // In an expression a length of time stands in quotes.
      const text = isNamed ? name : `"${name}"`;
      this.add(inside, text, 'duration');
      return 0.001;
    }
    const unit = this.add(inside, written, 'number')?.root.unit;
    const clash = unitProblem(unit, 's');
    const conversion = unit === undefined ? undefined : conversionOf(unit, 's');
    if (clash?.code === 'rule.units-unlike') {
      this.scope.find(['cell', ...inside], clash.code, clash.details);
      this.isBroken = true;
    }
    return conversion === undefined ? 1 : conversion.times / conversion.over;
  }
}

/** `cell.handshakes[0].after`. */
const roleOf = (inside: Path): string =>
  inside.reduce<string>(
    (role, part) => (typeof part === 'number' ? `${role}[${part}]` : `${role}.${part}`),
    'cell',
  );
