/** A block that was refused, in smaller pieces. Pure. */
import type { BusAccess } from '../driver.ts';
import type { ModbusDevice } from './options.ts';
import { bySpan, groupOf, type Member, type ModbusGroup, type Span } from './plan.ts';

/**
 * The group without the registers that nobody asked for; without such registers, in two halves. No
 * value is split. Undefined when the group is a single value.
 */
export function smallerGroups(
  group: ModbusGroup,
  device: ModbusDevice,
  access: BusAccess,
): readonly ModbusGroup[] | undefined {
  const members = membersOf(group).toSorted(bySpan);
  const pieces = withoutGaps(members) ?? inHalves(members);
  return pieces?.map((piece) => groupOf(piece, group, device, access));
}

const membersOf = ({ tags, fields }: ModbusGroup): readonly Member[] =>
  tags.flatMap((tag, i) => {
    const field = fields[i];
    return field ? [{ tag, span: field.span, decode: field.decode }] : [];
  });

function withoutGaps(members: readonly Member[]): readonly Member[][] | undefined {
  const pieces: Member[][] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const member of members) {
    if (member.span.start > end) pieces.push([]);
    pieces.at(-1)?.push(member);
    end = Math.max(end, member.span.end);
  }
  return pieces.length > 1 ? pieces : undefined;
}

/** Tags of the same registers stay together: a piece of them is refused like the whole. */
function inHalves(members: readonly Member[]): readonly Member[][] | undefined {
  const values: Member[][] = [];
  for (const member of members) {
    const last = values.at(-1);
    if (last?.[0] && isSame(last[0].span, member.span)) last.push(member);
    else values.push([member]);
  }
  if (values.length < 2) return undefined;
  const middle = values.length >> 1;
  return [values.slice(0, middle).flat(), values.slice(middle).flat()];
}

const isSame = (a: Span, b: Span): boolean => a.start === b.start && a.end === b.end;
