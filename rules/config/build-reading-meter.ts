/** One meter of a combined reading, from its checked options to what the reading judges it by. Pure. */
import { quoted } from '../../gateway/host/quoted.ts';
import { decimalOf } from '../../gateway/model/decimal.ts';
import { counterEventQuantity } from '../../gateway/model/event-tag.ts';
import { type Decimal, decimalText, type TagId } from '../../gateway/model/sample.ts';
import { millis } from '../../gateway/model/units.ts';
import type { InputRole, MeterWords, ReadingInput, WordFact } from '../combined-reading-rule.ts';
import type { Expression, Plain } from '../expression.ts';
import { product, quotient, whole } from '../kinds/reading/exact-number.ts';
import type { FlowLimits } from '../kinds/reading/flow-watch.ts';
import { STATUS_DEFAULTS } from '../kinds/reading/meter-status.ts';
import {
  type Medium,
  type MeterSetup,
  MOST_FREEZE_DAYS,
  MOST_FREEZE_MONTHS,
} from '../kinds/reading/reading-setup.ts';
import { type RegisterUnit, registerUnit } from '../kinds/reading/register-unit.ts';
import type { Want } from '../language/check-expression.ts';
import { dimensionOf } from '../language/units.ts';
import type { KnownTags, RuleScope } from './build-scope.ts';
import type { Path, RuleTag } from './build-site.ts';
import { flowOptions, type MeterOptions } from './options-reading.ts';

export type Role = readonly [role: string, of: Expression];

export interface MadeMeter {
  readonly setup: MeterSetup;
  readonly inputs: readonly ReadingInput[];
  readonly words: MeterWords;
}

/** Where a meter stands in the YAML of its rule, and what is shared by all of the rule. */
export interface MeterPlace {
  readonly scope: RuleScope;
  readonly tags: Pick<KnownTags, 'get'>;
  /** Inside the rule: `combined_reading/water`. */
  readonly inside: Path;
  readonly name: string;
  readonly medium: Medium;
  /** Takes the expressions of the rule, in their order. */
  readonly roles: Role[];
}

/** The meter, whole where nothing was found to be wrong. */
export function meterOf(place: MeterPlace, options: MeterOptions): MadeMeter | undefined {
  const part = new MeterPart(place, options);
  const register = part.register();
  part.unfit();
  const words = part.words();
  const inputs = part.inputs();
  if (register === undefined) return undefined;
  const { tag, counts } = register;
  const { name, medium } = place;
  const { counter, device, decimals, id } = tag;
  const { max_rate, status, frozen } = options;
  const rate = max_rate ?? counter?.maxRatePerHour;
  const count = (as: InputRole): number => inputs.filter((input) => input.as === as).length;
  const total: ReadingInput = { tag: id, meter: name, as: 'total', place: 0 };
  return {
    words,
    inputs: [total, ...inputs, ...(counter === undefined ? [] : [swapInput(id, name)])],
    setup: {
      name,
      medium,
      tag: id,
      protocol: device?.protocol,
      address: device?.address,
      rules: {
        counts,
        modulus: options.modulus ?? counter?.modulus,
        maxRatePerHour: rate === undefined ? undefined : decimalOf(rate),
        decimals: options.decimals ?? decimals,
        direction: options.direction,
      },
      factor: factorOf(options),
      condition: options.condition,
      freezeDays: frozen ? count('day') : 0,
      freezeMonths: frozen ? count('month') : 0,
      rest: millis(options.rest),
      gapAfter: options.gap_after,
      stuckAfter: options.stuck_after,
      flow: flowOf(options, counts),
      status: {
        ...STATUS_DEFAULTS,
        clock: status?.clock_limit ?? STATUS_DEFAULTS.clock,
        deltaT: options.heat?.low_below ?? STATUS_DEFAULTS.deltaT,
        deltaTAfter: options.heat?.low_after ?? STATUS_DEFAULTS.deltaTAfter,
        tariffs: options.tariffs_limit,
      },
    },
  };
}

