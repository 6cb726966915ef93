/** What a site lets be done to a tag, from how it is written. Pure. */
import { SAFE_OCCASIONS, type SafeValue, type WritePolicy } from '../gateway/model/command.ts';
import { type TagId, tagId } from '../gateway/model/sample.ts';
import { millis, minutes } from '../gateway/model/units.ts';
import type { DraftTag } from './checker.ts';
import { type WriteOptions, writeOptions } from './schema-write.ts';

const NONE = millis(0);
/** Of a tag with a safe value, which is written when nobody says anything for so long. */
const USUAL_HOLD = minutes(1);
/** A memory that takes 100,000 writes takes five years of these. */
const WEARING_PER_HOUR = 2;
const USUAL_WRITERS = ['local', 'rule'] as const;

/** What holds where nothing is said. */
const unsaid = writeOptions.parse({});

/** What a tag holds, as far as its address says it. */
export const typeOf = ({ kind }: Pick<DraftTag, 'kind'>): WritePolicy['type'] => kind ?? 'any';

/** Whether messages from upstream may write the tag. */
export const isRemote = ({ common }: DraftTag): boolean =>
  common !== undefined &&
  common.access !== 'read' &&
  (common.write?.by?.includes('remote') ?? false);

/** Undefined: the tag cannot be written. */
export function writePolicyOf(
  device: string,
  quantity: string,
  tag: DraftTag,
): WritePolicy | undefined {
  const { access = 'read', wear } = tag.common ?? {};
  const write = tag.common?.write ?? (unsaid.ok ? unsaid.value : undefined);
  if (access === 'read' || write === undefined) return undefined;
  const { range, safe, read_back } = write;
  // What a pulse has done its tag need not show: it may reset itself.
  const isShown = access === 'read-write' && write.kind === 'level';
  const own = isShown ? tagId(device, quantity) : undefined;
  return {
    by: write.by ?? USUAL_WRITERS,
    min: range?.min,
    max: range?.max,
    values: write.values,
    maxStep: write.max_step,
    slewPerHour: write.slew,
    minInterval: write.min_interval ?? NONE,
    minOn: write.min_on ?? NONE,
    minOff: write.min_off ?? NONE,
    maxPerHour: write.max_per_hour ?? (wear === undefined ? undefined : WEARING_PER_HOUR),
    hasInterlock: write.interlock !== undefined,
    safe: safeOf(safe),
    hold: write.hold ?? (safe === undefined ? NONE : USUAL_HOLD),
    settle: write.settle,
    tolerance: write.tolerance,
    restore: write.restore,
    readBack: read_back === undefined ? own : readBackOf(device, read_back),
    isFloat32: (tag.address as { readonly type?: unknown } | undefined)?.type === 'float32',
    kind: write.kind,
    isFading: tag.isFading ?? false,
    type: typeOf(tag),
  };
}

/** The tag that `read_back` names: by its id, or by its own name on the same device; undefined for none. */
export function readBackOf(device: string, written: string): TagId | undefined {
  if (written === 'none') return undefined;
  return written.includes('.') ? (written as TagId) : tagId(device, written);
}

function safeOf(safe: WriteOptions['safe']): SafeValue | undefined {
  if (safe === undefined) return undefined;
  if (typeof safe !== 'object') return { value: safe, on: SAFE_OCCASIONS };
  const { value, on = SAFE_OCCASIONS } = safe;
  return { value, on: SAFE_OCCASIONS.filter((occasion) => on.includes(occasion)) };
}
