/**
 * What the options of rules mean, in Chinese, by what their declarations say in English: where a declaration changes, its
 * words here no longer fit, and a test says so.
 */
import type { TableWords } from '../config/render-table.ts';
import { CELL_WORDS_ZH } from './rules-reference-zh-cell.ts';
import { READING_WORDS_ZH } from './rules-reference-zh-reading.ts';

const WORDS: Readonly<Record<string, string>> = {
  ...CELL_WORDS_ZH,
  ...READING_WORDS_ZH,
  'What every rule may say.': '所有规则共有的选项。',
  'What the rule is for.': '规则的用途。',
  'shadow: evaluated and shown, but writes and alarms stay inside. off: not evaluated.':
    'shadow：求值并显示，但写入和报警不发出。off：不求值。',
  'How often the rule is evaluated without a new sample, where it looks at time; 1s when left out. A window of days needs no second hand.':
    '涉及时间的规则在没有新样本时多久求值一次；省略时为 1s。以天计的窗口不必每秒计算。',
  'What the rule does with given series; a site with a red test does not load.':
    '规则在给定序列下的行为；有测试未通过的站点不会加载。',
  'A condition: what is done, and which alarm stands, while it holds.':
    '条件规则：条件成立时执行的动作和产生的报警。',
  'The condition. It never turns on while a value it needs is bad.':
    '条件。所需的值为 bad 时绝不会触发。',
  'What ends it; when left out: that `when` is false.': '恢复条件；省略时为 `when` 为假。',
  'Instead of clear_when, where `when` is one comparison: how far the value has to go back.':
    '代替 clear_when，用于 `when` 是单个比较时：值须回落多少（死区）。',
  'How long `when` has to be true without a break.': '`when` 须不间断地为真多久（延时）。',
  'How long the end has to last without a break.': '恢复须不间断地持续多久（延时）。',
  'Whether the condition stays on until reset_when, or, without one, until its alarm is acknowledged.':
    '自锁：条件保持触发，直到 reset_when 成立；没有写时直到其报警被确认。',
  'Lets a latched condition end.': '允许自锁的条件恢复。',
  'What is done when the condition turns on.': '条件触发时执行的动作。',
  'What is done when it ends.': '条件恢复时执行的动作。',
  'Of a condition or a sequence.': '用于条件规则和顺序规则。',
  'low (200), medium (500), high (700), urgent (900), or a number from 1 to 1000 (OPC 10000-9 §5.5.2).':
    'low（200）、medium（500）、high（700）、urgent（900），或 1 到 1000 的数（OPC 10000-9 §5.5.2）。',
  'What people read, as one text or as { zh, en }. {expression} is its value, {expression:1} with one digit behind the point; {{ and }} are braces.':
    '报警文字：一个文本，或 { zh, en }。{表达式} 显示其值，{表达式:1} 保留一位小数；{{ 和 }} 为花括号。',
  'Whether the alarm stands after the condition cleared until somebody acknowledges it.':
    '条件恢复后，报警是否保留到有人确认。',
  'Acknowledged and still active after so long, the alarm becomes unacknowledged again.':
    '确认后经过该时间仍未恢复，则重新变为未确认。',
  'A group of alarms; the first of it that became active is marked.':
    '报警组；标记其中最先触发的报警（首出）。',
  'While it is true the alarm is suppressed.': '为真期间抑制该报警。',
  'actions: write': '动作：write',
  'actions: release': '动作：release',
  'actions: record': '动作：record',
  'In `do`, `on_clear` and `else`.': '用于 `do`、`on_clear` 和 `else`。',
  'The tag that is written.': '要写入的点。',
  'What is written: a value, or a text that is an expression; a text as a value has quotes of its own: "\'auto\'".':
    '写入的内容：值，或作为表达式的文本；文本值须另加引号："\'auto\'"。',
  'How long the rule claims the tag; when left out, until it releases it.':
    '规则占用该点多久；省略时直到规则释放。',
  'The tag that the rule gives up: another origin may have it from now on.':
    '规则放弃的点：此后其他来源可以写入。',
  'The name of the record.': '记录的名称。',
  'The values of the record, by name; at most 64.': '记录的各个值，按名称；最多 64 个。',
  'A tag whose value is computed.': '由计算得到值的点。',
  'The id of the new tag. The part before the last dot may be a device or a new name.':
    '新点的名称。最后一个点号之前可以是设备名或新名称。',
  'Its value.': '点的值。',
  'The unit of the value, as it is shown.': '显示用的单位。',
  'Digits behind the decimal point; the value is rounded.': '小数位数；值会四舍五入。',
  'A change of this much or less is not stored; 0 drops only equals.':
    '变化不超过此值时不存储（死区）；0 表示只舍去相同的值。',
  'The longest time without a stored sample, whatever the deadband says.':
    '无论死区如何，最长多久存储一次样本。',
  'Something that is done at a time.': '在某个时刻执行动作。',
  'What becomes of a time that passed while the gateway was off or its clock was wrong.':
    '网关停机或时钟不准期间错过的时刻如何处理。',
  'Nothing is done where it is not true.': '不为真时不执行。',
  'What is done at these times.': '到时执行的动作。',
  'Minute, hour, day, month, weekday, in the time zone of the site.':
    '分、时、日、月、星期，按站点时区。',
  'A time of day.': '一天中的时刻。',
  'On these days; every day when left out.': '在哪几天；省略时为每天。',
  'Needs gateway.position.': '需要 gateway.position。',
  'So long after, or with a minus before. From -12h to 12h.':
    '之后多久，负数为之前。范围 -12h 至 12h。',
  'A loop that holds a value at a setpoint.': '使某个值保持在设定值的回路。',
  'With `on_off` or `pi`.': '须有 `on_off` 或 `pi`。',
  'What is controlled.': '被控量。',
  'Where it should be: a number or an expression.': '设定值：数或表达式。',
  'The loop acts while it is true; when left out, always.': '为真时回路工作；省略时始终工作。',
  'heat: more output below the setpoint. cool: more output above it.':
    'heat：低于设定值时加大输出。cool：高于设定值时加大输出。',
  'Between switching on and off, in the unit of the input; half of it on each side of the setpoint.':
    '开与关之间的回差，单位与输入相同；设定值两侧各一半。',
  'The shortest time on.': '最短开启时间。',
  'The shortest time off.': '最短关闭时间。',
  'Output units per input unit.': '比例增益：每单位输入对应的输出。',
  'Reset time of the integral part.': '积分时间。',
  'The least output.': '输出下限。',
  'The most output.': '输出上限。',
  'How often the output is computed.': '多久计算一次输出。',
  'A smaller change of the output is not written.': '输出变化小于此值时不写入（死区）。',
  'Written where input or setpoint have been without value for so long.':
    '输入或设定值中断达到该时间后写入的值。',
  'How long.': '多久。',
  'Steps that have to be seen one after the other, in time.': '必须按时依次出现的步骤。',
  'What is done when the last step was seen in time.': '最后一步按时出现时执行的动作。',
  'What is done when a step was not.': '某一步未按时出现时执行的动作。',
  'What is to be seen, in this order.': '依次应出现的步骤。',
  'Begins anew, without `else`.': '重新开始，不执行 `else`。',
  'What people call the step.': '步骤的名称。',
  'The step is seen when it is true.': '为真即表示该步骤出现。',
  'How long it may take after the step before; the first step has no limit.':
    '前一步之后最多多久；第一步没有时限。',
  'A rule made from a template.': '由模板生成的规则。',
  'The template that the rule is made from.': '所用的模板。',
  "The values of the template's parameters, by name.": '模板参数的值，按名称。',
  'Run in virtual time whenever the site is loaded.': '每次加载站点时以虚拟时间运行。',
  'What the test shows, as a sentence.': '用一句话说明测试的内容。',
  'What the wall clock shows at the beginning.': '开始时的系统时间。',
  'The time of one step.': '一步的时长。',
  'The samples of tags, by tag, one item each step: 60x10 80x20 is ten steps of 60 and twenty of 80. `step` among them is the time of one step, 1s when left out.':
    '各点的样本，每步一项：60x10 80x20 表示 10 步为 60，20 步为 80。其中的 `step` 为一步的时长，省略时为 1s。',
  'How long the test runs; to the end of the longest series, or of what is expected, when left out.':
    '测试的长度；省略时到最长的序列或最后一个预期结束。',
  'What people do meanwhile.': '期间人的操作。',
  'What is left out is not looked at.': '没有写的项目不检查。',
  'What happens to alarms, all of it; an empty list: nothing.':
    '报警的全部变化；空列表表示没有变化。',
  'All writes, as { at, tag: value }.': '全部写入，写作 { at, 点: 值 }。',
  'All records, as { at, name: { key: value } }.': '全部记录，写作 { at, 名称: { 键: 值 } }。',
  'What tags show at a time, as { at, tag: value }; bad: no value.':
    '点在某时刻的值，写作 { at, 点: 值 }；bad 表示没有值。',
  'A rule of which others are made.': '用于生成其他规则的规则。',
  'What differs from rule to rule: bare names in expressions, ${name} elsewhere.': `各规则之间的差异：表达式中直接写名称，其他地方写 \${name}。`,
  'Any rule.': '任意规则。',
  'What it stands for.': '代表什么。',
  'The unit of a number.': '数的单位。',
  'Its value where the rule gives none.': '规则未给出时的值。',
  'What it is for.': '用途。',
  'A value by itself, `night_rate: 0.31`, or with its unit.':
    '单独的值，如 `night_rate: 0.31`，或带单位。',
  'The value; a text like 30s is a duration.': '值；形如 30s 的文本为时长。',
  'Its unit.': '单位。',
  'When there are too many alarms.': '报警过多时（报警泛滥）。',
  'More activations than this are a flood (ISA-18.2 §16.5.3).':
    '触发次数超过此值即为报警泛滥（ISA-18.2 §16.5.3）。',
  'In so long.': '统计的时间。',
  temperature: '温度',
  pressure: '压力',
  voltage: '电压',
  current: '电流',
  power: '有功功率',
  'apparent power': '视在功率',
  'reactive power': '无功功率',
  energy: '有功电能、能量',
  'apparent energy': '视在电能',
  'reactive energy': '无功电能',
  volume: '体积',
  flow: '流量',
  length: '长度',
  speed: '速度',
  mass: '质量（重量）',
  frequency: '频率',
  rotation: '转速',
  time: '时间',
  ratio: '比值',
};

