/** What a new site is asked about: by options, by a person at the terminal, or not at all. */
import { answerOf, type Setting } from '../../../config/kits.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Call, Words } from '../verb.ts';

export interface Question {
  readonly words: Words;
  /** What an empty answer means. */
  readonly usual: string;
  /** The option that answers it. */
  readonly flag: string;
}

/** What `of` makes of the answer; what it throws is told, and the question comes again. Throws `cli.unasked`. */
export async function asked<T>(
  call: Call,
  { words, usual, flag }: Question,
  of: (answer: string) => T,
): Promise<T> {
  const { language } = call;
  for (;;) {
    const typed = await call.ask(`${words[language]} [${usual}]:`);
    if (typed === undefined)
      throw new GatewayError('cli.unasked', { question: words.en, questionZh: words.zh, flag });
    try {
      return of(typed.trim() || usual);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      call.note(`${error.describe(language)}\n  → ${error.hint(language)}`);
    }
  }
}

/** The value of each setting, as it stands in YAML. Throws `cli.usage` for an option that cannot be. */
export async function answered(
  call: Call,
  settings: readonly Setting[],
): Promise<ReadonlyMap<Setting, string>> {
  const said = saidOf(call, settings);
  const answers = new Map<Setting, string>();
  for (const setting of settings) {
    const flag = flagOf(setting);
    const option = said.get(setting);
    if (option !== undefined) answers.set(setting, optionOf(setting, flag, option));
    else if (call.values.yes !== true) {
      const question = { words: wordsOf(setting), usual: setting.value, flag };
      answers.set(setting, await asked(call, question, (answer) => answerOf(setting, answer)));
    }
  }
  return answers;
}

const usage = (problem: string, problemZh = problem) =>
  new GatewayError('cli.usage', { verb: 'init', problem, problemZh });

const flagOf = ({ kind, name }: Setting) => (kind === 'port' ? `--bus ${name}=…` : `--${kind} …`);

function wordsOf({ kind, name }: Setting): Words {
  if (kind === 'id') return { en: 'id of the gateway', zh: '网关 id' };
  if (kind === 'timezone') return { en: 'time zone', zh: '时区' };
  if (kind === 'broker') return { en: `MQTT broker of ${name}`, zh: `${name} 的 MQTT 代理` };
  return { en: `port of the bus ${name}`, zh: `总线 ${name} 的端口` };
}

/** What the options say. */
function saidOf({ values, lists }: Call, settings: readonly Setting[]): Map<Setting, string> {
  const buses = settings.filter(({ kind }) => kind === 'port');
  const ports = (lists.bus ?? []).map((text) => {
    const [, bus = '', port = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    const setting = buses.find(({ name }) => name === bus);
    if (setting) return [setting, port] as const;
    const known = buses.map(({ name }) => name).join(', ') || '—';
    throw usage(`--bus ${text}: say name=port; the buses of the kit: ${known}`);
  });
  const single = (['id', 'timezone', 'broker'] as const).flatMap((kind) => {
    const value = values[kind];
    if (value === undefined) return [];
    const meant = settings.filter((setting) => setting.kind === kind);
    if (meant.length === 0) throw usage(`--${kind}: the kit has none`);
    return meant.map((setting) => [setting, String(value)] as const);
  });
  return new Map([...single, ...ports]);
}

function optionOf(setting: Setting, flag: string, value: string): string {
  try {
    return answerOf(setting, value);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const [en, zh] = (['en', 'zh'] as const).map((language) => error.describe(language));
    throw usage(`${flag}: ${en}`, `${flag}：${zh}`);
  }
}
