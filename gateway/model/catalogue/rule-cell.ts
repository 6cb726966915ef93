import type { ErrorText } from '../errors.ts';

const operator = (en: string, zh: string, hintEn: string, hintZh: string): ErrorText => ({
  kind: 'operator',
  message: { en, zh },
  hint: { en: hintEn, zh: hintZh },
});

/** What can be wrong with a rule that looks at a machine cell. */
export const ruleCellErrors = {
  'rules.so-many-of': operator(
    '"{key}" needs so many of the last so many, not {found}',
    '“{key}”应写成“最近几次中的几次”，而不是 {found}',
    'for example 3 of 5: more than half, and of at most {max}',
    '例如 3 of 5：须超过半数，且总数不超过 {max}',
  ),
  'rules.threshold': operator(
    '"{key}" needs a threshold, not {found}',
    '“{key}”应为阈值，而不是 {found}',
    '20% of what was learnt, an amount such as 0.5, or a value of its own: { at: 80 }',
    '可写相对学习值的百分比（20%）、变化量（0.5），或固定值：{ at: 80 }',
  ),
  'rules.date': operator(
    '"{key}" needs a date, not {found}',
    '“{key}”应为日期，而不是 {found}',
    'year, month and day, in quotes: "2026-10-01"',
    '请写年月日并加引号："2026-10-01"',
  ),
  'rules.cell-never-runs': operator(
    'nothing tells when this cell runs',
    '无法判断该工作站何时运行',
    'give it running, cycle.active or green, for example running: ct.current > 2',
    '请给出 running、cycle.active 或 green 之一，例如 running: ct.current > 2',
  ),
  'rules.cell-cycle-twice': operator(
    '"{key}" and "{other}" both tell when a cycle ends',
    '“{key}”和“{other}”都在说明循环何时结束',
    'keep one of them; a counter (count) misses nothing',
    '请只保留一个；计数器（count）不会漏数',
  ),
  'rules.cell-no-parts': operator(
    '"{key}" is of no use: nothing tells when a part is ready',
    '“{key}”不起作用：无法判断何时完成一件',
    'add cycle with count, active, or start and end; or a counter such as good',
    '请添加 cycle（count、active，或 start 与 end），或 good 等计数器',
  ),
  'rules.cell-name-twice': operator(
    'two handshakes are called {name}',
    '两个握手的名称都是 {name}',
    'give each a name of its own',
    '请分别命名',
  ),
  'rules.cell-value-taken': operator(
    'the record of a part has a value "{name}" already',
    '零件记录中已有“{name}”这一项',
    'choose another name',
    '请另取名称',
  ),
  'rules.cell-shift-twice': operator(
    'two shifts begin at {time}',
    '有两个班次都在 {time} 开始',
    'remove one of them',
    '请删除其中一个',
  ),
  'rules.cell-break-empty': operator(
    'this break ends when it begins, at {time}',
    '该休息时段的开始和结束都是 {time}',
    'say when it ends; over midnight is right: { from: "23:45", to: "00:15" }',
    '请写出结束时刻；可以跨午夜：{ from: "23:45", to: "00:15" }',
  ),
  'rules.cell-wear-order': operator(
    'the limit of {name} is reached before its warning',
    '“{name}”的极限值会先于预警值到达',
    'make "limit" further away than "warn", for example warn: 20% and limit: 50%',
    '“limit”应比“warn”更远，例如 warn: 20%，limit: 50%',
  ),
  'rules.timezone-unsaid': operator(
    'rule {rule} has days and shifts, and the gateway has no timezone: they are those of UTC',
    '规则 {rule} 按日或按班次统计，但网关没有写时区：将按 UTC 计算',
    'say where the site is: gateway: { timezone: Asia/Shanghai }',
    '请写明站点的时区：gateway: { timezone: Asia/Shanghai }',
  ),
  'rules.alarm-which': operator(
    'rule {found} has several alarms',
    '规则 {found} 有多个报警',
    'say which one: {known}',
    '请指明是哪一个：{known}',
  ),
  'rules.made-taken': operator(
    'the rule makes the tag {tag}, which is there already',
    '该规则会生成测点 {tag}，但该名称已被占用',
    'say what stands before the dot of its tags: tags: cell_b',
    '请用 tags 指定其测点的前缀：tags: cell_b',
  ),
} as const satisfies Record<string, ErrorText>;
