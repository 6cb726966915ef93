import type { ErrorText } from '../errors.ts';

/** Every problem of a rule's YAML is for the one who writes it, and has a place. */
const operator = (en: string, zh: string, hintEn: string, hintZh: string): ErrorText => ({
  kind: 'operator',
  message: { en, zh },
  hint: { en: hintEn, zh: hintZh },
});

/** The form of single values. */
const forms = {
  'rules.name-form': operator(
    '{found} cannot be the name of a rule, template, record or group',
    '{found} 不能作为规则、模板、记录或分组的名称',
    'a name has at most 64 of a-z, 0-9, - and _, and begins with a letter: press-overheat',
    '名称最多 64 个字符，只用 a-z、0-9、- 和 _，以字母开头：press-overheat',
  ),
  'rules.bare-name-form': operator(
    '{found} cannot be the name of a constant, parameter or value',
    '{found} 不能作为常量、参数或数值的名称',
    'a name has at most 64 of a-z, 0-9 and _, and begins with a letter; true, false, null, in and step are taken: oil_limit',
    '名称最多 64 个字符，只用 a-z、0-9 和 _，以字母开头；true、false、null、in、step 已被占用：oil_limit',
  ),
  'rules.derived-name-form': operator(
    '{found} cannot be the id of a tag',
    '{found} 不能作为测点名',
    'a device or area and a name, joined by a point; a-z, 0-9 and _ only: press.power',
    '由设备或区域与名称组成，以点连接；只用 a-z、0-9 和 _：press.power',
  ),
  'rules.not-expression': operator(
    '"{key}" needs an expression, not {found}',
    '“{key}”应为表达式，而不是 {found}',
    'text such as press.oil_temp > 75, or a number, true or false',
    '文本，例如 press.oil_temp > 75，或数字、true、false',
  ),
  'rules.not-plain': operator(
    '"{key}" needs text, a number, true or false, not {found}',
    '“{key}”应为文本、数字、true 或 false，而不是 {found}',
    'write one value here',
    '此处请写一个值',
  ),
  'rules.severity': operator(
    '{found} is no severity',
    '{found} 不是有效的严重度',
    'low, medium, high, urgent, or a number from 1 to 1000',
    'low、medium、high、urgent，或 1 到 1000 的数字',
  ),
  'rules.time-of-day': operator(
    '"{key}" needs a time of day, not {found}',
    '“{key}”应为一天中的时刻，而不是 {found}',
    'hours and minutes in quotes: "06:30"',
    '时和分，加引号："06:30"',
  ),
  'rules.instant': operator(
    '"{key}" needs a date and time with its offset from UTC, not {found}',
    '“{key}”应为带时区偏移的日期时间，而不是 {found}',
    'in quotes: "2026-01-01T08:00:00+08:00"',
    '加引号："2026-01-01T08:00:00+08:00"',
  ),
  'rules.cron': operator(
    '{found} is no cron time: {reason}',
    '{found} 不是有效的 cron 时间：{reason}',
    'minute, hour, day, month, weekday: "0 6 * * 1-5" is six o\'clock from Monday to Friday',
    '分 时 日 月 星期："0 6 * * 1-5" 表示周一至周五六点',
  ),
} as const satisfies Record<string, ErrorText>;

/** Templates, constants and placeholders. */
const templates = {
  'rules.unknown-template': operator(
    'there is no template {found}',
    '没有模板 {found}',
    'templates of this site, the likeliest first: {known}',
    '本站点的模板（最接近的在前）：{known}',
  ),
  'rules.template-nested': operator(
    'a template cannot be made from a template',
    '模板不能由另一个模板生成',
    'write the rule out here',
    '请在此写出完整规则',
  ),
  'rules.argument-missing': operator(
    'template "{template}" needs the argument "{key}" ({kind})',
    '模板“{template}”需要参数“{key}”（{kind}）',
    'add it under "arguments", or give the parameter a default',
    '请在 arguments 下添加，或为该参数设置 default',
  ),
  'rules.argument-kind': operator(
    'parameter "{key}" needs a value of kind {kind}, not {found}',
    '参数“{key}”应为 {kind} 类型，而不是 {found}',
    'tag: the id of a tag; number: digits; flag: true or false; duration: 10s; text: any text',
    'tag：测点名；number：数字；flag：true 或 false；duration：10s；text：任意文本',
  ),
  'rules.unknown-placeholder': operator(
    'nothing is called {found} here',
    '此处没有名为 {found} 的常量或参数',
    'constants and parameters, the likeliest first: {known}',
    '常量和参数（最接近的在前）：{known}',
  ),
  'rules.placeholder-in-expression': operator(
    `an expression names constants and parameters without \${…}`,
    `在表达式中引用常量和参数时不写 \${…}`,
    'write the bare name: input > limit',
    '请直接写名称：input > limit',
  ),
} as const satisfies Record<string, ErrorText>;

