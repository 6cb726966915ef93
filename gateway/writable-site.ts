/**
 * Whether anything of a site can be written. The door for writes is loaded by gateways that need it: it is some thirty
 * files that the others start without.
 */
import type { Site } from '../config/site.ts';
import type { CommandAnswer, CommandQuestion } from './command/command-answers.ts';
import type { Commands } from './commands.ts';
import { commandEventTag } from './model/event-tag.ts';
import type { Tag } from './model/tag.ts';

export type MakeCommands = (...of: ConstructorParameters<typeof Commands>) => Commands;

type Writable = Pick<Site, 'devices'>;

const isWritable = ({ devices }: Writable): boolean =>
  devices.some(({ tags }) => tags.some(({ write }) => write));

/** The tags of the gateway's own for the audit of writes; none of a site in which nothing can be written. */
export const commandEventTags = (site: Writable): readonly Tag[] =>
  isWritable(site) ? [commandEventTag()] : [];

/** What is said to who wants to write a tag there all the same. */
export const nothingWritable = ({ tag }: Pick<CommandQuestion, 'tag'>): CommandAnswer => ({
  ...{ id: '', tag, state: 'ended', outcome: 'rejected', took_ms: 0 },
  reason: { code: 'command.tag-unknown', details: { tag } },
});

/** Undefined where nothing can be written. */
export async function commandsFor(site: Writable): Promise<MakeCommands | undefined> {
  if (!isWritable(site)) return undefined;
  const { Commands: Made } = await import('./commands.ts');
  return (...of) => new Made(...of);
}
