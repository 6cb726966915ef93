/** The numbers of notification messages: 1 to 2^32 - 1, then 1 again (OPC 10000-4 §7.26). Pure. */

const LARGEST = 0xffff_ffff;

/** The number behind this one. */
export const followsOn = (number: number): number => (number >= LARGEST ? 1 : number + 1);

/** How far `to` lies ahead of `from`; more than half the circle is behind. */
function ahead(from: number, to: number): number {
  const distance = (((to - from) % LARGEST) + LARGEST) % LARGEST;
  return distance > LARGEST / 2 ? distance - LARGEST : distance;
}

/** Numbers that should have come before `number` when `next` was expected; none when it is that, or an old one. */
export function missingBefore(next: number | undefined, number: number): readonly number[] {
  const count = next === undefined ? 0 : Math.max(0, ahead(next, number));
  const missing: number[] = [];
  for (
    let missed = next ?? number;
    missing.length < Math.min(count, MOST_LISTED);
    missed = followsOn(missed)
  )
    missing.push(missed);
  return missing;
}

/** Nobody asks for more of them one by one. */
const MOST_LISTED = 1_000;

/** Whether the message is the expected one or a later one. */
export const isExpected = (number: number, next: number): boolean => ahead(next, number) >= 0;
