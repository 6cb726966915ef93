/** What an electricity meter makes of the commands of DL/T 645 (-2007 §7, -1997 §7). */
import { type MonoMs, millis } from '../gateway/model/units.ts';
import { hexLowFirst, lowFirst } from './digits.ts';
import type { Frame645 } from './dlt645-frame.ts';
import { frozen, loadRecords, orderFreeze } from './dlt645-history.ts';
import { parameter, writeParameter } from './dlt645-parameters.ts';
import { type MeterRegister, registers2007 } from './dlt645-registers.ts';
import { registers1997 } from './dlt645-registers-1997.ts';
import { type Meter645State, numberOf, shownBy } from './dlt645-state.ts';

/** What a command is called, by its code. */
export const COMMANDS_2007 = new Map([
  [0x11, 'read'],
  [0x12, 'follow'],
  [0x13, 'read-address'],
  [0x14, 'write'],
  [0x15, 'write-address'],
  [0x16, 'freeze'],
  [0x17, 'baud'],
  [0x1c, 'switch'],
] as const);
/** The same in the older edition. */
export const COMMANDS_1997 = new Map([
  [0x01, 'read'],
  [0x02, 'follow'],
  [0x03, 'again'],
  [0x04, 'write'],
  [0x0a, 'write-address'],
] as const);
export type Command =
  | (typeof COMMANDS_2007 extends Map<number, infer C> ? C : never)
  | (typeof COMMANDS_1997 extends Map<number, infer C> ? C : never);

/** A bit of the error word: none of the others. */
export const OTHER_ERROR = 1;
const NO_SUCH_DATA = 2;
const NOT_AUTHORISED = 4;
const ANYBODY = 'AAAAAAAAAAAA';
const SWITCH_OFF = 0x1a;
const SWITCH_ON = 0x1c;
const ALLOW_ON = 0x1b;
const PASSWORD_BYTES = 4;
const OPERATOR_BYTES = 4;
/** 1997 blocks end each set with it. */
const SET_END = 0xaa;
const MOST_DATA = 200;

/** How a register moves that no document describes. */
const UNKNOWN_REGISTER = {
  fallback: { shape: 'walk', min: 0, max: 10, period: millis(60_000) },
} as const;

/** What a meter answers: data, or the bits of its error word. */
export type Said =
  | { readonly data: Uint8Array; readonly hasMore?: boolean }
  | { readonly error: number };
const DONE: Said = { data: new Uint8Array() };

/** The width of an identifier. */
export const diBytes = (meter: Meter645State): number => (meter.options.version === '1997' ? 2 : 4);

/** What is left of a long item: each piece with the number of its follow-up. */
export interface Conversation {
  rest: readonly { readonly di: string; readonly sequence: number; readonly part: Uint8Array }[];
  last: Said;
}

/** Nothing asked, nothing left. */
export const newConversation = (): Conversation => ({ rest: [], last: DONE });

/** The answer to a command; undefined: silence. Changing the rate is the station's own business. */
export function answerTo(
  meter: Meter645State,
  conversation: Conversation,
  command: Exclude<Command, 'baud'>,
  { address, data }: Frame645,
  now: MonoMs,
): Said | undefined {
  const isAlone = address === ANYBODY || address === meter.address;
  switch (command) {
    case 'read':
      conversation.last = read(meter, conversation, data, now);
      return conversation.last;
    case 'again':
      return conversation.last;
    case 'follow':
      conversation.last = follow(meter, conversation, data);
      return conversation.last;
    case 'read-address':
      return isAlone ? { data: lowFirst(meter.address) } : undefined;
    case 'write':
      return write(meter, data, now);
    case 'write-address': {
      const wanted = hexLowFirst(data);
      if (!/^\d{12}$/.test(wanted) || !isAlone || meter.options.isProgrammable === false)
        return undefined;
      meter.address = wanted;
      return DONE;
    }
    case 'freeze':
      return orderFreeze(meter, data, now) ? DONE : { error: OTHER_ERROR };
    case 'switch':
      return switchPower(meter, data, now);
  }
}

