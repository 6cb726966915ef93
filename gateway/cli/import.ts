/** `headgate import`: a table of points from a spreadsheet, as the YAML of a device. */
import { basename } from 'node:path';
import type { RowProblem } from '../../config/import/reader.ts';
import { tagsOf } from '../../config/import/tags.ts';
import { vocabularyOf } from '../../config/import/vocabulary.ts';
import { renderDevice } from '../../config/import/yaml.ts';
import { DEVICE_NAME, SITE_NAME } from '../../config/options.ts';
import { loadProfiles } from '../../config/profiles.ts';
import type { DriverOptions } from '../../drivers/driver.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';
import type { TextOptions } from '../host/schema.ts';
import { GatewayError, type Language } from '../model/errors.ts';
import { baseOption, tableAt } from './register-table.ts';
import type { Call, Verb } from './verb.ts';

const DEFAULT_BUS = 'line1';

export const importVerb: Verb = {
  usage: 'headgate import <file.csv> [--device name] [--bus name] [--protocol modbus] [--base 0|1]',
  about: {
    en: 'Turns a table of points into a device with tags, ready for a file in devices/. The table is CSV with a line that names the columns, in English or Chinese: name, address, function code, data type, scale, unit, byte order, read/write, note. A scale is what the raw number is multiplied by. Rows that are not understood are told on standard error; the others are printed, and the exit code is 1.',
    zh: '把点表转换为带测点的设备，可直接放入 devices/ 文件夹。点表为 CSV，含列标题行（中英文均可）：名称、地址、功能码、数据类型、倍率、单位、字节序、读写、备注。倍率为原始值的乘数。无法理解的行列在标准错误输出，其余照常打印，退出码为 1。',
  },
  options: {
    device: {
      type: 'string',
      placeholder: 'name',
      help: { en: "the device's name (the file's)", zh: '设备名称（默认取文件名）' },
    },
    bus: {
      type: 'string',
      placeholder: 'name',
      help: { en: `the bus it is on (${DEFAULT_BUS})`, zh: `所在总线（默认 ${DEFAULT_BUS}）` },
    },
    protocol: {
      type: 'string',
      placeholder: 'name',
      help: { en: 'what the device speaks (modbus)', zh: '设备协议（默认 modbus）' },
    },
    base: {
      type: 'string',
      placeholder: '0|1',
      help: {
        en: 'whether plain addresses count from 0, as on the wire, or from 1; 40001 always counts from 1',
        zh: '普通地址从 0（线上地址）还是从 1 开始计数；40001 形式总是从 1 开始',
      },
    },
    json: { type: 'boolean', help: { en: 'tags and problems as JSON', zh: '以 JSON 输出' } },
  },
  examples: [
    [
      'headgate import boiler.csv --bus line2 > my-site/devices/boiler.yaml',
      { en: 'a device from the table of its manual', zh: '由手册点表生成设备' },
    ],
  ],
  async run(call) {
    const [path, ...more] = call.positionals;
    if (path === undefined || more.length > 0) throw usage('name one CSV file');
    const names = {
      device: named(call.values.device ?? deviceNameOf(path), 'device', DEVICE_NAME),
      bus: named(call.values.bus ?? DEFAULT_BUS, 'bus', SITE_NAME),
      protocol: String(call.values.protocol ?? 'modbus'),
    };
    const file = basename(path);
    const driver = driverOf(names.protocol);
    const base = baseOption(call, 'import');
    const table = await tableAt(path, file);
    const vocabulary = vocabularyOf(await loadProfiles(DRIVER_OPTIONS)).quantities;
    const { tags, problems } = tagsOf(table, { file, driver, base, vocabulary });
    if (call.values.json) call.print(JSON.stringify({ ...names, tags, problems }));
    else {
      call.print(renderDevice(names, tags));
      if (problems.length > 0) call.note(report(problems, call));
    }
    return problems.length === 0 ? 0 : 1;
  },
};

const usage = (problem: string) => new GatewayError('cli.usage', { verb: 'import', problem });

function named(name: string | boolean, option: string, { pattern, max = 64 }: TextOptions): string {
  const text = String(name);
  if (pattern?.test(text) && text.length <= max) return text;
  throw usage(`"${text}" cannot be the name of a ${option}; say --${option} name`);
}

/** `Boiler 2.csv` is `boiler_2`; a name that has nothing for it is `device`. */
function deviceNameOf(path: string): string {
  const stem = basename(path)
    .replace(/\.[^.]*$/, '')
    .toLowerCase();
  const name = stem.replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+|_+$/g, '');
  return name === '' ? 'device' : name.slice(0, 64);
}

function driverOf(protocol: string): DriverOptions {
  const driver = DRIVER_OPTIONS.get(protocol);
  if (driver) return driver;
  throw usage(`there is no protocol "${protocol}": ${[...DRIVER_OPTIONS.keys()].join(', ')}`);
}

function report(problems: readonly RowProblem[], { language }: Call): string {
  const rows = new Set(problems.map(({ line }) => line)).size;
  const lines = problems.map((one) => lineOf(one, language));
  const summary = language === 'zh' ? `${rows} 行未导入：` : `${rows} row(s) were not imported:`;
  return [summary, ...lines].join('\n');
}

function lineOf({ line, column, code, message, hint }: RowProblem, language: Language): string {
  const place = language === 'zh' ? `第 ${line} 行 ${column}` : `row ${line} ${column}`;
  return `${place}: ${message[language]} [${code}]\n  → ${hint[language]}`;
}
