/** `headgate rules <command>`: each command of it is a verb of its own, whose first word is its name. */
import { GatewayError } from '../../model/errors.ts';
import type { Call, Verb, VerbOption } from '../verb.ts';
import { rulesApply } from './apply.ts';
import { rulesConfirm } from './confirm.ts';
import { rulesReplay } from './replay.ts';
import { rulesTest } from './rules-test.ts';

const COMMANDS: Readonly<Record<string, Verb>> = {
  test: rulesTest,
  replay: rulesReplay,
  apply: rulesApply,
  confirm: rulesConfirm,
};
const ALL = Object.values(COMMANDS);

export const rulesVerb: Verb = {
  usage: ALL.map(({ usage }) => usage).join('\n       '),
  about: {
    en: ALL.map(({ about }) => about.en).join('\n\n'),
    zh: ALL.map(({ about }) => about.zh).join('\n\n'),
  },
  // An option that two commands have means the same to both.
  options: Object.assign({}, ...ALL.map(({ options }) => options)) as Record<string, VerbOption>,
  examples: ALL.flatMap(({ examples }) => examples),
  run: (call) => commandOf(call).run({ ...call, positionals: call.positionals.slice(1) }),
};

function commandOf({ positionals, values, lists }: Call): Verb {
  const [name = ''] = positionals;
  const known = Object.keys(COMMANDS).join(', ');
  const wrong = (problem: string) => new GatewayError('cli.usage', { verb: 'rules', problem });
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined)
    throw wrong(
      name === '' ? `rules needs a command: ${known}` : `rules ${name}: commands are ${known}`,
    );
  const stray = [...Object.keys(values), ...Object.keys(lists)].find(
    (option) => !Object.hasOwn(command.options, option),
  );
  if (stray !== undefined) throw wrong(`rules ${name} has no option --${stray}`);
  return command;
}
