/** All that somebody upstream may ask of the field side, and the answers. Crosses threads as it is. */
import type { AcknowledgeReply, AcknowledgeRequest } from './acknowledgement.ts';
import type { CommandReply, CommandRequest, RefusedCommands } from './remote-command.ts';
import type { ReplayReply } from './replay.ts';
import type { Sample } from './sample.ts';

/** What an uplink can listen to. */
export type UpstreamSubject = 'alarm' | 'command';

/** Bounded in size, rate and number. */
export type UpstreamRequest =
  /** Gets one answer. */
  | { readonly about: 'alarm'; readonly request: AcknowledgeRequest }
  /** Gets one or two; the last one is `ended`. */
  | { readonly about: 'command'; readonly request: CommandRequest }
  /** At most one a second of an uplink; gets no answer. */
  | { readonly about: 'refused-commands'; readonly refused: RefusedCommands }
  /** How all tags stand now; gets one answer. */
  | { readonly about: 'present' };

export type UpstreamReply =
  | { readonly about: 'replay'; readonly reply: ReplayReply }
  | { readonly about: 'alarm'; readonly reply: AcknowledgeReply }
  | { readonly about: 'command'; readonly reply: CommandReply }
  | { readonly about: 'present'; readonly samples: readonly Sample[] };
