/** docs/reference-rules.md and its Chinese twin from the declarations: functions, options, units and limits of rules. */
import { ruleTables } from '../config/render-rules.ts';
import { table } from '../config/render-table.ts';
import { LONGEST_CAUSES } from '../gateway/alarms/event-causes.ts';
import { MOST_STANDING } from '../gateway/alarms/standing-alarms.ts';
import { MOST_EFFECTS } from '../gateway/cli/rules/replay-run.ts';
import { LARGEST_RECORDING } from '../gateway/cli/rules/replay-table.ts';
import type { Language } from '../gateway/model/errors.ts';
import { LONGEST_SHELF, SHORTEST_SHELF } from '../rules/alarms/alarm-outcome.ts';
import { LONGEST_TEXT } from '../rules/compiled/evaluate.ts';
import { LONGEST_MEMORY } from '../rules/compiled/memory.ts';
import { LONGEST_MESSAGE } from '../rules/compiled/message.ts';
import { MOST_ENTRIES, MOST_WINDOW_MIB } from '../rules/config/build-limits.ts';
import { MOST_STEPS_OF_SEQUENCE } from '../rules/config/options.ts';
import {
  everyRuleOptions,
  MOST_ACTIONS,
  MOST_TESTS,
  MOST_VALUES,
} from '../rules/config/options-parts.ts';
import { MOST_SERIES } from '../rules/config/options-test.ts';
import { usageOf } from '../rules/language/check-calls.ts';
import {
  LONGEST_WINDOW_TEXT,
  MOST_EXPRESSION_SAMPLES,
  MOST_WINDOW_SAMPLES,
  PERCENTILE_FACTOR,
} from '../rules/language/check-windows.ts';
import {
  EXAMPLE_TAGS,
  EXAMPLE_TIME,
  FUNCTIONS,
  type FunctionDeclaration,
  type FunctionSignature,
} from '../rules/language/functions.ts';
import { EXPRESSION_LIMITS } from '../rules/language/syntax.ts';
import { dimensionOf, UNITS } from '../rules/language/units.ts';
import { MOST_STEPS_OF_TESTS } from '../rules/tests/rule-test-subject.ts';
import { durationText } from '../rules/tests/rule-test-words.ts';
import { MOST_STEPS } from '../rules/tests/series.ts';
import { MOST_RECENT, MOST_SAVED } from '../rules/why/recent-effects.ts';
import { inChinese, TABLE_WORDS_ZH } from './rules-reference-zh.ts';

type Words = Readonly<Record<Language, string>>;

/** The whole document. */
export function renderRulesReference(language: Language): string {
  const say = ({ en, zh }: Words) => (language === 'zh' ? zh : en);
  return [
    `# ${say({ en: 'Reference of rules', zh: '规则参考手册' })}\n`,
    `${say(HEAD)}\n`,
    `## ${say({ en: 'Functions', zh: '函数' })}\n`,
    `${say(FUNCTIONS_HEAD)}\n`,
    exampleTags(say),
    ...GROUPS.flatMap(([group, title]) => [`### ${say(title)}\n`, functions(group, language, say)]),
    `## ${say({ en: 'Options', zh: '选项' })}\n`,
    `${say(OPTIONS_HEAD)}\n`,
    ...options(language),
    `## ${say({ en: 'Units', zh: '单位' })}\n`,
    `${say(UNITS_HEAD)}\n`,
    units(language, say),
    `## ${say({ en: 'Limits', zh: '限制' })}\n`,
    `${say(LIMITS_HEAD)}\n`,
    limits(say),
  ].join('\n');
}

const HEAD: Words = {
  en: 'Generated from the declarations in `rules/` by `npm run generate`. How rules are written, tested and put to work: [rules.md](rules.md). What each of them means to the letter: [SEMANTICS.md](../rules/SEMANTICS.md).',
  zh: '由 `npm run generate` 根据 `rules/` 中的声明生成。如何编写、测试和启用规则见 [rules.zh-CN.md](rules.zh-CN.md)；逐条的精确含义见 [SEMANTICS.md](../rules/SEMANTICS.md)（英文）。',
};

