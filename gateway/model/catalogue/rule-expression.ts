import type { ErrorText } from '../errors.ts';

/** Every problem of an expression is for the one who wrote it, and has a place in it. */
const operator = (en: string, zh: string, hintEn: string, hintZh: string): ErrorText => ({
  kind: 'operator',
  message: { en, zh },
  hint: { en: hintEn, zh: hintZh },
});

/** What the form alone tells. */
const form = {
  'rule.expression-empty': operator(
    'the expression is empty',
    '表达式为空',
    'write one, such as press.oil_temp > 75',
    '请写出表达式，例如 press.oil_temp > 75',
  ),
  'rule.expression-too-long': operator(
    'the expression has more than {max} characters',
    '表达式超过 {max} 个字符',
    'derive a tag from a part of it, and use that tag',
    '请把其中一部分写成派生点，再使用该点',
  ),
  'rule.expression-too-complex': operator(
    'the expression has more than {nodes} parts, or brackets and calls more than {depth} deep',
    '表达式超过 {nodes} 个部分，或括号与函数嵌套超过 {depth} 层',
    'derive a tag from a part of it, and use that tag',
    '请把其中一部分写成派生点，再使用该点',
  ),
  'rule.cut-short': operator(
    'the expression ends too early',
    '表达式未写完',
    'something is missing behind it: a value, a closing bracket, or the other half of ? :',
    '后面缺少内容：值、右括号，或 ? : 的后半部分',
  ),
  'rule.unexpected': operator(
    '{found} cannot stand here',
    '此处不能出现 {found}',
    'operators are && || ! == != < <= > >= + - * / % in and a ? b : c; text stands in quotes',
    '可用运算符：&& || ! == != < <= > >= + - * / % in 以及 a ? b : c；文本须加引号',
  ),
  'rule.instead': operator(
    '{found} means nothing in an expression',
    '表达式中没有 {found} 这种写法',
    'write {instead}',
    '请写成 {instead}',
  ),
  'rule.unit-in-expression': operator(
    'an expression has no units: {found}',
    '表达式中不写单位：{found}',
    'leave the unit out: a number takes the unit of the tag beside it; convert(tag, "kPa") converts',
    '请去掉单位：数值按旁边的点的单位理解；换算用 convert(点, "kPa")',
  ),
  'rule.full-width': operator(
    '{found} is a full-width or typographic character',
    '{found} 是全角或排版字符',
    'write {instead}',
    '请写成半角 {instead}',
  ),
  'rule.text-open': operator(
    'the text has no closing quote on its line',
    '文本在本行没有右引号',
    'close it with the quote with which it begins',
    '请用与开头相同的引号结束',
  ),
  'rule.escape': operator(
    '{found} means nothing in a text',
    '文本中的 {found} 没有意义',
    'a backslash is written twice: "C:\\\\data"',
    '反斜杠要写两个："C:\\\\data"',
  ),
  'rule.text-too-long': operator(
    'the text has more than {max} characters',
    '文本超过 {max} 个字符',
    'shorten it',
    '请缩短',
  ),
  'rule.number-form': operator(
    '{found} is no number',
    '{found} 不是数',
    'write 42, 0.5, 1e-3 or 0xFF',
    '请写成 42、0.5、1e-3 或 0xFF',
  ),
  'rule.number-too-large': operator(
    '{found} has more digits than can be calculated with',
    '{found} 的位数超出可计算范围',
    'the largest whole number is 2^53, 9007199254740992',
    '最大整数为 2^53，即 9007199254740992',
  ),
  'rule.list-wanted': operator(
    'behind "in" a list is wanted',
    '"in" 后面应为列表',
    'write it out: press.status in [1, 2, 5]',
    '请直接写出：press.status in [1, 2, 5]',
  ),
  'rule.list-entry': operator(
    '{found} cannot stand in a list',
    '列表中不能有 {found}',
    'a list has numbers, texts, true and false, or names of constants',
    '列表中只能是数、文本、true、false 或常量名',
  ),
  'rule.not-in-language': operator(
    'rules do not know {what}',
    '规则不支持 {what}',
    'there are tags, constants, numbers, texts, operators, and the functions in docs/reference-rules.md',
    '只有点、常量、数、文本、运算符以及 docs/reference-rules.zh-CN.md 中的函数',
  ),
} as const satisfies Record<string, ErrorText>;

