/** What a verb of the command line is, and how its help is printed. */
import type { Clock } from '../host/clock.ts';
import type { Language } from '../model/errors.ts';

export type Words = Readonly<Record<Language, string>>;

export interface VerbOption {
  readonly type: 'string' | 'boolean';
  /** Shown behind the option's name: `--for <duration>`. */
  readonly placeholder?: string;
  /** May be given several times; its values are in `lists`. */
  readonly repeats?: boolean;
  readonly help: Words;
}

/** One call of a verb: what was typed, and where answers go. */
export interface Call {
  readonly positionals: readonly string[];
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  /** Of the options that repeat, in the order they were given. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly language: Language;
  readonly clock: Clock;
  /** Aborted by SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Everything on standard input. */
  input(): Promise<string>;
  /** What a person at the terminal types; undefined where nobody sits at one. */
  ask(question: string): Promise<string | undefined>;
  /** Whether a person at the terminal agrees; false where nobody sits at one. */
  confirm(question: string): Promise<boolean>;
  /** Answers, on standard output. */
  print(text: string): void;
  /** Progress and problems, on standard error. */
  note(text: string): void;
}

export interface Verb {
  readonly usage: string;
  readonly about: Words;
  readonly options: Readonly<Record<string, VerbOption>>;
  readonly examples: readonly (readonly [command: string, meaning: Words])[];
  /**
   * The exit code: 0 done, 1 the answer is no. Throws for wrong usage and for what cannot be done.
   */
  run(call: Call): Promise<number>;
}

/** The text of `headgate <verb> --help`. */
export function helpOf(verb: Verb, language: Language): string {
  const heading = (en: string, zh: string) => (language === 'zh' ? zh : en);
  const options = Object.entries(verb.options).map(
    ([name, { placeholder, help }]) =>
      [`--${name}${placeholder ? ` <${placeholder}>` : ''}`, help[language]] as const,
  );
  const examples = verb.examples.map(([command, meaning]) => [command, meaning[language]] as const);
  const parts = [`${heading('usage', '用法')}: ${verb.usage}`, verb.about[language]];
  if (options.length > 0) parts.push(`${heading('options', '选项')}:\n${table(options)}`);
  if (examples.length > 0) parts.push(`${heading('examples', '示例')}:\n${table(examples)}`);
  return parts.join('\n\n');
}

/** Two columns, indented, the first as wide as its widest entry. */
export function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}
