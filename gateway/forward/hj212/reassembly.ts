/** Puts split packets together again: same QN, numbers 1 to PNUM, in any order and repeated. Bounded. */
import { isSplit, type Packet } from './packet.ts';

/** Dialogues that are incomplete at once; the oldest is dropped first. */
const MOST_OPEN = 8;
/** Packets of one. */
const MOST_PARTS = 64;

interface Open {
  readonly pnum: number;
  readonly parts: Map<number, Packet>;
}

export class Reassembly {
  readonly #open = new Map<string, Open>();

  /** The whole packet, where this one is whole or the last that was missing. `refused`: it cannot be part of one. */
  take(packet: Packet): Packet | 'incomplete' | 'refused' {
    if (!isSplit(packet)) return packet;
    const { qn = '', cn, pnum = 0, pno = 0 } = packet;
    if (pnum < 1 || pnum > MOST_PARTS || pno < 1 || pno > pnum) return 'refused';
    const key = `${cn} ${qn}`;
    const known = this.#open.get(key);
    const open = known?.pnum === pnum ? known : { pnum, parts: new Map<number, Packet>() };
    open.parts.set(pno, packet);
    this.#open.delete(key);
    if (open.parts.size === pnum) return joined(open);
    this.#open.set(key, open);
    const [oldest] = this.#open.keys();
    if (this.#open.size > MOST_OPEN && oldest !== undefined) this.#open.delete(oldest);
    return 'incomplete';
  }
}

/** DataTime stands in each part and once in the whole. */
function joined({ pnum, parts }: Open): Packet {
  const ordered = Array.from({ length: pnum }, (_, index) => parts.get(index + 1) as Packet);
  const [first] = ordered as [Packet];
  const isAgain = (key: string | undefined) =>
    key === 'DataTime' && first.cp.some((item) => item[0]?.[0] === key);
  const rest = ordered.slice(1).flatMap(({ cp }) => cp.filter((item) => !isAgain(item[0]?.[0])));
  return { ...first, pnum: undefined, pno: undefined, cp: [...first.cp, ...rest] };
}