function read(
  meter: Meter645State,
  conversation: Conversation,
  data: Uint8Array,
  now: MonoMs,
): Said {
  const width = diBytes(meter);
  const di = hexLowFirst(data.subarray(0, width));
  const value = itemOf(meter, di, data.subarray(width), now);
  if (!value) return { error: NO_SUCH_DATA };
  const room = (meter.options.frameLimit ?? MOST_DATA) - width;
  const parts = [value.subarray(0, room)];
  // Every further piece shares its frame with its number.
  for (let at = room; at < value.length; at += room - 1)
    parts.push(value.subarray(at, at + room - 1));
  conversation.rest = parts.slice(1).map((part, n) => ({ di, sequence: n + 1, part }));
  return {
    data: Buffer.concat([data.subarray(0, width), ...parts.slice(0, 1)]),
    hasMore: parts.length > 1,
  };
}

function follow(meter: Meter645State, conversation: Conversation, data: Uint8Array): Said {
  const width = diBytes(meter);
  const di = hexLowFirst(data.subarray(0, width));
  const isNumbered = width === 4;
  const next = conversation.rest.find(
    (piece) => piece.di === di && (!isNumbered || piece.sequence === data[width]),
  );
  if (!next) return { error: NO_SUCH_DATA };
  if (!isNumbered) conversation.rest = conversation.rest.slice(1);
  const isLast = isNumbered
    ? next.sequence === conversation.rest.length
    : conversation.rest.length === 0;
  const number = isNumbered ? [next.sequence] : [];
  return {
    data: Buffer.concat([data.subarray(0, width), next.part, Buffer.from(number)]),
    hasMore: !isLast,
  };
}

function itemOf(
  meter: Meter645State,
  di: string,
  extra: Uint8Array,
  now: MonoMs,
): Uint8Array | undefined {
  const isOld = meter.options.version === '1997';
  const isBlock = isOld ? di.endsWith('F') : di.slice(2).includes('FF');
  if (isBlock && meter.options.hasNoBlocks) return undefined;
  if (!isOld && di.startsWith('05')) return frozen(meter, di, now);
  if (!isOld && di.startsWith('06')) return loadRecords(meter, di, extra, now);
  const registers = registersOf(meter, di);
  if (!registers) return parameter(meter, di, now);
  const shown = registers.map((register) => shownBy(meter, register, now));
  return Buffer.concat(isOld && isBlock ? [...shown, Buffer.of(SET_END)] : shown);
}

function registersOf(meter: Meter645State, di: string): readonly MeterRegister[] | undefined {
  const { version, registers } = meter.options;
  const standard = (version === '1997' ? registers1997 : registers2007)(di, meter.shape);
  const own = registers?.get(di);
  return own ? [{ ...UNKNOWN_REGISTER, quantities: [di], ...standard?.[0], ...own }] : standard;
}

/** What the display shows of a value that has a name; undefined where it is none of a register's. */
export function displayOf(meter: Meter645State, name: string, at: MonoMs): number | undefined {
  const di = meter.options.displays?.get(name);
  const [register] = (di !== undefined && registersOf(meter, di)) || [];
  return register && !register.isAbsent ? numberOf(meter, register, at) : undefined;
}

/** Level and password, low byte first, must be the meter's own. */
function isAuthorised(meter: Meter645State, data: Uint8Array): boolean {
  const { password = '000000', passwordLevel = 2, isProgrammable = true } = meter.options;
  const given = hexLowFirst(data.subarray(1, PASSWORD_BYTES));
  return isProgrammable && data[0] === passwordLevel && given === password;
}

function write(meter: Meter645State, data: Uint8Array, now: MonoMs): Said {
  const width = diBytes(meter);
  const head = width + PASSWORD_BYTES + (width === 4 ? OPERATOR_BYTES : 0);
  if (data.length < head) return { error: OTHER_ERROR };
  if (!isAuthorised(meter, data.subarray(width))) return { error: NOT_AUTHORISED };
  switch (writeParameter(meter, hexLowFirst(data.subarray(0, width)), data.subarray(head), now)) {
    case 'done':
      return DONE;
    case 'none':
      return { error: NO_SUCH_DATA };
    case 'refused':
      return { error: NOT_AUTHORISED };
    case 'malformed':
      return { error: OTHER_ERROR };
  }
}

function switchPower(meter: Meter645State, data: Uint8Array, now: MonoMs): Said {
  if (meter.options.hasSecurityModule || !isAuthorised(meter, data))
    return { error: NOT_AUTHORISED };
  const order = data[PASSWORD_BYTES + OPERATOR_BYTES];
  if (order === SWITCH_OFF) meter.process.setFlowing(false, now);
  else if (order === SWITCH_ON) meter.process.setFlowing(true, now);
  else if (order !== ALLOW_ON) return { error: OTHER_ERROR };
  return DONE;
}
