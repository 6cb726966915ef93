/** The tags that a cell makes: what it is, what it counts, how well it does, as far as it has signals for it. Pure. */
import { deviceName, tagId } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { type Millis, seconds } from '../../gateway/model/units.ts';
import type { RuleTag } from './build-site.ts';
import type { CellParts } from './options-cell.ts';

/** How often figures are looked at, and so how often there is a sample of them at most. */
export const CELL_TICK: Millis = seconds(10);
const STATE_SCAN: Millis = seconds(1);

interface Quantity {
  readonly type: RuleTag['type'];
  readonly unit?: string;
  readonly decimals?: number;
  readonly scan?: Millis;
}

const TEXT: Quantity = { type: 'text', scan: STATE_SCAN };
const CODE: Quantity = { type: 'number', decimals: 0, scan: STATE_SCAN };
const COUNT: Quantity = { type: 'number', decimals: 0, scan: STATE_SCAN };
const RATIO: Quantity = { type: 'number', decimals: 3, scan: CELL_TICK };

const STATE: Readonly<Record<string, Quantity>> = {
  state: TEXT,
  reason: TEXT,
  mode: TEXT,
  packml: CODE,
  machinery_state: CODE,
  machinery_mode: CODE,
  availability: RATIO,
};
const PARTS: Readonly<Record<string, Quantity>> = {
  parts: COUNT,
  good: COUNT,
  cycle_time: { type: 'number', unit: 's', decimals: 3, scan: STATE_SCAN },
  quality_ratio: RATIO,
};
const EFFECTIVENESS = { effectiveness: RATIO, oee: RATIO };

/** Something tells when parts are ready. */
export const hasParts = ({ cycle, good, reject, rework }: CellParts): boolean =>
  [cycle?.count, cycle?.active, cycle?.start, good, reject, rework].some(
    (one) => one !== undefined,
  );

function quantitiesOf(cell: CellParts): Readonly<Record<string, Quantity>> {
  const { cycle, good, reject, rework, result, wear } = cell;
  const isSorted = result !== undefined;
  const tellsRejects = isSorted || good !== undefined || reject !== undefined;
  return {
    ...STATE,
    ...(hasParts(cell) && {
      ...PARTS,
      ...(tellsRejects && { reject: COUNT }),
      ...((isSorted || rework !== undefined) && { rework: COUNT }),
      ...(cycle?.ideal !== undefined && EFFECTIVENESS),
    }),
    ...Object.fromEntries(
      [...wear].flatMap(([name, { limit }]): [string, Quantity][] => [
        [`wear_${name}`, TEXT],
        ...(limit === undefined
          ? []
          : [[`wear_${name}_days`, { ...RATIO, unit: 'd', decimals: 1 }] as [string, Quantity]]),
      ]),
    ),
  };
}

/** A tag as the site knows it, and as other rules do. */
export interface MadeTag {
  readonly tag: Tag;
  readonly known: RuleTag;
}

export function cellTags(rule: string, cell: CellParts): readonly MadeTag[] {
  const device = deviceName(cell.tags ?? rule.replaceAll('-', '_'));
  return Object.entries(quantitiesOf(cell)).map(([quantity, { type, unit, decimals, scan }]) => {
    const id = tagId(device, quantity);
    const report = { deadband: 0, heartbeat: undefined };
    return {
      tag: { index: 0, id, device, quantity, unit, decimals, report },
      known: { id, type, unit, scan, access: 'read', counter: undefined },
    };
  });
}
