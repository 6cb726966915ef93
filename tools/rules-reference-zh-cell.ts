/** What the options of a machine cell mean, in Chinese, by what their declarations say in English. */
export const CELL_WORDS_ZH: Readonly<Record<string, string>> = {
  'A machine in the place of a worker: its states, figures, records and wear.':
    '机器工作站（机器代人）：状态、指标、记录与磨损。',
  'Every signal may be left out; something has to tell when it runs.':
    '每个信号都可以省略；但必须有信号能说明何时运行。',
  'One of count, active, or start and end.': 'count、active、start 与 end 三者选一。',
  'With it each part has a record of its own.': '写有此项时，每件生成一条记录。',
  'Without it each day is a shift.': '省略时每天为一个班次。',
  'A counter of the machine that goes on with each part. The best there is: nothing is missed.':
    '设备的产量计数器，每件加一。最可靠：不会漏数。',
  'True while a cycle runs; the part is ready when it ends.': '循环期间为真；结束时完成一件。',
  'Becomes true when a cycle begins.': '循环开始时变为真。',
  'Becomes true when a cycle ends.': '循环结束时变为真。',
  'What a part takes when all goes well: a length of time, or an expression in seconds or the unit of its tag.':
    '一切顺利时一件所需的时间（理想节拍）：时长，或表达式，单位为秒或其测点的单位。',
  'What the machine itself says the last cycle took, in seconds, or in the unit of its tag.':
    '设备自己报出的上一循环时间，单位为秒或其测点的单位。',
  "Where the counter begins again at 0; when left out, what the tag's `counter:` says.":
    '计数器归零的模数；省略时取测点 `counter:` 所写的值。',
  'Names its alarm; its number when left out.': '用于报警名称；省略时为序号。',
  'When this becomes true …': '当此条件变为真之后……',
  '… this has to follow.': '……必须出现此条件。',
  'In so long.': '须在该时间内。',
  'Of its alarm.': '其报警的级别。',
  'What wear shows in: a time, a pressure, a current. When left out, the time of the last cycle in seconds.':
    '反映磨损的量：时间、压力、电流等。省略时为上一循环的时间（秒）。',
  'How far from what was learnt it warns: `20%`, an amount as a number, or `{ at: 80 }`.':
    '偏离学习值多少时预警：`20%`、数值（变化量）或 `{ at: 80 }`（固定值）。',
  'Where it is worn out, in the same forms.': '达到磨损极限的位置，写法相同。',
  'Which way it wears.': '磨损的方向。',
  'Samples that are learnt from; of each product for itself.': '学习所用的样本数；各产品分别学习。',
  'The median of so many samples is compared.': '取最近多少个样本的中位数作比较。',
  'So many of the last so many medians have to be too far.': '最近若干个中位数中须有几个超限。',
  'How often there is a sample; with each cycle when left out.':
    '多久取一个样本；省略时每循环一个。',
  'After it stood for so long, nothing counts until it has run for so long.':
    '停机达到该时间后，须先运行同样长的时间才计入（预热）。',
  'How far back the line is drawn that tells when the limit will be reached.':
    '预测何时到达极限的趋势线回看多久。',
  'It warns, too, when the limit will be reached in so long.': '预计在该时间内到达极限时也预警。',
  'Of its warning.': '其预警的级别。',
  'Of its alarm at the limit.': '其极限报警的级别。',
  'The serial number of the part.': '零件的序列号。',
  'What else belongs to the part, by name, as it is when the cycle ends; at most 32.':
    '零件的其他数据，按名称，取循环结束时的值；最多 32 个。',
  'The program runs. Without it the cycle tells, and else the green lamp.':
    '程序在运行。省略时由循环信号判断，再次为绿灯。',
  'Something is broken; it stands until somebody resets it. Without it the red lamp tells.':
    '设备故障，须有人复位。省略时由红灯判断。',
  'Which one, for the reason of a stop.': '故障代码，用作停机原因。',
  'The machine has power.': '设备已上电。',
  'A copy of the emergency stop, true while it is not pressed; for information.':
    '急停状态的副本，未按下时为真；仅供参考。',
  'A copy of the guard, true while it is closed; for information.':
    '防护门状态的副本，关闭时为真；仅供参考。',
  'Somebody holds the machine.': '有人暂停了设备。',
  'It cannot give its parts away.': '下游堵料，无法出料。',
  'It has no parts to work on.': '上游缺料。',
  'It stands where it can begin.': '处于可启动的位置。',
  'Maintenance works on it.': '维护中。',
  'It is moved by hand.': '手动操作中。',
  'It is set up for other parts.': '换型调整中。',
  'A stop now is planned, beside the breaks of the calendar.': '日历休息之外的计划停机。',
  'Somebody presses reset.': '有人按下复位。',
  'The red lamp of the tower, for a cell without `fault`.':
    '三色灯的红灯，用于没有 `fault` 的工作站。',
  'The yellow lamp: somebody is wanted.': '黄灯：需要有人处理。',
  'The green lamp, for a cell that has neither `running` nor a cycle signal.':
    '绿灯，用于没有 `running` 也没有循环信号的工作站。',
  'The counter of good parts.': '合格品计数器。',
  'The counter of rejected parts.': '不合格品计数器。',
  'The counter of parts to be worked on again.': '返工品计数器。',
  "Of a part when its cycle ends: 'good', 'reject', 'rework', or true and false for the first two.":
    "循环结束时零件的结果：'good'、'reject'、'rework'；也可用 true、false 表示前两种。",
  'The number of the order; another one ends a batch.': '订单号；变化时一个批次结束。',
  'What is made; another one ends a batch.': '产品或配方；变化时一个批次结束。',
  'What has to follow what, in time.': '前后动作的握手：须按时跟随。',
  'What tells of wear, by name; at most 16.': '反映磨损的各个量，按名称；最多 16 个。',
  'When this becomes true all that was learnt of wear is forgotten.':
    '变为真时清除全部磨损学习值（如更换部件后）。',
  'How long a state has to last before it counts.': '状态须持续多久才算数。',
  'A stop up to so long is a micro-stop: it costs effectiveness, not availability.':
    '不超过该时间的停机为微停：计入性能损失，不计入可用率损失。',
  'How long somebody counts as there after the last sign of it.':
    '最后一次人员迹象之后，多久内仍视为有人在场。',
  'How long a lamp counts as lit after it went dark: longer than it is dark when it blinks.':
    '灯熄灭后多久内仍视为点亮：应长于闪烁时的熄灭时间。',
  "What stands before the dot of the cell's tags; the name of the rule, with _ for -, when left out.":
    '所生成测点的前缀；省略时为规则名（- 改为 _）。',
  'One record for each shift.': '每个班次一条记录。',
  'When each shift begins, in the time zone of the site; it lasts until the next one.':
    '各班次的开始时刻，按站点时区；持续到下一班次。',
  'Time in which a stop is planned.': '计划停机的时段。',
  'The days on which somebody plans to work; all of them when left out.':
    '计划工作的星期；省略时为每天。',
  'Days on which nobody plans to work, as 2026-10-01.': '不计划工作的日期，如 2026-10-01。',
  'Working days, though their weekday is not one.': '调休的工作日。',
  'When it begins.': '开始时刻。',
  'When it ends; the next day where that is earlier.': '结束时刻；早于开始时为次日。',
  'On these days it begins; on every day when left out.': '在哪几天开始；省略时为每天。',
};
