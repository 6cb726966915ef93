/** What a Modbus device says of itself: function 43, MEI type 14 (V1.1b3 §6.21). */

export interface Identity {
  /** Latin-1 texts by object id: 0 vendor, 1 product code, 2 revision, 3 to 6 the rest, from 80H the maker's own. */
  readonly objects: ReadonlyMap<number, string>;
  /** The most bytes of objects in one reply; what does not fit follows. The document's own limit when left out. */
  readonly room?: number;
}

const FUNCTION = 0x2b;
const MEI_TYPE = 0x0e;
/** The last object id of the basic, the regular and the extended category. */
const LAST_OF_CATEGORY = [0x02, 0x7f, 0xff] as const;
const SINGLE = 4;
/** A PDU has 253 bytes; seven of them are not objects. */
const MOST_ROOM = 246;
const ILLEGAL_ADDRESS = 2;
const ILLEGAL_VALUE = 3;

/** The reply to an identification request; undefined when it is another request, or malformed. */
export function identify(identity: Identity, pdu: Uint8Array): Uint8Array | undefined {
  const [code, type, category = 0, from = 0] = pdu;
  if (code !== FUNCTION || type !== MEI_TYPE || pdu.length !== 4) return undefined;
  const refuse = (reason: number) => Uint8Array.of(FUNCTION | 0x80, reason);
  const ids = [...identity.objects.keys()].sort((a, b) => a - b);
  if (category === SINGLE)
    return ids.includes(from) ? page(identity, category, [from]) : refuse(ILLEGAL_ADDRESS);
  const last = LAST_OF_CATEGORY[category - 1];
  if (last === undefined) return refuse(ILLEGAL_VALUE);
  const wanted = ids.filter((id) => id <= last);
  // An object that the category does not have starts the list over.
  const at = Math.max(0, wanted.indexOf(from));
  return page(identity, category, wanted.slice(at));
}

/** As many of the objects as fit, and where to go on. */
function page(identity: Identity, category: number, ids: readonly number[]): Uint8Array {
  const room = Math.min(identity.room ?? MOST_ROOM, MOST_ROOM);
  const objects: Buffer[] = [];
  let used = 0;
  for (const id of ids) {
    const text = Buffer.from(identity.objects.get(id) ?? '', 'latin1').subarray(0, MOST_ROOM - 2);
    if (objects.length > 0 && used + 2 + text.length > room) break;
    objects.push(Buffer.concat([Buffer.of(id, text.length), text]));
    used += 2 + text.length;
  }
  const next = ids[objects.length];
  const head = [FUNCTION, MEI_TYPE, category, conformity(identity)];
  const more = [next === undefined ? 0 : 0xff, next ?? 0, objects.length];
  return Buffer.concat([Buffer.from([...head, ...more]), ...objects]);
}

/** The highest category that has an object; 80H: single objects may be asked for. */
function conformity({ objects }: Identity): number {
  const highest = Math.max(0, ...objects.keys());
  return 0x80 | (LAST_OF_CATEGORY.findIndex((last) => highest <= last) + 1);
}
