/**
 * Recordings as capture files that Wireshark opens. A wire becomes LINKTYPE_RTAC_SERIAL, which
 * knows directions and whose payload can be decoded as Modbus RTU; a stream of packets becomes TCP
 * to port 502. Pure.
 */
import { GatewayError } from '../../gateway/model/errors.ts';
import type { UtcMs } from '../../gateway/model/units.ts';
import { type Packet, readPcap, secondsOf, writePcap } from './pcap.ts';
import {
  contentOf,
  type EventKind,
  eventOf,
  isPassage,
  joined,
  type LineEvent,
  type Passage,
  type Recording,
} from './recording.ts';
import { eventsOfPackets, packetsOf } from './tcp-packets.ts';

/** tcpdump.org/linktypes: IP without a link layer. */
const LINKTYPE_RAW = 101;
/**
 * tcpdump.org/linktypes/LINKTYPE_RTAC_SERIAL: time, event, control lines, two reserved bytes,
 * payload.
 */
const LINKTYPE_RTAC_SERIAL = 250;
const RTAC_HEADER_BYTES = 12;
/** Event types of LINKTYPE_RTAC_SERIAL. */
const STATUS_CHANGE = 0;
const DATA_TX_START = 1;
const DATA_RX_START = 2;
/** Data terminal ready, among the control lines: the port is open. */
const DTR = 0x10;
/** What a status change says in its payload: the events of the line itself. */
const STATUS_TEXT = /^(opened|tuned|closed)(?: (.*))?$/s;

/** The bytes of a capture file; pieces of one frame become one packet. */
export function recordingFile(recording: Recording): Buffer {
  if (recording.framing === 'packets')
    return writePcap({ linkType: LINKTYPE_RAW, packets: packetsOf(recording.events) });
  return writePcap({
    linkType: LINKTYPE_RTAC_SERIAL,
    packets: withSettings(joined(recording)).map(rtacPacket),
  });
}

/** The settings at the beginning have to be said in an event. */
function withSettings({ settings, events }: Recording): Recording['events'] {
  const [first] = events;
  if (first === undefined || first.kind === 'opened' || settings === undefined) return events;
  return [{ kind: 'tuned', at: first.at, settings }, ...events];
}

function rtacPacket(event: Passage | LineEvent): Packet {
  const { seconds, micros } = secondsOf(event.at);
  const header = Buffer.alloc(RTAC_HEADER_BYTES);
  header.writeUInt32BE(seconds, 0);
  header.writeUInt32BE(micros, 4);
  header.writeUInt8(rtacEvent(event.kind), 8);
  header.writeUInt8(event.kind === 'closed' ? 0 : DTR, 9);
  const payload = isPassage(event)
    ? event.bytes
    : Buffer.concat([Buffer.from(`${event.kind} `), contentOf(event)]);
  return { at: event.at, bytes: Buffer.concat([header, payload]) };
}

const rtacEvent = (kind: EventKind): number =>
  kind === 'sent' ? DATA_TX_START : kind === 'heard' ? DATA_RX_START : STATUS_CHANGE;

/** Reads a file that recordingFile wrote. Throws `recorder.not-a-capture`. */
export function readRecording(file: Uint8Array): Recording {
  const { linkType, packets } = readPcap(file);
  if (linkType === LINKTYPE_RAW)
    return { framing: 'packets', settings: undefined, events: eventsOfPackets(packets) };
  if (linkType !== LINKTYPE_RTAC_SERIAL)
    throw new GatewayError('recorder.not-a-capture', { problem: `link type ${linkType}` });
  const events = packets.flatMap(({ at, bytes }) => rtacEvents(at, bytes));
  const [first] = events;
  return {
    framing: 'wire',
    settings: first?.kind === 'tuned' ? first.settings : undefined,
    events,
  };
}

/** One event, or none: what other programs say of the state of a port is not ours. */
function rtacEvents(at: UtcMs, bytes: Uint8Array): readonly (Passage | LineEvent)[] {
  const type = bytes[8];
  const payload = bytes.subarray(RTAC_HEADER_BYTES);
  if (type === DATA_TX_START) return [eventOf('sent', at, payload)];
  if (type === DATA_RX_START) return [eventOf('heard', at, payload)];
  const [, kind, text = ''] = STATUS_TEXT.exec(Buffer.from(payload).toString()) ?? [];
  if (type !== STATUS_CHANGE || kind === undefined) return [];
  return [eventOf(kind as EventKind, at, Buffer.from(text))];
}
