/** How meters are found whose addresses nobody knows: one on the line, or all but one disconnected. Pure. */
import type { FrameFinder } from '../line/exchange.ts';
import { isReplyTo, ReplyFinder } from './client.ts';
import { DI_BYTES, SERVICES } from './control.ts';
import { ANY_ADDRESS, encodeFrame, type Frame } from './frame.ts';
import type { Version } from './identifier.ts';

/** A meter that answered. */
export interface Discovered {
  /** Twelve digits, as a device's `address:` takes them. */
  readonly address: string;
  readonly version: Version;
}

/** One question to whoever is on the line. */
export interface DiscoveryRequest {
  readonly version: Version;
  /** With the wake-up bytes. */
  readonly request: Uint8Array;
  /** A new finder for each attempt. */
  finder(): FrameFinder<Discovered>;
}

const PREAMBLE = 4;
/** Forward active energy, total: every meter has it. */
const FORWARD_ACTIVE_1997 = Uint8Array.of(0x10, 0x90);
const FORWARD_ACTIVE_2007 = Uint8Array.of(0x00, 0x00, 0x01, 0x00);

/**
 * The questions in the order to ask them: the address (13H), then energy in the words of 2007 for meters that do
 * not know 13H, then in those of 1997, whose meters know neither. A refusal is as good a sign of life as data.
 * Each goes to the address AA…AA, so only one meter may be on the line.
 */
export function discoveryRequests(): readonly DiscoveryRequest[] {
  return [
    discovery('2007', 'read-address', new Uint8Array(0)),
    discovery('2007', 'read', FORWARD_ACTIVE_2007),
    discovery('1997', 'read', FORWARD_ACTIVE_1997),
  ];
}

function discovery(
  version: Version,
  service: 'read' | 'read-address',
  data: Uint8Array,
): DiscoveryRequest {
  const asked: Frame = {
    address: ANY_ADDRESS,
    control: SERVICES[version].get(service) ?? 0,
    data,
  };
  return {
    version,
    request: encodeFrame(asked, PREAMBLE),
    finder() {
      const replies = new ReplyFinder(
        (frame) => /^\d{12}$/.test(frame.address) && isReplyTo(asked, frame, DI_BYTES[version]),
      );
      const discovered = (frame: Frame | undefined): Discovered | undefined =>
        frame && { address: frame.address, version };
      return {
        push: (bytes) => discovered(replies.push(bytes)),
        finish: () => discovered(replies.finish()),
      };
    },
  };
}
