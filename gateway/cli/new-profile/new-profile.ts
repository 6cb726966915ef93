/** `headgate new-profile`: a maker's list of registers as a profile; whatever is assumed on the way is told. */
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { tagsOf } from '../../../config/import/tags.ts';
import { vocabularyOf } from '../../../config/import/vocabulary.ts';
import { renderProfile } from '../../../config/import/yaml.ts';
import { PROFILE_ID } from '../../../config/options.ts';
import type { Problem } from '../../../config/problem.ts';
import { draftProfile } from '../../../config/profile-draft.ts';
import { loadProfiles } from '../../../config/profiles.ts';
import { renderProblems } from '../../../config/report.ts';
import { parseYaml } from '../../../config/yaml-document.ts';
import { ORDERS } from '../../../drivers/codec/registers.ts';
import { modbusOptions } from '../../../drivers/modbus/options.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';
import { GatewayError } from '../../model/errors.ts';
import { baseOption, tableAt } from '../register-table.ts';
import type { Call, Verb } from '../verb.ts';
import { renderFound } from './found-view.ts';

export const newProfileVerb: Verb = {
  usage:
    'headgate new-profile <file.csv> [--id maker/model] [--base 0|1] [--order cdab] [--out file.yaml]',
  about: {
    en: 'Turns a list of registers, as makers have it in their manuals, into a profile. The list is CSV with a line that names the columns, in English or Chinese: name, address, function, data type, scale, unit, read/write and more; in UTF-8 or GB18030, separated by commas, semicolons or tabs. Addresses are decimal, hexadecimal or as 40001. What a line leaves open is assumed: each assumption is told with line and column, and stands in the profile with a question mark. Lines without a meaning are told and left out, and the exit code is 1.',
    zh: '把厂家手册中的寄存器表转换为设备模板。寄存器表为 CSV，含列标题行（中英文均可）：名称、地址、功能码、数据类型、倍率、单位、读写等；编码为 UTF-8 或 GB18030，以逗号、分号或制表符分隔；地址可为十进制、十六进制或 40001 形式。表中未说明之处按最可能的含义处理：逐条列出行、列及所作假定，并在模板中以问号标出。无法理解的行列出后略去，退出码为 1。',
  },
  options: {
    id: {
      type: 'string',
      placeholder: 'maker/model',
      help: { en: 'the id of the profile (own/<file>)', zh: '模板 id（默认 own/<文件名>）' },
    },
    base: {
      type: 'string',
      placeholder: '0|1',
      help: {
        en: 'whether plain addresses count from 0, as on the wire, or from 1',
        zh: '普通地址从 0（线上地址）还是从 1 开始计数',
      },
    },
    order: {
      type: 'string',
      placeholder: 'order',
      help: {
        en: 'of values of several registers: abcd, cdab, badc or dcba',
        zh: '多寄存器数值的字节序：abcd、cdab、badc 或 dcba',
      },
    },
    out: {
      type: 'string',
      placeholder: 'file.yaml',
      help: {
        en: 'a new file for it: my-site/profiles/boiler.yaml; printed when left out',
        zh: '写入新文件，例如 my-site/profiles/boiler.yaml；缺省则打印',
      },
    },
    json: {
      type: 'boolean',
      help: { en: 'tags, assumptions and problems as JSON', zh: '以 JSON 输出' },
    },
  },
  examples: [
    [
      'headgate new-profile boiler.csv --id own/boiler --out my-site/profiles/boiler.yaml',
      { en: 'a profile that a device of the site may name', zh: '生成站点设备可引用的模板' },
    ],
  ],
  async run(call) {
    const [path, ...more] = call.positionals;
    if (path === undefined || more.length > 0) throw usage('name one CSV file');
    const id = idOf(call, path);
    const { quantities, wordings } = vocabularyOf(await loadProfiles(DRIVER_OPTIONS));
    const table = await tableAt(path, path);
    const found = tagsOf(table, {
      ...{ file: path, driver: modbusOptions, vocabulary: quantities, assuming: true },
      ...{ base: baseOption(call, VERB), order: orderOf(call) },
    });
    const facts = { ...{ id, wordings, doubts: found.doubts }, source: basename(path) };
    const text = `${renderProfile(facts, found.tags)}\n`;
    const out = call.values.out === undefined ? undefined : String(call.values.out);
    const slips = problemsOf(text, out ?? `${id}.yaml`);
    if (out !== undefined) await writeNew(resolve(out), text);
    else if (!call.values.json) call.print(text.trimEnd());
    const { unused } = table;
    if (call.values.json) call.print(JSON.stringify({ id, ...found, unused }));
    else call.note(renderFound(found, { id, unused, out, language: call.language }));
    if (slips.length > 0) call.note(renderProblems(slips, call.language));
    const isWhole = found.problems.length === 0 && found.tags.length > 0;
    return isWhole && slips.every(({ severity }) => severity !== 'error') ? 0 : 1;
  },
};

const VERB = 'new-profile';
const usage = (problem: string) => new GatewayError('cli.usage', { verb: VERB, problem });

/** `Boiler 2.csv` is `own/boiler-2`. */
function idOf({ values }: Call, path: string): string {
  const stem = basename(path)
    .replace(/\.[^.]*$/, '')
    .toLowerCase();
  const model = stem.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '') || 'device';
  const { pattern, max = 0 } = PROFILE_ID;
  const id = String(values.id ?? `own/${model}`);
  if (pattern?.test(id) && id.length <= max) return id;
  throw usage(`"${id}" cannot be the id of a profile; say --id maker/model`);
}

function orderOf({ values: { order } }: Call): string | undefined {
  if (order === undefined || ORDERS.some((known) => known === order)) return order?.toString();
  throw usage(`--order is one of ${ORDERS.join(', ')}`);
}

/** What the check of a site would say of the profile. */
function problemsOf(text: string, file: string): readonly Problem[] {
  const { root, problems } = parseYaml(text, file);
  return [...problems, ...(root ? draftProfile(root, DRIVER_OPTIONS).problems : [])];
}

/** Throws `cli.file-taken` and `cli.not-written`. */
async function writeNew(file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    const isThere = code === 'EEXIST' && syscall === 'open';
    throw new GatewayError(isThere ? 'cli.file-taken' : 'cli.not-written', { file }, error);
  }
}
