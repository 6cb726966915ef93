/** A recording as requests and what followed them, for replay and for a diagnosis. Pure. */
import { type Millis, millis, type UtcMs } from '../../gateway/model/units.ts';
import type { SerialSettings } from './line.ts';
import {
  characterOf,
  isPassage,
  joined,
  type LineEvent,
  type Passage,
  type Recording,
} from './recording.ts';

/** One request and all that was heard until the next. */
export interface RecordedExchange {
  readonly at: UtcMs;
  /** Undefined where there is no wire. */
  readonly settings: SerialSettings | undefined;
  readonly request: Uint8Array;
  /**
   * As it came: an echo, noise and a late answer to an earlier request included; empty for silence.
   */
  readonly reply: Uint8Array;
  /** From the end of the request to the first byte heard; undefined for silence. */
  readonly delay: Millis | undefined;
}

/**
 * The exchanges in the order of their requests. On a wire a request has the line to itself;
 * packets (Modbus TCP) are told apart by their length and matched by their transaction id, and a
 * reply to nothing is left out.
 */
export const exchangesOf = (recording: Recording): readonly RecordedExchange[] =>
  recording.framing === 'wire' ? onWire(recording) : inPackets(recording.events);

function onWire(recording: Recording): readonly RecordedExchange[] {
  const exchanges: RecordedExchange[] = [];
  let settings = recording.settings;
  for (const event of joined(recording).events) {
    if (event.kind === 'opened' || event.kind === 'tuned') settings = event.settings;
    if (!isPassage(event)) continue;
    const { at, bytes } = event;
    if (event.kind === 'sent') {
      exchanges.push({ at, settings, request: bytes, reply: new Uint8Array(), delay: undefined });
      continue;
    }
    const asked = exchanges.at(-1);
    if (asked === undefined) continue;
    const end = asked.at + asked.request.length * characterOf(asked.settings);
    exchanges[exchanges.length - 1] = {
      ...asked,
      reply: Buffer.concat([asked.reply, bytes]),
      delay: asked.delay ?? millis(Math.max(0, at - end)),
    };
  }
  return exchanges;
}

/**
 * Modbus Messaging on TCP/IP V1.0b §3.1.3: transaction id, protocol id, and the length of what
 * follows them.
 */
const MBAP_PREFIX_BYTES = 6;

function inPackets(events: readonly (Passage | LineEvent)[]): readonly RecordedExchange[] {
  const exchanges: RecordedExchange[] = [];
  const open = new Map<number, number>();
  let cutters = { sent: packetCutter(), heard: packetCutter() };
  for (const event of events) {
    if (!isPassage(event)) {
      cutters = { sent: packetCutter(), heard: packetCutter() };
      open.clear();
      continue;
    }
    const { at } = event;
    for (const packet of cutters[event.kind](event.bytes)) {
      const id = packet.readUInt16BE();
      if (event.kind === 'sent') {
        open.set(id, exchanges.length);
        const reply = new Uint8Array();
        exchanges.push({ at, settings: undefined, request: packet, reply, delay: undefined });
        continue;
      }
      const place = open.get(id);
      const asked = place === undefined ? undefined : exchanges[place];
      if (place === undefined || asked === undefined) continue;
      open.delete(id);
      exchanges[place] = { ...asked, reply: packet, delay: millis(Math.max(0, at - asked.at)) };
    }
  }
  return exchanges;
}

/** Whole packets of a stream that comes in any pieces. */
function packetCutter(): (bytes: Uint8Array) => readonly Buffer[] {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const packets: Buffer[] = [];
    while (rest.length >= MBAP_PREFIX_BYTES) {
      const size = MBAP_PREFIX_BYTES + rest.readUInt16BE(4);
      if (rest.length < size) break;
      packets.push(rest.subarray(0, size));
      rest = rest.subarray(size);
    }
    return packets;
  };
}