const FUNCTIONS_HEAD: Words = {
  en: [
    '`tag` is the name of a tag, not a calculation: `avg(a.x, "5m")`, and for `avg(a.x + a.y, "5m")` derive a tag first.',
    'Lengths of time such as `"5m"`, times of day and units are written out in quotes. What stands in `[ ]` may be left out.',
    'Functions of text may be written behind their first argument, too: `press.mode.contains("ut")`.',
    'The examples are computed by a test of the product, over these tags, which got `before` at the beginning and `value` a minute later,',
    `two minutes after the beginning, on a Thursday, at 08:30 in ${EXAMPLE_TIME.timezone}:`,
  ].join('\n'),
  zh: [
    '`tag` 是点名，不能是算式：`avg(a.x, "5m")`；需要 `avg(a.x + a.y, "5m")` 时，请先计算出一个点。',
    '时长（如 `"5m"`）、时刻和单位须加引号直接写出。`[ ]` 中的参数可以省略。',
    '文本函数也可以写在第一个参数之后：`press.mode.contains("ut")`。',
    '示例均由产品的测试实际计算。所用的点如下：开始时为“之前”的值，一分钟后变为“之后”的值，',
    `在开始两分钟后求值，当时是 ${EXAMPLE_TIME.timezone} 时区周四 08:30：`,
  ].join('\n'),
};

const OPTIONS_HEAD: Words = {
  en: 'A rule is of the kind whose key it has: `when`, `derive`, `schedule`, `loop`, `sequence`, `cell`, `combined_reading`, or `template`.',
  zh: '规则的类型由其特有的键决定：`when`、`derive`、`schedule`、`loop`、`sequence`、`cell`、`combined_reading` 或 `template`。',
};

const UNITS_HEAD: Words = {
  en: 'Units of one row are converted into each other by `convert`. Two different ones must not be compared or added. `rate` makes `bar/s` of `bar`, `integral` makes `kW·s` of `kW`; `kW·s` is energy, `m³/h·s` is volume. Other spellings are understood: `℃`, `degC`, `m3`, `l/min`, `kw`, `r/min`. What is not in the table fits everywhere and cannot be converted.',
  zh: '同一行的单位可用 `convert` 互相换算；不同的单位不能直接比较或相加。`rate` 由 `bar` 得到 `bar/s`，`integral` 由 `kW` 得到 `kW·s`；`kW·s` 属于电能，`m³/h·s` 属于体积。其他写法也能识别：`℃`、`degC`、`m3`、`l/min`、`kw`、`r/min`。表中没有的单位不作检查，也不能换算。',
};

const LIMITS_HEAD: Words = {
  en: 'What is beyond a limit is refused by `check`, or, where it comes about while rules run, left out and counted.',
  zh: '超出限制的内容由 `check` 拒绝；在运行中产生的，则舍去并计数。',
};

type Say = (words: Words) => string;

function exampleTags(say: Say): string {
  const [before, value] = [
    { en: 'before', zh: '之前' },
    { en: 'value', zh: '之后' },
  ].map(say);
  const head = `| ${say({ en: 'tag', zh: '点' })} | ${before} | ${value} | ${say({ en: 'unit', zh: '单位' })} |`;
  const rows = EXAMPLE_TAGS.map(
    (tag) =>
      `| \`${tag.id}\` | ${literal(tag.before)} | ${literal(tag.value)} | ${tag.unit ?? ''} |`,
  );
  return `${[head, '|---|---|---|---|', ...rows].join('\n')}\n`;
}

const GROUPS: readonly (readonly [FunctionDeclaration['group'], Words])[] = [
  ['tag', { en: 'Of a tag', zh: '点' }],
  ['unknown', { en: 'Where something is unknown', zh: '处理未知' }],
  ['window', { en: 'Over a time before now', zh: '时间窗口' }],
  ['memory', { en: 'Of a condition and its past', zh: '条件的历史' }],
  ['time', { en: 'Time of day, lengths of time', zh: '时刻与时长' }],
  ['number', { en: 'Of numbers', zh: '数' }],
  ['text', { en: 'Of texts', zh: '文本' }],
];