const factorOf = ({ factor }: MeterOptions): string => (factor ? decimalText(factor) : '1');

/** The tag beside a counter that tells when a person declares another meter. */
const swapInput = (total: TagId, meter: string): ReadingInput => ({
  tag: counterEventQuantity(total) as TagId,
  meter,
  as: 'swap',
  place: 0,
});

const DIMENSIONS: Readonly<Record<Medium, readonly string[]>> = {
  electricity: ['energy', 'reactive energy', 'apparent energy'],
  water: ['volume'],
  gas: ['volume'],
  heat: ['energy'],
  cooling: ['energy'],
};

const NO_FLOW_OPTIONS = flowOptions.parse({});

function flowOf({ watch }: MeterOptions, counts: RegisterUnit): FlowLimits {
  if (!NO_FLOW_OPTIONS.ok) throw new Error('the options of flow have no defaults');
  const { leak, burst, night, ...after } = watch ?? NO_FLOW_OPTIONS.value;
  return {
    leak: leak && inTotals(leak, counts),
    leakAfter: after.leak_after,
    burst: burst && inTotals(burst, counts),
    burstAfter: after.burst_after,
    nightTimes: night,
  };
}

/** What is given as records state it, in the unit that totals are added up in. */
function inTotals(value: Decimal, { recordTimes, recordOver }: RegisterUnit): Decimal {
  const times = product(value, whole(recordOver));
  return quotient(times, whole(recordTimes), times.decimals + EXACT_ENOUGH);
}

/** Of a limit that has no end in the other unit. */
const EXACT_ENOUGH = 6;

interface Register {
  readonly tag: RuleTag;
  readonly counts: RegisterUnit;
}

class MeterPart {
  readonly #place: MeterPlace;
  readonly #options: MeterOptions;

  constructor(place: MeterPlace, options: MeterOptions) {
    this.#place = place;
    this.#options = options;
  }

