/**
 * Whether anything of a site can be written. The door for writes is loaded by gateways that need it: it is some thirty
 * files that the others start without.
 */
import type { Site } from '../config/site.ts';
import type { CommandAnswer, CommandQuestion } from './command/command-answers.ts';
import type { Commands } from './commands.ts';
import type { Clock } from './host/clock.ts';
import { timeBasisOf } from './host/stamp.ts';
import { commandEventTag } from './model/event-tag.ts';
import type { CommandRequest, RefusedCommands } from './model/remote-command.ts';
import type { Sample } from './model/sample.ts';
import type { Tag } from './model/tag.ts';
import type { UpstreamReply } from './model/upstream.ts';

export type MakeCommands = (...of: ConstructorParameters<typeof Commands>) => Commands;

type Writable = Pick<Site, 'devices'>;
type Audited = Pick<Site, 'devices' | 'uplinks'>;

const isWritable = ({ devices }: Writable): boolean =>
  devices.some(({ tags }) => tags.some(({ write }) => write));

/** A supervising platform may ask for what is refused and has to be in the audit, also where no tag can be written. */
const isAudited = (site: Audited): boolean =>
  isWritable(site) || site.uplinks.some((uplink) => 'hj212' in uplink);

/** The tags of the gateway's own for the audit; none of a site in which nobody can want anything. */
export const commandEventTags = (site: Audited): readonly Tag[] =>
  isAudited(site) ? [commandEventTag()] : [];

/** The audit of what was refused to an uplink, where there is no door for writes that keeps it. */
export async function refusedAudit(refused: RefusedCommands, clock: Clock): Promise<Sample> {
  const { refusedSample } = await import('./command/command-event.ts');
  const stamp = { time: clock.utc(), timeBasis: timeBasisOf(clock) };
  return refusedSample(refused.uplink, refused.counts, stamp);
}

/** What is said to who wants to write a tag there all the same. */
export const nothingWritable = ({ tag }: Pick<CommandQuestion, 'tag'>): CommandAnswer => ({
  ...{ id: '', tag, state: 'ended', outcome: 'rejected', took_ms: 0 },
  reason: { code: 'command.tag-unknown', details: { tag } },
});

/** What a command from upstream is answered there. */
export const rejectedUpstream = ({ id, tag }: CommandRequest): UpstreamReply => {
  const reason = { code: 'command.tag-unknown', details: { tag } } as const;
  const end = { outcome: 'rejected', reason, tookMs: 0 } as const;
  return { about: 'command', reply: { state: 'ended', id, tag, end } };
};

/** Undefined where nothing can be written. */
export async function commandsFor(site: Writable): Promise<MakeCommands | undefined> {
  if (!isWritable(site)) return undefined;
  const { Commands: Made } = await import('./commands.ts');
  return (...of) => new Made(...of);
}
