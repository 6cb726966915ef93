/** What of a cell wears, from its options; pure. */
import type { CellConfig } from '../kinds/cell/cell-memory.ts';
import type { Threshold } from '../kinds/cell/cell-wear-trend.ts';
import type { Roles } from './build-roles-cell.ts';
import { type CellParts, MOST_WEAR, type WearOptions } from './options-cell.ts';

export function wearOf(roles: Roles, { wear }: CellParts): CellConfig['wear'] {
  return [...wear].slice(0, MOST_WEAR).map(([name, options]) => {
    const { value, warn, limit, toward, learn, over, confirm, every, trend, ahead } = options;
    roles.add(['wear', name, 'value'], value, 'number');
    return {
      name,
      learn,
      over,
      warn: thresholdOf(warn),
      limit: limit === undefined ? undefined : thresholdOf(limit),
      toward,
      of: confirm,
      warmUp: options.warm_up,
      every,
      trend,
      ahead,
    };
  });
}

function thresholdOf(written: WearOptions['warn']): Threshold {
  if (typeof written === 'number') return { kind: 'absolute', by: written };
  return 'at' in written
    ? { kind: 'value', at: written.at }
    : { kind: 'percent', by: written.percent };
}