function functions(group: FunctionDeclaration['group'], language: Language, say: Say): string {
  const head = say({
    en: '| function | gives | meaning | example | result |',
    zh: '| 函数 | 结果类型 | 含义 | 示例 | 结果 |',
  });
  const rows = FUNCTIONS.filter((one) => one.group === group).map((declaration) => {
    const { doc, example } = declaration;
    const usage = usageOf(declaration)
      .split(' · ')
      .map((one) => `\`${one}\``)
      .join('<br>');
    const gives = [...new Set(declaration.signatures.map((one) => givesOf(one, say)))];
    const cells = [usage, gives.join('<br>'), doc[language], `\`${example}\``];
    return `| ${[...cells, resultOf(declaration)].join(' | ')} |`;
  });
  return `${[head, '|---|---|---|---|---|', ...rows].join('\n')}\n`;
}

const RETURNS: Readonly<Record<FunctionSignature['returns'], Words>> = {
  flag: { en: 'flag', zh: '布尔量' },
  number: { en: 'number', zh: '数' },
  text: { en: 'text', zh: '文本' },
  duration: { en: 'length of time', zh: '时长' },
  same: { en: 'as the first', zh: '同第一个参数' },
  tag: { en: 'as the tag', zh: '同该点' },
};

function givesOf({ returns, unit }: FunctionSignature, say: Say): string {
  const word = say(RETURNS[returns]);
  if (unit === 'per_second') return `${word}${say({ en: ' per second', zh: '（每秒）' })}`;
  if (unit === 'seconds') return `${word}${say({ en: ' times seconds', zh: '（×秒）' })}`;
  return word;
}

function resultOf({ result, signatures }: FunctionDeclaration): string {
  if (result === undefined) return '—';
  const isLength = signatures.some(({ returns }) => returns === 'duration');
  return isLength && typeof result === 'number' ? durationText(result) : literal(result);
}

const literal = (value: boolean | number | string): string => `\`${JSON.stringify(value)}\``;

function options(language: Language): readonly string[] {
  const words = language === 'zh' ? TABLE_WORDS_ZH : undefined;
  const doc = (text: string) => (language === 'zh' ? inChinese(text) : text);
  const all = {
    title: 'rules.&lt;name&gt;',
    doc: 'What every rule may say.',
    json: everyRuleOptions.json,
  };
  return [all, ...ruleTables()].map((one) =>
    [
      `### ${doc(one.title)}\n`,
      ...(one.doc === '' ? [] : [`${doc(one.doc)}\n`]),
      table(one.json, words),
    ].join('\n'),
  );
}

function units(language: Language, say: Say): string {
  const rows = new Map<string, string[]>();
  for (const unit of UNITS) {
    const dimension = dimensionOf(unit) ?? '';
    rows.set(dimension, [...(rows.get(dimension) ?? []), `\`${unit}\``]);
  }
  const head = say({ en: '| what | units |', zh: '| 量 | 单位 |' });
  return `${[
    head,
    '|---|---|',
    ...[...rows].map(
      ([dimension, all]) =>
        `| ${language === 'zh' ? inChinese(dimension) : dimension} | ${all.join(' ')} |`,
    ),
  ].join('\n')}\n`;
}

const count = (value: number): string => value.toLocaleString('en-US');