  register(): Register | undefined {
    const { scope, medium } = this.#place;
    const { total, unit: own } = this.#options;
    const tag = this.#rawTag(['total'], total, 'number');
    if (tag === undefined) return undefined;
    if (own !== undefined && tag.unit !== undefined) {
      scope.find(this.#at('unit'), 'rules.reading-unit-twice', { tag: tag.id, unit: tag.unit });
      return undefined;
    }
    const unit = own ?? tag.unit;
    if (unit === undefined) {
      scope.find(this.#at('total'), 'rules.reading-unit-missing', { tag: tag.id });
      return undefined;
    }
    if (!DIMENSIONS[medium].includes(dimensionOf(unit) ?? '')) {
      const at = own === undefined ? 'total' : 'unit';
      scope.find(this.#at(at), 'rules.reading-unit', { tag: tag.id, unit, medium });
      return undefined;
    }
    return { tag, counts: registerUnit(unit, factorOf(this.#options)) };
  }

  /** What is said of a meter and means nothing for its medium. */
  unfit(): void {
    const { scope, medium } = this.#place;
    const { condition, heat } = this.#options;
    const tell = (key: 'condition' | 'heat') =>
      scope.find(this.#at(key), 'rules.reading-unfit', { key, medium }, { at: 'key' });
    if (condition !== undefined && medium !== 'gas') tell('condition');
    if (heat !== undefined && medium !== 'heat' && medium !== 'cooling') tell('heat');
  }

  /** What it says of itself, by expressions. */
  words(): MeterWords {
    const { status, heat, serial } = this.#options;
    const of: (readonly [WordFact, number])[] = [];
    const word = (fact: WordFact, inside: Path, written: Plain | undefined, want: Want): void => {
      const role = this.#role(inside, written, want);
      if (role !== undefined) of.push([fact, role]);
    };
    word('serial', ['serial'], serial, 'value');
    word('battery', ['status', 'battery'], status?.battery, 'condition');
    word('valve', ['status', 'valve'], status?.valve, 'text');
    word('cover', ['status', 'cover'], status?.cover, 'value');
    word('magnetic', ['status', 'magnetic'], status?.magnetic, 'value');
    word('reverse', ['status', 'reverse'], status?.reverse, 'condition');
    word('noWater', ['status', 'no_water'], status?.no_water, 'condition');
    word('supply', ['heat', 'supply'], heat?.supply, 'number');
    word('return', ['heat', 'return'], heat?.return, 'number');
    word('flow', ['heat', 'flow'], heat?.flow, 'number');
    return { meter: this.#place.name, of };
  }

  /** The other tags that are taken as they are. */
  inputs(): readonly ReadingInput[] {
    const { frozen, status, tariffs = [] } = this.#options;
    const of = (as: InputRole, tags: readonly (RuleTag | undefined)[], first = 0) =>
      tags.flatMap((tag, i): ReadingInput[] =>
        tag ? [{ tag: tag.id, meter: this.#place.name, as, place: first + i }] : [],
      );
    const one = (inside: Path, written: string | undefined, type: 'number' | 'text') =>
      written === undefined ? [] : [this.#rawTag(inside, written, type)];
    return [
      ...of('day', this.#numbered(['frozen', 'days'], frozen?.days, MOST_FREEZE_DAYS), 1),
      ...of('month', this.#numbered(['frozen', 'months'], frozen?.months, MOST_FREEZE_MONTHS), 1),
      ...of('instant', one(['frozen', 'instant'], frozen?.instant, 'number')),
      ...of(
        'tariff',
        tariffs.map((tag, i) => this.#rawTag(['tariffs', i], tag, 'number')),
      ),
      ...of('reverse_total', one(['status', 'reverse_total'], status?.reverse_total, 'number')),
      ...of('clock', one(['status', 'clock'], status?.clock, 'text')),
    ];
  }

  /** The place of an expression among those of the rule; undefined: it is left out, or wrong. */
  #role(inside: Path, written: Plain | undefined, want: Want): number | undefined {
    const { scope, roles } = this.#place;
    if (written === undefined) return undefined;
    const of = scope.expression(this.#at(...inside), written, want);
    if (of === undefined) return undefined;
    return roles.push([roleText(this.#at(...inside)), of]) - 1;
  }

  #numbered(
    inside: Path,
    written: string | readonly string[] | undefined,
    most: number,
  ): readonly (RuleTag | undefined)[] {
    if (written === undefined) return [];
    if (typeof written !== 'string')
      return written.map((tag, i) => this.#rawTag([...inside, i], tag, 'number'));
    if (!written.includes('*')) return [this.#rawTag(inside, written, 'number')];
    const { tags } = this.#place;
    const ids = Array.from({ length: most }, (_, i) => written.replace('*', `${i + 1}`));
    const count = ids.findIndex((id) => tags.get(id) === undefined);
    const found = count < 0 ? ids : ids.slice(0, Math.max(1, count));
    return found.map((id) => this.#rawTag(inside, id, 'number'));
  }

  /** A tag that is taken as it is. */
  #rawTag(inside: Path, written: string, needs: 'number' | 'text'): RuleTag | undefined {
    const { scope } = this.#place;
    const at = this.#at(...inside);
    if (/[^\w.]/.test(written)) {
      const key = String(inside.findLast((part) => typeof part === 'string'));
      scope.find(at, 'rules.reading-not-tag', { key, found: quoted(written) });
      return undefined;
    }
    const tag = scope.tag(at, written);
    if (tag === undefined) return undefined;
    if (tag.type !== 'any' && tag.type !== needs) {
      const key = String(inside.findLast((part) => typeof part === 'string'));
      scope.find(at, 'rules.reading-type', { tag: tag.id, found: tag.type, key, needs });
      return undefined;
    }
    return tag;
  }

  #at(...inside: Path): Path {
    return [...this.#place.inside, ...inside];
  }
}

/** `combined_reading.water.total`, `…tariffs[1]`. */
const roleText = (path: Path): string =>
  path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`))
    .join('');
