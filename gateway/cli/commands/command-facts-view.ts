/** What the status says about commands, on one line. Pure. */
import type { CommandFacts } from '../../command/command-answers.ts';
import { COMMAND_ORIGINS, COMMAND_OUTCOMES, ORIGIN_WORDS } from '../../model/command.ts';
import { fill, type Language } from '../../model/errors.ts';
import { OUTCOMES } from './command-words.ts';

const WORDS = {
  en: {
    commands: 'commands',
    refused: 'refused messages',
    waiting: 'waiting',
    held: 'held by {origin}',
  },
  zh: { commands: '命令', refused: '拒收报文', waiting: '等待中', held: '{origin}控制的点' },
} as const satisfies Record<Language, object>;

/** That rules own tags is how it is meant to be. */
const TOLD_OWNERS = COMMAND_ORIGINS.filter((origin) => origin !== 'rule');

/** None where nothing happened, and nobody but rules has a say about a tag. */
export function commandLines(facts: CommandFacts | undefined, language: Language): string[] {
  if (facts === undefined) return [];
  const words = WORDS[language];
  const counts: readonly (readonly [name: string, count: number])[] = [
    ...COMMAND_OUTCOMES.map((of) => [OUTCOMES[of][language], facts.outcomes[of]] as const),
    [words.refused, facts.refused],
    [words.waiting, facts.waiting],
    ...TOLD_OWNERS.map(
      (of) => [fill(words.held, { origin: ORIGIN_WORDS[of][language] }), facts.owned[of]] as const,
    ),
  ];
  const told = counts.filter(([, count]) => count > 0).map(([name, count]) => `${name} ${count}`);
  return told.length > 0 ? [`${words.commands}: ${told.join(' · ')}`] : [];
}
