/** What the options of a combined reading mean, in Chinese, by what their declarations say in English. */
import { FINDING_KEYS } from '../rules/kinds/reading/finding.ts';

export const READING_WORDS_ZH: Readonly<Record<string, string>> = {
  'The meters of a household or a building, read for one instant: records of intervals, days and months.':
    '组合抄读（多表合一）：一户或一栋楼的各表在同一时刻的读数，生成区间、日、月记录。',
  'What it reads, and when.': '抄读哪些表、在何时抄读。',
  'Of electricity, water, gas, heat, cooling, and of each of `meters`.':
    '用于 electricity、water、gas、heat、cooling，以及 `meters` 中的每一块表。',
  'What the meter keeps of earlier moments.': '表内保存的历史冻结数据。',
  'What the meter says of itself.': '表计的状态。',
  'Of a meter of heat or cooling.': '用于热量表或冷量表。',
  'Flow that should not be.': '异常用量监测。',
  'A main meter against those behind it.': '总表与分表的平衡比较。',
  'The tags of what the meter kept at the end of each day, the latest day first: a list, or one name in which * stands for 1, 2, 3 and so on. At most 62.':
    '日冻结数据的测点，最近一日在前：列表，或用 * 代表 1、2、3……的一个名称。最多 62 个。',
  'The same of each month (settlement day). At most 12.':
    '月冻结（结算日）数据的测点，写法相同。最多 12 个。',
  'The tag of what the meter keeps when freeze_command is sent.':
    '发出 freeze_command 时表内冻结数据的测点（瞬时冻结）。',
  'True while the battery is low.': '电池欠压时为真。',
  'A text: open, closed or abnormal.': '文本：open、closed 或 abnormal。',
  'True while the cover is open, or how often it was opened.': '表盖打开时为真，或累计开盖次数。',
  'True while a magnet is held to it, or how often one was.': '受磁干扰时为真，或累计磁干扰次数。',
  'True while it flows backwards.': '反向流动时为真。',
  'True while the pipe is empty.': '管道空管时为真。',
  'The register of what flowed backwards, where nothing should.':
    '反向累计量的测点（本不应有反向用量时）。',
  'The clock of the meter as text, 2024-11-15T08:30:00 in the time zone of the site.':
    '表内时钟，文本 2024-11-15T08:30:00，按站点时区。',
  'A clock that is further off is told.': '时钟偏差超过该值时报告。',
  'The supply temperature in °C.': '供水温度，°C。',
  'The return temperature in °C.': '回水温度，°C。',
  'The flow, in any unit.': '流量，单位不限。',
  'Less between supply and return, in K, while it flows, is told.':
    '有流量而供回水温差（K）低于该值时报告。',
  'When it lasted so long.': '持续该时间后报告。',
  'More than so, without a standstill for leak_after, is a leak; in m³/h or kW.':
    '用量超过该值且在 leak_after 内从未停止，视为泄漏；单位 m³/h 或 kW。',
  'See leak.': '见 leak。',
  'More than so for burst_after is a burst; in m³/h or kW.':
    '超过该值且持续 burst_after，视为爆管；单位 m³/h 或 kW。',
  'See burst.': '见 burst。',
  'More between 02:00 and 04:00 than so many times the median of the last 14 nights is told.':
    '02:00–04:00 的用量超过近 14 夜中位数的该倍数时报告。',
  'The register.': '表底数的测点。',
  'The unit of the register, where its tag has none.': '表底数的单位；测点未声明单位时填写。',
  "Digits behind its point; those of the tag, else the reading's own, when left out.":
    '小数位数；省略时取测点所声明的，否则取读数自身的。',
  'The value at which it begins again at 0, in its own unit; that of the counter of the tag when left out.':
    '翻转归零的值，按其自身单位；省略时取测点 counter 的 modulus。',
  'The most it can count, in its own unit; that of the counter of the tag when left out.':
    '最大计量速率，按其自身单位；省略时取测点 counter 的 max_rate。',
  'The product of the transformer ratios, where the register shows the secondary side.':
    '互感器变比之积（综合倍率）；表底数为二次侧时填写。',
  'both: import less export, it may run backwards.': 'both：正反向相抵，允许倒走。',
  'Of gas: the volume as it flowed, or at 20 °C and 101.325 kPa. Both are kept apart.':
    '燃气：工况体积，或标况（20 °C、101.325 kPa）体积。两者分开计算。',
  'The serial number; when it changes, the meter was replaced.': '表号；变化时即视为已换表。',
  'The registers of the tariffs, read in one request with the total.':
    '各费率表底数的测点，与总表底数在同一请求中读出。',
  'So much the sum of the tariffs may differ from the total.': '各费率之和与总值允许的差值。',
  'The least time between two readings that an interval asks for: spares the battery of the meter.':
    '因区间记录而抄读的最小间隔：节省表计电池。',
  'A longer pause without readings is told beside the next one.':
    '超过该时间未抄到读数时，随下一读数一并报告。',
  'A register that stands for so long is told.': '表底数在该时间内未变化时报告。',
  'What it measures.': '计量介质。',
  'The name of the main meter.': '总表的名称。',
  'The names of the meters behind it.': '其下各分表的名称。',
  'A larger part of the main meter that is in none of the others is told.':
    '总表中未计入分表的比例超过该值时报告（损耗）。',
  'The others may have so much more than the main meter: each has an error of its own.':
    '分表合计允许比总表多出的比例：各表自有误差。',
  'A severity as of any alarm, or off.': '与其他报警相同的严重度，或 off。',
  'What the records call the place, for the receiver.': '记录中对该处所的称呼，供接收方使用。',
  'The electricity meter: its register, or more about it.': '电表：其表底数，或更多说明。',
  'The water meter.': '水表。',
  'The gas meter.': '燃气表。',
  'The heat meter.': '热量表。',
  'The meter of cooling.': '冷量表。',
  'Where there are several of a medium: each with a name of its own. At most 64 meters in all.':
    '同一介质有多块表时：各自命名。总共最多 64 块。',
  'A record of each such interval, counted from the beginning of the day.':
    '每个区间一条记录，自日界起算。',
  'When days and months begin; a record of each day, and of each month.':
    '日、月的起始时刻；每日、每月各一条记录。',
  'Whether months are recorded, where there is a freeze.': '有 freeze 时是否生成月记录。',
  'A reading nearer to the instant than so stands for it.':
    '与该时刻相差不超过此值的读数即代表该时刻。',
  'A reading later than that, and no later than so, is taken as late.':
    '晚于上述窗口、但不超过此值的读数，按迟到（late）采用。',
  'So long a record of a day or month can become better where the meter keeps nothing.':
    '表内无冻结数据时，日、月记录在该时间内仍可被更好的读数修正。',
  'Written at each instant: the command that freezes the meters of the line. Its tag needs write: { by: [rule], kind: pulse }.':
    '在每个时刻写入：冻结该线路各表的命令。该测点须有 write: { by: [rule], kind: pulse }。',
  'What is written.': '写入的内容。',
  [`Other severities, or off, by what is found: ${FINDING_KEYS.join(', ')}.`]: `按异常种类另定严重度，或 off：${FINDING_KEYS.join('、')}。`,
};
