/** `headgate init`: a few questions, and a new folder with a site that can be checked and run. */
import { relative, resolve } from 'node:path';
import { kitNames, readKit, siteFiles } from '../../../config/kits.ts';
import { GatewayError, type Language } from '../../model/errors.ts';
import { checkVerb } from '../check.ts';
import { type Call, table, type Verb } from '../verb.ts';
import { answered, asked } from './questions.ts';
import { requireFree, writeSite } from './write-site.ts';

const DEFAULT_KIT = 'minimal';

export const initVerb: Verb = {
  usage: 'headgate init [folder] [--kit name] [--lang zh|en] [--yes]',
  about: {
    en: 'Writes a new site from a kit into a new folder: a complete example that is yours to change. Asks for the kit, the id of the gateway, its time zone, the broker and the port of each bus; what an option says is not asked, and with --yes the rest is as in the kit. The folder (the id of the gateway, when none is named) must not be there yet, or be empty: nothing is ever overwritten. The site is checked at the end; exit code 1 when the check finds an error.',
    zh: '由样板站点生成新站点，写入新目录：内容完整，可自行修改。依次询问样板、网关 id、时区、代理地址和各总线端口；已用选项给出的不再询问，--yes 时其余采用样板中的值。目录（缺省为网关 id）必须不存在或为空：绝不覆盖任何文件。最后检查站点；有错误时退出码为 1。',
  },
  options: {
    kit: {
      type: 'string',
      placeholder: 'name',
      help: {
        en: `what to begin with (${DEFAULT_KIT}); an unknown name lists them`,
        zh: `样板名称（默认 ${DEFAULT_KIT}）；名称不存在时列出全部`,
      },
    },
    id: {
      type: 'string',
      placeholder: 'name',
      help: { en: 'the id of the gateway', zh: '网关 id' },
    },
    timezone: {
      type: 'string',
      placeholder: 'zone',
      help: { en: 'its time zone: Asia/Shanghai', zh: '时区，例如 Asia/Shanghai' },
    },
    broker: {
      type: 'string',
      placeholder: 'url',
      help: {
        en: 'the MQTT broker: mqtts://broker.example:8883, or a host',
        zh: 'MQTT 代理：mqtts://broker.example:8883，或主机名',
      },
    },
    bus: {
      type: 'string',
      placeholder: 'name=port',
      repeats: true,
      help: {
        en: 'the port of a bus: line1=/dev/ttyS1, plc=192.168.1.10:502',
        zh: '总线端口：line1=/dev/ttyS1、plc=192.168.1.10:502',
      },
    },
    lang: {
      type: 'string',
      placeholder: 'zh|en',
      help: { en: 'the language of the questions', zh: '提问所用语言' },
    },
    yes: {
      type: 'boolean',
      help: { en: 'ask nothing: as in the kit', zh: '不提问，采用样板中的值' },
    },
    json: {
      type: 'boolean',
      help: { en: 'what the check says, as JSON', zh: '以 JSON 输出检查结果' },
    },
  },
  examples: [
    ['headgate init', { en: 'with questions', zh: '逐项提问' }],
    [
      'headgate init ./my-site --kit flats --id stairwell-9 --bus riser=/dev/ttyS2 --yes',
      { en: 'without', zh: '不提问' },
    ],
  ],
  async run(given) {
    const [named, ...more] = given.positionals;
    if (more.length > 0) throw usage('name one folder');
    const call: Call = { ...given, language: languageOf(given) };
    // Nobody answers questions in vain.
    if (named !== undefined) await requireFree(resolve(named));
    const kit = await readKit(await kitOf(call));
    const answers = await answered(call, kit.settings);
    const id = kit.settings.find(({ kind }) => kind === 'id');
    const folder = resolve(named ?? (id && (answers.get(id) ?? id.value)) ?? kit.name);
    const shown = shortest(folder);
    await writeSite(folder, siteFiles(kit, shown, answers));
    const { json } = call.values;
    if (!json) call.print(written(call.language, { kit: kit.name, shown }));
    const status = await checkVerb.run({ ...call, positionals: [folder] });
    if (!json) call.print(nextSteps(call.language, shown));
    return status;
  },
};

const usage = (problem: string) => new GatewayError('cli.usage', { verb: 'init', problem });

function languageOf({ values, language }: Call): Language {
  if (values.lang === undefined) return language;
  if (values.lang === 'zh' || values.lang === 'en') return values.lang;
  throw usage('--lang is zh or en');
}

/** Throws `cli.kit-unknown`. */
async function kitOf(call: Call): Promise<string> {
  const known = await kitNames();
  const named = (answer: string): string => {
    const name = known[Number(answer) - 1] ?? answer;
    if (known.includes(name)) return name;
    throw new GatewayError('cli.kit-unknown', { found: `"${answer}"`, known: known.join(', ') });
  };
  const { kit, yes } = call.values;
  if (kit !== undefined) return named(String(kit));
  if (yes) return DEFAULT_KIT;
  const kits = await Promise.all(known.map(readKit));
  const lines = kits.map(({ name, about }, i) => `${i + 1}  ${name}: ${about[call.language]}`);
  call.note(lines.join('\n'));
  return asked(call, { words: KIT_QUESTION, usual: DEFAULT_KIT, flag: '--kit …' }, named);
}

const KIT_QUESTION = { en: 'which kit, by name or number', zh: '选择样板（名称或序号）' };

/** As somebody in this folder would type it. */
function shortest(folder: string): string {
  const here = relative(process.cwd(), folder);
  return here !== '' && !here.startsWith('..') ? `./${here}` : folder;
}

const written = (
  language: Language,
  { kit, shown }: { readonly kit: string; readonly shown: string },
) =>
  language === 'zh' ? `已由样板 ${kit} 写入 ${shown}` : `written to ${shown} from the kit ${kit}`;

const NEXT: Readonly<Record<Language, readonly (readonly [verb: string, meaning: string])[]>> = {
  en: [
    ['check', 'after each change'],
    ['demo', 'plays it without any device'],
    ['doctor', 'why a device does not answer'],
    ['run', 'until Ctrl-C; as a service: docs/install.md'],
  ],
  zh: [
    ['check', '每次修改后检查'],
    ['demo', '无需设备即可演示'],
    ['doctor', '设备不应答时诊断'],
    ['run', '运行，按 Ctrl-C 结束；作为服务安装见 docs/install.zh-CN.md'],
  ],
};

function nextSteps(language: Language, site: string): string {
  const steps = NEXT[language].map(
    ([verb, meaning]) => [`headgate ${verb} ${site}`, meaning] as const,
  );
  const heading = language === 'zh' ? '接下来：' : 'next:';
  return `\n${heading}\n${table(steps)}`;
}
