import type { ErrorText } from '../errors.ts';

/** Every problem of a rule's YAML is for the one who writes it, and has a place. */
const operator = (en: string, zh: string, hintEn: string, hintZh: string): ErrorText => ({
  kind: 'operator',
  message: { en, zh },
  hint: { en: hintEn, zh: hintZh },
});

/** Problems of combined readings. */
export const ruleReadingErrors = {
  'rules.reading-tags': operator(
    '"{key}" needs tags, not {found}',
    '“{key}”应为测点，而不是 {found}',
    'a list [em_1203.day_1, em_1203.day_2], or one name with a star for the numbers: em_1203.day_*',
    '列表 [em_1203.day_1, em_1203.day_2]，或用星号代表序号的一个名称：em_1203.day_*',
  ),
  'rules.reading-meter': operator(
    '"{key}" needs a meter, not {found}',
    '“{key}”应为一块表，而不是 {found}',
    'the tag of its register, em_1203.import_energy, or { total: em_1203.import_energy, … }',
    '表底数所在的测点 em_1203.import_energy，或 { total: em_1203.import_energy, … }',
  ),
  'rules.reading-no-meter': operator(
    'this combined reading has no meter',
    '该组合抄读没有任何表计',
    'name at least one: electricity, water, gas, heat, cooling, or several of a medium under "meters"',
    '至少写一块表：electricity、water、gas、heat、cooling；同一介质有多块时写在 meters 下',
  ),
  'rules.reading-no-period': operator(
    'this combined reading has neither "every" nor "freeze"',
    '该组合抄读既没有 every 也没有 freeze',
    'freeze: "00:00" makes a record of each day and month, every: 15m one of each quarter of an hour',
    'freeze: "00:00" 每日、每月生成一条记录；every: 15m 每一刻钟生成一条记录',
  ),
  'rules.reading-not-tag': operator(
    '"{key}" has to be one tag, and this is a calculation',
    '“{key}”必须是一个测点，而此处是算式',
    'every digit of a register counts, and calculations round; name the tag of the register, and write a ratio as "factor"',
    '表底数的每一位都有意义，而计算会舍入；请写表底数的测点名，倍率写在 factor',
  ),
  'rules.reading-type': operator(
    'tag {tag} shows a {found}; "{key}" needs a {needs}',
    '测点 {tag} 的值类型为 {found}；“{key}”需要 {needs}',
    'choose another tag of the device',
    '请选用该设备的其他测点',
  ),
  'rules.reading-unit': operator(
    '{tag} is in {unit}, which does not measure {medium}',
    '{tag} 的单位是 {unit}，不能用于计量 {medium}',
    'electricity, heat and cooling are energy (kWh, MWh, GJ), water and gas are volume (m³, L)',
    '电、热、冷为能量（kWh、MWh、GJ），水、气为体积（m³、L）',
  ),
  'rules.reading-unit-missing': operator(
    'nobody says which unit {tag} is in',
    '没有任何地方说明 {tag} 的单位',
    'give its tag a unit, or write "unit" here: records are in kWh and m³',
    '请为该测点写上单位，或在此写 unit：记录以 kWh 和 m³ 为单位',
  ),
  'rules.reading-unit-twice': operator(
    'the tag {tag} is in {unit} already',
    '测点 {tag} 已声明单位 {unit}',
    'leave "unit" out here, or correct it at the tag',
    '请删除此处的 unit，或在测点处更正',
  ),
  'rules.reading-unfit': operator(
    '"{key}" says nothing about {medium}',
    '“{key}”对 {medium} 没有意义',
    '"condition" is of gas, "heat" of heat and cooling',
    'condition 仅用于燃气，heat 仅用于热和冷',
  ),
  'rules.reading-meter-twice': operator(
    'there are two meters named {name}',
    '有两块表都叫 {name}',
    'give the one under "meters" another name',
    '请为 meters 下的那一块另取名称',
  ),
  'rules.reading-total-twice': operator(
    '{tag} is the register of the meter {other} already',
    '{tag} 已是表 {other} 的表底数',
    'each meter has a register of its own',
    '每块表应有各自的表底数测点',
  ),
  'rules.reading-frozen-register': operator(
    '{tag} is the running register of the meter {other}; {name} keeps no frozen value there',
    '{tag} 是表 {other} 的当前表底数，不是表 {name} 的冻结值',
    'name tags of what the meter froze (address: "daily_freeze_forward_active_energy last:1"), or leave "frozen" out',
    '请填写表计冻结数据的测点（address: "daily_freeze_forward_active_energy last:1"），或去掉 frozen',
  ),
  'rules.reading-too-many': operator(
    'this combined reading has {count} meters, and at most {max} are possible',
    '该组合抄读有 {count} 块表，最多允许 {max} 块',
    'make several rules of it, for example one for each stairwell',
    '请拆成多条规则，例如每个单元一条',
  ),
  'rules.reading-unknown-meter': operator(
    'there is no meter {found} in this combined reading',
    '该组合抄读中没有表 {found}',
    'its meters are {known}',
    '已有的表：{known}',
  ),
  'rules.reading-balance': operator(
    '{name} and {main} cannot be balanced: {name} measures {medium} in {unit}, {main} {mainMedium} in {mainUnit}',
    '{name} 与 {main} 无法平衡比较：{name} 计量 {medium}，单位 {unit}；{main} 计量 {mainMedium}，单位 {mainUnit}',
    'a main meter and those behind it measure the same',
    '总表与其下的分表必须计量同一种量',
  ),
  'rules.reading-balance-self': operator(
    '{name} stands twice in this balance',
    '{name} 在该平衡中出现了两次',
    'each meter is either the main one or one behind it, once',
    '每块表只能作为总表或分表出现一次',
  ),
  'rules.reading-window': operator(
    '"within" is more than half of "every": one reading would stand for two instants',
    'within 超过了 every 的一半：同一读数会对应两个时刻',
    'make "within" at most half of "every"',
    '请使 within 不超过 every 的一半',
  ),
  'rules.reading-finding': operator(
    'a combined reading finds nothing that is called {found}',
    '组合抄读中没有名为 {found} 的异常',
    'it knows {known}',
    '可用的有：{known}',
  ),
} as const satisfies Record<string, ErrorText>;