const LIMITS: readonly (readonly [Words, string])[] = [
  [{ en: 'rules of a site', zh: '站点的规则' }, count(MOST_ENTRIES.rules)],
  [{ en: 'templates of a site', zh: '站点的模板' }, count(MOST_ENTRIES.templates)],
  [{ en: 'constants of a site', zh: '站点的常量' }, count(MOST_ENTRIES.constants)],
  [
    { en: 'characters of an expression', zh: '表达式的字符数' },
    count(EXPRESSION_LIMITS.characters),
  ],
  [
    {
      en: 'names, values, operators and calls in an expression',
      zh: '表达式中的名称、值、运算符和函数',
    },
    count(EXPRESSION_LIMITS.nodes),
  ],
  [
    { en: 'brackets and calls within one another', zh: '括号和函数的嵌套层数' },
    count(EXPRESSION_LIMITS.depth),
  ],
  [
    { en: 'entries of a list, `x in […]`', zh: '列表 `x in […]` 的项数' },
    count(EXPRESSION_LIMITS.list),
  ],
  [
    { en: 'characters of a text in an expression', zh: '表达式中文本的字符数' },
    count(EXPRESSION_LIMITS.text),
  ],
  [{ en: 'characters of a text that is made', zh: '所得文本的字符数' }, count(LONGEST_TEXT)],
  [{ en: 'characters of a message', zh: '报警文字的字符数' }, count(LONGEST_MESSAGE)],
  [{ en: 'longest window', zh: '最长的窗口' }, LONGEST_WINDOW_TEXT],
  [{ en: 'samples of one window', zh: '单个窗口的样本数' }, count(MOST_WINDOW_SAMPLES)],
  [
    {
      en: `samples that the windows of one expression look at (those of \`percentile\` count ${PERCENTILE_FACTOR} times)`,
      zh: `单个表达式的窗口所涉及的样本数（\`percentile\` 按 ${PERCENTILE_FACTOR} 倍计）`,
    },
    count(MOST_EXPRESSION_SAMPLES),
  ],
  [{ en: 'memory of all windows of a site', zh: '站点所有窗口的内存' }, `${MOST_WINDOW_MIB} MiB`],
  [
    {
      en: 'edges of a `times`, stretches of a `runtime`',
      zh: '一个 `times` 的边沿数，一个 `runtime` 的时段数',
    },
    count(LONGEST_MEMORY),
  ],
  [{ en: 'actions of a list', zh: '一个列表中的动作' }, count(MOST_ACTIONS)],
  [{ en: 'values of a record', zh: '一条记录的值' }, count(MOST_VALUES)],
  [{ en: 'steps of a sequence', zh: '一个顺序的步骤' }, count(MOST_STEPS_OF_SEQUENCE)],
  [
    { en: 'how long an alarm is shelved', zh: '搁置时间' },
    `${durationText(SHORTEST_SHELF)} … ${durationText(LONGEST_SHELF)}`,
  ],
  [{ en: 'alarms that stand', zh: '未消除的报警' }, count(MOST_STANDING)],
  [
    { en: 'bytes of the causes that go with an event', zh: '事件所带原因的字节数' },
    count(LONGEST_CAUSES),
  ],
  [
    {
      en: 'deeds that `why` remembers, and of these over a restart',
      zh: '`why` 记住的动作，其中重启后保留的',
    },
    `${count(MOST_RECENT)}, ${count(MOST_SAVED)}`,
  ],
  [{ en: 'tests of a rule', zh: '一条规则的测试' }, count(MOST_TESTS)],
  [{ en: 'series of a test', zh: '一个测试的序列' }, count(MOST_SERIES)],
  [{ en: 'steps of a series', zh: '一个序列的步数' }, count(MOST_STEPS)],
  [
    {
      en: 'work of all tests of a site, in steps of some half a microsecond',
      zh: '站点全部测试的工作量，每步约半微秒',
    },
    count(MOST_STEPS_OF_TESTS),
  ],
  [{ en: 'effects that a replay shows', zh: '回放所列出的动作' }, count(MOST_EFFECTS)],
  [
    { en: 'largest recorded table of a replay', zh: '回放所用表格的大小' },
    `${LARGEST_RECORDING / 2 ** 20} MiB`,
  ],
];

function limits(say: Say): string {
  const head = say({ en: '| what | at most |', zh: '| 项目 | 最多 |' });
  const rows = LIMITS.map(([what, most]) => `| ${say(what)} | ${most} |`);
  return `${[head, '|---|---|', ...rows].join('\n')}\n`;
}