const RANGE = / From (\S+) to (\S+)\.$/;
const WITH = /^(rules\.&lt;name&gt;.*) with (\w+)$/;
const PLAIN_TITLE = /^(rules|templates|constants|alarms)\.[\w.&;]+$/;

/** Throws where there are no words for it. */
export function inChinese(text: string): string {
  const [, title, key] = WITH.exec(text) ?? [];
  if (title !== undefined) return `${title}（含 ${key}）`;
  if (PLAIN_TITLE.test(text)) return text;
  const whole = WORDS[text];
  if (whole !== undefined) return whole;
  const [, from, to] = RANGE.exec(text) ?? [];
  const words = WORDS[text.replace(RANGE, '')];
  if (words === undefined) throw new Error(`no Chinese words for: ${text}`);
  return `${words}范围 ${from} 至 ${to}。`;
}

export const TABLE_WORDS_ZH: TableWords = {
  columns: ['键', '值', '默认', '含义'],
  required: '必填',
  example: (value) => `例：${value}。`,
  kinds: {
    duration: '时长',
    rate: '速率',
    decimal: '大于 0 的数',
    expression: '表达式',
    literal: '文本、数、true、false',
    message: '文本，或 { zh, en }',
    severity: '名称或数',
    tags: '列表，或含 * 的文本',
    meter: '测点，或映射',
    threshold: '百分比、数，或 { at }',
    size: '大小',
    share: '百分比',
    object: '映射',
    array: '列表',
    string: '文本',
    boolean: 'true、false',
    integer: '整数',
    number: '数',
  },
  range: (name, from, to) => {
    if (to !== undefined) return `${name}，${from ?? '-∞'} … ${to}`;
    return from === undefined ? name : `${name}，不小于 ${from}`;
  },
  doc: inChinese,
};