/** Names. */
const names = {
  'rule.unknown-tag': operator(
    'there is no tag {name}',
    '没有点 {name}',
    'did you mean: {known}',
    '是否想写：{known}',
  ),
  'rule.unknown-name': operator(
    'there is no constant or parameter {name}',
    '没有常量或参数 {name}',
    'did you mean: {known}; a tag is written device.quantity, and text stands in quotes',
    '是否想写：{known}；点写作 设备.量，文本须加引号',
  ),
  'rule.unknown-word': operator(
    'there is no constant or parameter {name}',
    '没有常量或参数 {name}',
    'a tag is written with its device, device.quantity; a text stands in quotes',
    '点要写上设备：设备.量；文本须加引号',
  ),
  'rule.unknown-function': operator(
    'there is no function {name}',
    '没有函数 {name}',
    'did you mean: {known}',
    '是否想写：{known}',
  ),
  'rule.unknown-quality': operator(
    'no sample has the quality {found}',
    '没有质量 {found}',
    'did you mean: {known}; for all bad ones there is isBad(tag)',
    '是否想写：{known}；判断所有 bad 请用 isBad(点)',
  ),
} as const satisfies Record<string, ErrorText>;

/** Types and units. */
const types = {
  'rule.wrong-type': operator(
    '{what} must be {wanted}, and {text} is {found}',
    '{what} 应为 {wanted}，而 {text} 是 {found}',
    'a flag becomes a number with x ? 1 : 0, a number a flag with x != 0, a text a number with number(x)',
    '布尔转数：x ? 1 : 0；数转布尔：x != 0；文本转数：number(x)',
  ),
  'rule.wrong-result': operator(
    'here a {wanted} is wanted, and {text} is a {found}',
    '此处需要 {wanted}，而 {text} 是 {found}',
    'compare it to get a flag (x > 5); a duration over duration("1s") is a number; text(x) is a text',
    '比较可得到 flag（x > 5）；时长除以 duration("1s") 得到数；text(x) 得到文本',
  ),
  'rule.types-differ': operator(
    'the two sides of {op} are {left} and {right}',
    '{op} 两边分别是 {left} 和 {right}',
    'both have to be of one type: x ? 1 : 0, x != 0, number(x) and text(x) convert',
    '两边类型必须相同：可用 x ? 1 : 0、x != 0、number(x)、text(x) 转换',
  ),
  'rule.duration-and-number': operator(
    'the two sides of {op} are {left} and {right}',
    '{op} 两边分别是 {left} 和 {right}',
    'a duration has its unit and quotes: age(press.oil_temp) > "30s"; over duration("1s") it is a number',
    '时长要带单位并加引号：age(press.oil_temp) > "30s"；除以 duration("1s") 得到数',
  ),
  'rule.flag-compared': operator(
    'the two sides of {op} are {left} and {right}',
    '{op} 两边分别是 {left} 和 {right}',
    'a flag is true or false and needs no comparison: press.pump, and !press.pump for the opposite',
    'flag 只有 true 和 false，无需比较：press.pump，取反写 !press.pump',
  ),
  'rule.number-in-quotes': operator(
    'the two sides of {op} are {left} and {right}',
    '{op} 两边分别是 {left} 和 {right}',
    'a number stands without quotes: x > 75; number(x) makes one of the text of a tag',
    '数不加引号：x > 75；点的文本值用 number(x) 转成数',
  ),
  'rule.comparison-chain': operator(
    'what was compared already cannot be compared again with {op}',
    '比较的结果不能再用 {op} 比较',
    'write 1 < x && x < 3 for 1 < x < 3',
    '1 < x < 3 应写成 1 < x && x < 3',
  ),
  'rule.not-of-comparison': operator(
    '! belongs to what stands right behind it, and not to all of the {op}',
    '! 只作用于紧跟其后的部分，而不是整个 {op} 比较',
    'put brackets around the comparison: !(x > 3)',
    '请给比较加括号：!(x > 3)',
  ),
  'rule.not-for-type': operator(
    '{op} does not work on {found}',
    '{op} 不能用于 {found}',
    'it works on {wanted}; a comparison such as x > 5 is a flag',
    '它只能用于 {wanted}；x > 5 这样的比较得到 flag',
  ),
  'rule.units-differ': operator(
    '{left} and {right} are different units',
    '{left} 与 {right} 是不同的单位',
    'convert one of them: convert(x, "{left}")',
    '请换算其中一个：convert(x, "{left}")',
  ),
  'rule.units-unlike': operator(
    '{left} and {right} are units of different things',
    '{left} 与 {right} 不是同一类量的单位',
    'name another tag; in a rule of thumb number(text(x)) is x without its unit',
    '请改用其他点；经验公式中 number(text(x)) 为去掉单位的 x',
  ),
  'rule.convert-unit': operator(
    '{unit} is no unit that can be converted',
    '无法换算单位 {unit}',
    'known are {known}',
    '可用单位：{known}',
  ),
  'rule.convert-no-unit': operator(
    'the unit of {text} is not known',
    '{text} 的单位未知',
    'give the tag its unit: in the site, or calculate with a factor',
    '请在站点中为该点写上 unit，或自行乘以系数',
  ),
  'rule.convert-dimension': operator(
    '{from} is a unit of {from_dimension} and {to} one of {to_dimension}',
    '{from}（{from_dimension}）与 {to}（{to_dimension}）不是同一量纲',
    'name a unit of {from_dimension}',
    '请使用 {from_dimension} 的单位',
  ),
} as const satisfies Record<string, ErrorText>;