/** What a rule says against itself. */
const parts = {
  'rules.message-empty': operator(
    'the message has no text',
    '报警文本为空',
    'write one text, or { zh: …, en: … }',
    '请写一段文本，或 { zh: …, en: … }',
  ),
  'rules.message-brace': operator(
    'a brace that has no partner in the message',
    '报警文本中的大括号不成对',
    'a value stands in {…}; a brace itself is written twice: {{ or }}',
    '数值写在 {…} 中；大括号本身写两次：{{ 或 }}',
  ),
  'rules.message-digits': operator(
    '{found} is no number of digits',
    '{found} 不是小数位数',
    'digits behind the point stand behind a colon: {press.oil_temp:1}; a unit stands behind the brace',
    '小数位数写在冒号后：{press.oil_temp:1}；单位写在大括号之后',
  ),
  'rules.message-quotes': operator(
    'the braces of this message begin a map of YAML',
    '报警文本中的大括号被 YAML 当成了键值',
    'put the whole message in quotes: "{press.oil_temp} °C"',
    '请给整段文本加引号："{press.oil_temp} °C"',
  ),
  'rules.message-step': operator(
    'only the message of a sequence has a {step}',
    '只有 sequence 规则的报警文本可用 {step}',
    'remove it, or write an expression between the braces',
    '请删除，或在大括号中写表达式',
  ),
  'rules.clear-twice': operator(
    '"deadband" and "clear_when" both say when the condition ends',
    '“deadband”和“clear_when”都规定了条件何时结束',
    'remove one of them',
    '请删除其中一个',
  ),
  'rules.deadband-comparison': operator(
    'a deadband needs a "when" that is one comparison of numbers with <, <=, > or >=',
    '使用 deadband 时，“when”必须是一个用 <、<=、> 或 >= 的数值比较',
    'write clear_when instead',
    '请改用 clear_when',
  ),
  'rules.latch-without-alarm': operator(
    'nothing could end this latched condition',
    '该锁存条件无法解除',
    'add reset_when, or an alarm that somebody can acknowledge',
    '请添加 reset_when，或添加可确认的报警',
  ),
  'rules.step-first-within': operator(
    'the first step has no step before it to be measured from',
    '第一步之前没有步骤，无法计时',
    'remove "within" here',
    '请删除此处的 within',
  ),
  'rules.position-missing': operator(
    'sunrise and sunset need the position of the site',
    '日出日落需要站点位置',
    'add under gateway: position: { latitude: 36.9, longitude: 122.4 }',
    '请在 gateway 下添加 position: { latitude: 36.9, longitude: 122.4 }',
  ),
} as const satisfies Record<string, ErrorText>;

