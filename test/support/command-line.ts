/** The whole command line in this process: arguments in; words and exit code out. */
import { commandLine, type Verbs } from '../../gateway/cli/command-line.ts';
import type { Verb } from '../../gateway/cli/verb.ts';
import { type Clock, systemClock } from '../../gateway/host/clock.ts';
import type { Language } from '../../gateway/model/errors.ts';

export interface Called {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CallOptions {
  readonly language?: Language;
  readonly clock?: Clock;
  /** What is piped in. */
  readonly input?: string;
  /** What the person at the terminal types at each question; without, nobody sits at one. */
  readonly types?: (question: string) => string;
  /** Whether the person at the terminal agrees. */
  readonly agrees?: boolean | (() => boolean);
  readonly signal?: AbortSignal;
}

export async function called(
  verbs: Readonly<Record<string, Verb>>,
  argv: readonly string[],
  options: CallOptions = {},
): Promise<Called> {
  const { agrees = false } = options;
  const out: string[] = [];
  const err: string[] = [];
  const entries: Verbs = Object.fromEntries(
    Object.entries(verbs).map(([name, verb]) => [
      name,
      { summary: { en: name, zh: name }, load: async () => verb },
    ]),
  );
  const status = await commandLine(entries, argv, {
    language: options.language ?? 'en',
    clock: options.clock ?? systemClock(),
    signal: options.signal ?? new AbortController().signal,
    input: async () => options.input ?? '',
    ask: async (question) => options.types?.(question),
    confirm: async () => (typeof agrees === 'function' ? agrees() : agrees),
    print: (text) => out.push(text),
    note: (text) => err.push(text),
  });
  return { status, stdout: out.join('\n'), stderr: err.join('\n') };
}
