/** The command line: arguments in, exit code out. 0 done · 1 the answer is no · 2 wrong usage. */
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { helpOf, table, type Verb, type Words } from './cli/verb.ts';
import { systemClock } from './host/clock.ts';
import { languageOf } from './host/language.ts';
import { GatewayError, type Language, reasonOf } from './model/errors.ts';

interface VerbEntry {
  readonly summary: Words;
  readonly load: () => Promise<Verb>;
}

/** Each verb is loaded when it is called: `status` does not pay for what `run` needs. */
const VERBS: Readonly<Record<string, VerbEntry>> = {
  run: {
    summary: { en: 'run the gateway of a site', zh: '运行站点的网关' },
    load: async () => (await import('./cli/run.ts')).runVerb,
  },
  demo: {
    summary: {
      en: 'a simulated site with its own broker, and a delivery summary',
      zh: '模拟站点与内置代理，结束时打印送达统计',
    },
    load: async () => (await import('./cli/demo.ts')).demoVerb,
  },
  check: {
    summary: {
      en: "every problem of a site's configuration at once",
      zh: '一次列出站点配置的所有问题',
    },
    load: async () => (await import('./cli/check.ts')).checkVerb,
  },
  plan: {
    summary: {
      en: 'the exact requests of a site, how long they take and the load of each bus',
      zh: '站点的准确请求帧、耗时与各总线负载',
    },
    load: async () => (await import('./cli/plan.ts')).planVerb,
  },
  read: {
    summary: {
      en: 'read one address of one device, without a site',
      zh: '无需站点，读取设备的一个地址',
    },
    load: async () => (await import('./cli/read.ts')).readVerb,
  },
  write: {
    summary: {
      en: 'write one value to one device, without a site',
      zh: '无需站点，向设备写入一个值',
    },
    load: async () => (await import('./cli/write.ts')).writeVerb,
  },
  decode: {
    summary: {
      en: 'explain the bytes of a frame',
      zh: '解释报文的每个字节',
    },
    load: async () => (await import('./cli/decode.ts')).decodeVerb,
  },
  status: {
    summary: { en: 'what the running gateway is doing', zh: '正在运行的网关的状态' },
    load: async () => (await import('./cli/status.ts')).statusVerb,
  },
  swap: {
    summary: {
      en: 'tell the running gateway that a meter was replaced or reset',
      zh: '告知正在运行的网关：某只表已更换或清零',
    },
    load: async () => (await import('./cli/swap.ts')).swapVerb,
  },
  sim: {
    summary: { en: 'only the simulated field of a site', zh: '只运行站点的模拟现场' },
    load: async () => (await import('./cli/sim.ts')).simVerb,
  },
};

const OK = 0;
const FAILED = 1;
const WRONG_USAGE = 2;

async function main(argv: readonly string[], language: Language): Promise<number> {
  const [name = '', ...rest] = argv;
  if (name === '' || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(overview(language));
    return name === '' ? WRONG_USAGE : OK;
  }
  const entry = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (entry === undefined) {
    process.stderr.write(`${unknownVerb(name, language)}\n\n${overview(language)}`);
    return WRONG_USAGE;
  }
  const verb = await entry.load();
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(helpOf(verb, language));
    return OK;
  }
  return call(name, verb, rest, language);
}

async function call(
  name: string,
  verb: Verb,
  args: readonly string[],
  language: Language,
): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const done = verb.run({
    ...parse(name, verb, args),
    language,
    clock: systemClock(),
    signal: stop.signal,
    input: () => text(process.stdin),
    confirm: (question) => confirm(question, stop.signal),
    print: (line) => process.stdout.write(`${line}\n`),
    note: (line) => process.stderr.write(`${line}\n`),
  });
  return done.catch((error: unknown) => {
    if (stop.signal.aborted) return FAILED;
    throw error;
  });
}

async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^(y|yes|是)$/i.test((await terminal.question(`${question} `, { signal })).trim());
  } finally {
    terminal.close();
  }
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

function overview(language: Language): string {
  const rows = Object.entries(VERBS).map(
    ([name, { summary }]) => [name, summary[language]] as const,
  );
  return language === 'zh'
    ? `用法: headgate <命令> [选项]\n\n${table(rows)}\n\n"headgate <命令> --help" 查看该命令的说明。\n`
    : `usage: headgate <verb> [options]\n\n${table(rows)}\n\n"headgate <verb> --help" explains each of them.\n`;
}

const unknownVerb = (name: string, language: Language): string =>
  language === 'zh' ? `没有命令 "${name}"` : `there is no verb "${name}"`;

const language = languageOf(process.env);
try {
  process.exitCode = await main(process.argv.slice(2), language);
} catch (error) {
  if (!(error instanceof GatewayError)) throw error;
  process.stderr.write(`${error.describe(language)}\n  → ${error.hint(language)}\n`);
  if (error.cause !== undefined) process.stderr.write(`  (${reasonOf(error.cause)})\n`);
  process.exitCode = error.code === 'cli.usage' ? WRONG_USAGE : FAILED;
}