/** Rules against tags, and against each other. */
const between = {
  'rules.unknown-rule': operator(
    'there is no rule {found}',
    '没有规则 {found}',
    'rules of this site, the likeliest first: {known}',
    '本站点的规则（最接近的在前）：{known}',
  ),
  'rules.no-alarm': operator(
    'rule {found} has no alarm',
    '规则 {found} 没有报警',
    'name a rule with an alarm',
    '请写一条带报警的规则',
  ),
  'rules.write-access': operator(
    'tag {tag} cannot be written: {access}',
    '测点 {tag} 不可写：{access}',
    'set access: read-write at the tag, if the device takes it',
    '如果设备允许，请在测点上设置 access: read-write',
  ),
  'rules.write-derived': operator(
    'tag {tag} is derived by rule "{rule}" and cannot be written',
    '测点 {tag} 由规则“{rule}”计算得出，不可写',
    'write a tag of a device',
    '请写设备的测点',
  ),
  'rules.text-value': operator(
    'tag {tag} takes a text, and this is read as a name',
    '测点 {tag} 需要文本，而此处会被当作名称',
    'a text as a value has quotes of its own: {example}',
    '文本值要另加一层引号：{example}',
  ),
  'rules.write-type': operator(
    'tag {tag} takes a {needs}, not a {found}',
    '测点 {tag} 需要 {needs}，而不是 {found}',
    "a flag is true or false; a text in an expression has quotes: 'auto'",
    "flag 为 true 或 false；表达式中的文本要加引号：'auto'",
  ),
  'rules.write-twice': operator(
    'rule "{other}" writes {tag} as well, at {first}',
    '规则“{other}”也写测点 {tag}，位于 {first}',
    'two rules can undo what the other did; let one of them decide',
    '两条规则可能互相覆盖；请只由一条规则决定',
  ),
  'rules.write-origin': operator(
    '{tag} lets no rule write it: each command would be rejected',
    '测点 {tag} 不允许规则写入：每次都会被拒绝',
    'add rule to "by" under "write" of the tag, or let a person do it',
    '请在该测点“write”的“by”中加入 rule，或由人员操作',
  ),
  'rules.write-limits': operator(
    '{tag} takes {allowed}, and never {value}: each command would be rejected',
    '测点 {tag} 只接受 {allowed}，不接受 {value}：每次都会被拒绝',
    'write another value, or change "range" or "values" under "write" of the tag',
    '请改写其他值，或修改该测点“write”中的“range”或“values”',
  ),
  'rules.release-safe': operator(
    '{tag} is released right after it was written: where nobody else has a say, its safe value {safe} is written at once',
    '测点 {tag} 写入后随即释放：若无其他控制者，将立即写入其安全值 {safe}',
    'leave the release out, so that the value stays; or leave silent out of "on" under "safe" of the tag',
    '若要保持该值，请去掉 release；或从该测点“safe”的“on”中去掉 silent',
  ),
  'rules.derived-taken': operator(
    '{tag} is a tag of a device already',
    '{tag} 已是设备的测点',
    'choose another name',
    '请另取名称',
  ),
  'rules.derived-made': operator(
    '{tag} is a tag that the gateway makes itself',
    '{tag} 是网关自身生成的测点',
    'choose another name',
    '请另取名称',
  ),
  'rules.derived-twice': operator(
    '{tag} is derived by rule "{other}" already, at {first}',
    '{tag} 已由规则“{other}”计算，位于 {first}',
    'one tag has one rule: choose another name',
    '一个测点只能由一条规则计算：请另取名称',
  ),
  'rules.derived-cycle': operator(
    'derived tags need each other in a circle: {cycle}',
    '派生测点循环引用：{cycle}',
    'break the circle: one of them has to do without the others',
    '请断开循环：其中一个不能依赖其他',
  ),
  'rules.device-reserved': operator(
    'the name "{name}" is kept for what the gateway tells by itself',
    '名称“{name}”保留给网关自身使用',
    'choose another name',
    '请另取名称',
  ),
  'rules.too-many': operator(
    '"{key}" has {count} entries; at most {max}',
    '“{key}”有 {count} 项，最多 {max} 项',
    'split it up; use several gateways for a site of this size',
    '请拆分；这种规模的站点请使用多个网关',
  ),
  'rules.window-memory': operator(
    'the windows of all rules would keep {size} MiB of samples; at most {max} MiB. The largest is that of {tag}',
    '所有规则的时间窗共需保存 {size} MiB 采样，最多 {max} MiB。最大的是 {tag}',
    'shorten the windows, or read these tags less often',
    '请缩短时间窗，或降低这些测点的采集频率',
  ),
} as const satisfies Record<string, ErrorText>;

/** Tests that stand in rules. */
const tests = {
  'rules.test-step-twice': operator(
    'the step stands in the test and in its series',
    'step 在测试和 series 中各写了一次',
    'remove one of them',
    '请删除其中一个',
  ),
  'rules.test-expects-nothing': operator(
    'this test expects nothing, so it is always green',
    '该测试没有任何期望，总会通过',
    'say what has to happen, or that nothing must: { alarms: [], writes: [] }',
    '请写出应发生的事；不应发生任何事时写 { alarms: [], writes: [] }',
  ),
  'rules.test-after-end': operator(
    'this is expected at {at}, and the test ends at {length}',
    '期望时刻为 {at}，而测试在 {length} 结束',
    'make "length" longer, or leave it out: a test runs until what is expected last',
    '请加大 length，或删除它：测试会运行到最后一个期望时刻',
  ),
  'rules.test-names-nothing': operator(
    'this entry of "{key}" names nothing beside its time',
    '“{key}”的这一项除时间外没有内容',
    'for example { at: 20s, press.pump: false }',
    '例如 { at: 20s, press.pump: false }',
  ),
  'rules.test-value-type': operator(
    'tag {tag} shows a {needs}, not {found}',
    '测点 {tag} 的值类型为 {needs}，而不是 {found}',
    "numbers stand bare, text in quotes ('auto'), flags are true or false",
    "数字直接写，文本加引号（'auto'），flag 为 true 或 false",
  ),
} as const satisfies Record<string, ErrorText>;

export const ruleConfigErrors = {
  ...forms,
  ...templates,
  ...parts,
  ...between,
  ...tests,
} as const satisfies Record<string, ErrorText>;
