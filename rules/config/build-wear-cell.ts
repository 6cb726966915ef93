/** What of a cell wears, from its options; pure. */
import type { CellConfig } from '../kinds/cell/cell-memory.ts';
import type { Threshold } from '../kinds/cell/cell-wear-trend.ts';
import type { Roles } from './build-roles-cell.ts';
import { type CellParts, MOST_WEAR, type WearOptions } from './options-cell.ts';

export function wearOf(roles: Roles, { wear }: CellParts): CellConfig['wear'] {
  return [...wear].slice(0, MOST_WEAR).map(([name, options]) => {
    const { value, warn, limit, toward, learn, over, confirm, every, trend, ahead } = options;
    roles.add(['wear', name, 'value'], value, 'number');
    const warning = thresholdOf(warn);
    const end = limit === undefined ? undefined : thresholdOf(limit);
    if (end !== undefined && isReachedFirst(end, warning, toward)) {
      roles.scope.find(['cell', 'wear', name, 'limit'], 'rules.cell-wear-order', { name });
      roles.isBroken = true;
    }
    return {
      name,
      learn,
      over,
      warn: warning,
      limit: end,
      toward,
      of: confirm,
      warmUp: options.warm_up,
      every,
      trend,
      ahead,
    };
  });
}

/** Whether nobody would be warned before the limit. Two of different forms depend on what is learnt. */
function isReachedFirst(
  end: Threshold,
  warning: Threshold,
  toward: WearOptions['toward'],
): boolean {
  if (end.kind === 'value' && warning.kind === 'value')
    return toward === 'up' ? end.at < warning.at : toward === 'down' && end.at > warning.at;
  if (end.kind === 'value' || warning.kind === 'value') return false;
  return end.kind === warning.kind && end.by < warning.by;
}

function thresholdOf(written: WearOptions['warn']): Threshold {
  if (typeof written === 'number') return { kind: 'absolute', by: written };
  return 'at' in written
    ? { kind: 'value', at: written.at }
    : { kind: 'percent', by: written.percent };
}
