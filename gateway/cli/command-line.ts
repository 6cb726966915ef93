/** From arguments to an exit code: finds the verb, reads its options, puts errors into words. */
import { parseArgs } from 'node:util';
import { GatewayError, type Language, reasonOf } from '../model/errors.ts';
import { type Call, helpOf, table, type Verb, type Words } from './verb.ts';

/** A verb as the overview shows it. */
export interface VerbEntry {
  readonly summary: Words;
  readonly load: () => Promise<Verb>;
}

export type Verbs = Readonly<Record<string, VerbEntry>>;

/** Where a call comes from and where its answers go. */
export type Terminal = Omit<Call, 'positionals' | 'values' | 'lists'>;

const OK = 0;
const FAILED = 1;
const WRONG_USAGE = 2;

/**
 * Carries out one call: 0 done, 1 the answer is no or it was interrupted, 2 wrong usage. Rejects only for what is a
 * mistake of ours.
 */
export async function commandLine(
  verbs: Verbs,
  argv: readonly string[],
  terminal: Terminal,
): Promise<number> {
  try {
    return await dispatch(verbs, argv, terminal);
  } catch (error) {
    if (terminal.signal.aborted) return FAILED;
    if (!(error instanceof GatewayError)) throw error;
    const { language, note } = terminal;
    note(`${error.describe(language)}\n  → ${error.hint(language)}`);
    if (error.cause !== undefined) note(`  (${reasonOf(error.cause)})`);
    return error.code === 'cli.usage' ? WRONG_USAGE : FAILED;
  }
}

async function dispatch(verbs: Verbs, argv: readonly string[], terminal: Terminal) {
  const { language, print, note } = terminal;
  const [name = '', ...rest] = argv;
  if (name === '' || name === '--help' || name === '-h' || name === 'help') {
    print(overview(verbs, language));
    return name === '' ? WRONG_USAGE : OK;
  }
  const entry = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (entry === undefined) {
    note(`${unknownVerb(name, language)}\n\n${overview(verbs, language)}`);
    return WRONG_USAGE;
  }
  const verb = await entry.load();
  if (rest.includes('--help') || rest.includes('-h')) {
    print(helpOf(verb, language));
    return OK;
  }
  return verb.run({ ...parse(name, verb, rest), ...terminal });
}

/** `-5` is a value and `->` an arrow; parseArgs takes both for options. */
const IS_NO_OPTION = /^-+(\d|>)/;
const SHIELD = '\0';
const unshielded = (text: string): string =>
  text.startsWith(SHIELD) ? text.slice(SHIELD.length) : text;

function parse(name: string, verb: Verb, args: readonly string[]) {
  const options = Object.fromEntries(
    Object.entries(verb.options).map(([option, { type, repeats = false }]) => [
      option,
      { type, multiple: repeats },
    ]),
  );
  try {
    const parsed = parseArgs({
      args: args.map((arg) => (IS_NO_OPTION.test(arg) ? `${SHIELD}${arg}` : arg)),
      options,
      allowPositionals: true,
      strict: true,
    });
    const values: Record<string, string | boolean> = {};
    const lists: Record<string, string[]> = {};
    for (const [option, value] of Object.entries(parsed.values))
      if (Array.isArray(value)) lists[option] = value.map((text) => unshielded(String(text)));
      else if (value !== undefined)
        values[option] = typeof value === 'string' ? unshielded(value) : value;
    return { positionals: parsed.positionals.map(unshielded), values, lists };
  } catch (error) {
    throw new GatewayError('cli.usage', { verb: name, problem: reasonOf(error) });
  }
}

function overview(verbs: Verbs, language: Language): string {
  const rows = Object.entries(verbs).map(
    ([name, { summary }]) => [name, summary[language]] as const,
  );
  return language === 'zh'
    ? `用法: headgate <命令> [选项]\n\n${table(rows)}\n\n"headgate <命令> --help" 查看该命令的说明。`
    : `usage: headgate <verb> [options]\n\n${table(rows)}\n\n"headgate <verb> --help" explains each of them.`;
}

const unknownVerb = (name: string, language: Language): string =>
  language === 'zh' ? `没有命令 "${name}"` : `there is no verb "${name}"`;