/** Functions. */
const calls = {
  'rule.not-a-method': operator(
    '{name} is not written behind a dot',
    '{name} 不能写在点号之后',
    'write {usage}',
    '请写成 {usage}',
  ),
  'rule.argument-count': operator(
    '{name} has {found} arguments here',
    '此处 {name} 有 {found} 个参数',
    'write {usage}',
    '请写成 {usage}',
  ),
  'rule.tag-wanted': operator(
    '{name} looks at a tag, and {text} is none',
    '{name} 需要一个点，而 {text} 不是点',
    'name a tag; for a calculated value derive one first',
    '请写点名；若是计算值，请先派生一个点',
  ),
  'rule.literal-duration': operator(
    '{text} is no duration',
    '{text} 不是时长',
    'write it as text with its unit: "500ms", "30s", "5m", "8h"; a constant may be one too',
    '请写成带单位的文本："500ms"、"30s"、"5m"、"8h"；也可用时长常量',
  ),
  'rule.duration-range': operator(
    '{text} is too short or too long here',
    '{text} 在此处过短或过长',
    'from 1ms to {most}',
    '可为 1ms 至 {most}',
  ),
  'rule.literal-percent': operator(
    '{text} is no percentage',
    '{text} 不是百分数',
    'write a number from 0 to 100',
    '请写 0 至 100 的数',
  ),
  'rule.literal-text': operator(
    '{text} has to be a text in quotes',
    '{text} 应为带引号的文本',
    'write {usage}',
    '请写成 {usage}',
  ),
  'rule.time-of-day': operator(
    '{text} is no time of day',
    '{text} 不是时刻',
    'write it as "06:00" or "22:30"',
    '请写成 "06:00" 或 "22:30"',
  ),
  'rule.window-too-long': operator(
    '{text} would keep {samples} samples of {tag}, and at most {most} are kept',
    '{text} 需保留 {tag} 的 {samples} 个样本，最多 {most} 个',
    'shorten the window, or read the tag less often than every {scan_ms} ms',
    '请缩短窗口，或降低该点的采集频率（当前每 {scan_ms} ms）',
  ),
  'rule.windows-too-costly': operator(
    'the windows of the expression look at {samples} samples each time, and at most {most} are allowed',
    '该表达式的窗口每次需查看 {samples} 个样本，最多 {most} 个',
    'shorten the windows, or derive tags from parts of it; a percentile counts {percentile} times',
    '请缩短窗口，或把部分写成派生点；percentile 按 {percentile} 倍计',
  ),
  'rule.too-many-findings': operator(
    'there is more wrong in the expression: {left} more',
    '表达式还有其他问题：另有 {left} 处',
    'put these right first',
    '请先改正以上问题',
  ),
} as const satisfies Record<string, ErrorText>;

/** Expressions of rules. */
export const ruleExpressionErrors = { ...form, ...names, ...types, ...calls } as const;
