import type { ErrorText } from '../errors.ts';

/** Why a write was not done, or not as it was wanted. Whoever asked for it reads this, and so does the audit. */
export const commandErrors = {
  'command.tag-unknown': {
    kind: 'operator',
    message: {
      en: 'there is no tag {tag} that can be written',
      zh: '没有可写的点 {tag}',
    },
    hint: {
      en: 'names are compared letter by letter; a tag can be written where it says "access: write" or "read-write"',
      zh: '点名逐字比较；只有声明了 "access: write" 或 "read-write" 的点才可写',
    },
  },
  'command.origin': {
    kind: 'operator',
    message: {
      en: '{tag} may not be written by {origin}; allowed: {allowed}',
      zh: '{tag} 不允许由 {origin} 写入；允许的来源：{allowed}',
    },
    hint: {
      en: 'add {origin} to "write: by" of the tag, if that is wanted',
      zh: '如确有需要，请在该点的 "write: by" 中加入 {origin}',
    },
  },
  'command.value-type': {
    kind: 'permanent',
    message: {
      en: '{tag} takes a value of type {type}, not {value}',
      zh: '{tag} 需要 {type} 类型的值，不接受 {value}',
    },
    hint: {
      en: 'flags are true or false, numbers are finite and without quotes',
      zh: '开关量为 true 或 false；数值必须有限且不带引号',
    },
  },
  'command.value-range': {
    kind: 'permanent',
    message: {
      en: '{value} is outside the range {range} of {tag}',
      zh: '{value} 超出 {tag} 的允许范围 {range}',
    },
    hint: {
      en: 'give a value within the range; the site sets it in "write: range"',
      zh: '请给出范围内的值；范围由站点的 "write: range" 设定',
    },
  },
  'command.value-unlisted': {
    kind: 'permanent',
    message: {
      en: '{value} is none of the values that {tag} takes: {values}',
      zh: '{value} 不在 {tag} 的允许值之列：{values}',
    },
    hint: {
      en: 'give one of these values; the site lists them in "write: values"',
      zh: '请给出其中之一；允许值由站点的 "write: values" 列出',
    },
  },
  'command.owned': {
    kind: 'transient',
    message: {
      en: '{tag} is held by {origin} ({by})',
      zh: '{tag} 正由 {origin}（{by}）占用',
    },
    hint: {
      en: 'wait until it is released, or have it released there',
      zh: '请等待其释放，或请对方释放',
    },
  },
  'command.superseded': {
    kind: 'transient',
    message: {
      en: 'a newer command for {tag} took the place of this one before it was sent',
      zh: '在发送之前，{tag} 的更新命令已取代本命令',
    },
    hint: {
      en: 'nothing to do where the newer one is what is wanted',
      zh: '若更新的命令符合需要，则无需处理',
    },
  },
  'command.released': {
    kind: 'transient',
    message: {
      en: '{tag} was released before this command was sent',
      zh: '在本命令发送之前，{tag} 已被释放',
    },
    hint: {
      en: 'give the command again if it is still wanted',
      zh: '如仍需要，请重新下达命令',
    },
  },
  'command.expired': {
    kind: 'transient',
    message: {
      en: 'the time of the command for {tag} was over before it could be sent; nothing was sent',
      zh: '{tag} 的命令在发送之前已过期，未发送任何内容',
    },
    hint: {
      en: 'see what it waited for in "headgate status"; give it again if it is still wanted',
      zh: '可在 "headgate status" 中查看其等待原因；如仍需要请重新下达',
    },
  },
  'command.step': {
    kind: 'permanent',
    message: {
      en: '{value} is too far from {present}, which {tag} holds now; one step is {limit} at most',
      zh: '{value} 与 {tag} 当前值 {present} 相差过大；单次最大变化为 {limit}',
    },
    hint: {
      en: 'go there in smaller steps, or raise "write: max_step"',
      zh: '请分多步写入，或调大 "write: max_step"',
    },
  },
  'command.present-unknown': {
    kind: 'transient',
    message: {
      en: 'it is not known what {tag} holds now, so a step from there cannot be judged',
      zh: '{tag} 的当前值未知，无法判断变化量',
    },
    hint: {
      en: 'see why the tag cannot be read; the write is possible as soon as it can',
      zh: '请检查该点为何读不到；读到后即可写入',
    },
  },
  'command.slew': {
    kind: 'transient',
    message: {
      en: 'from {present} to {value} is too fast for {tag}; it may change by {limit} an hour',
      zh: '{tag} 从 {present} 变为 {value} 过快；每小时最多变化 {limit}',
    },
    hint: {
      en: 'wait, or go there in smaller steps; the site sets this in "write: slew"',
      zh: '请等待或分多步写入；该限制由站点的 "write: slew" 设定',
    },
  },
  'command.interval': {
    kind: 'transient',
    message: {
      en: '{tag} was written just now; {limit} s have to be between two writes, {wait} s are left',
      zh: '{tag} 刚刚写过；两次写入至少间隔 {limit} 秒，还需 {wait} 秒',
    },
    hint: {
      en: 'wait; the site sets this in "write: min_interval"',
      zh: '请等待；该限制由站点的 "write: min_interval" 设定',
    },
  },
  'command.on-time': {
    kind: 'transient',
    message: {
      en: '{tag} has to stay on for {limit} s; {wait} s are left',
      zh: '{tag} 至少须保持接通 {limit} 秒，还需 {wait} 秒',
    },
    hint: {
      en: 'wait; the site sets this in "write: min_on"',
      zh: '请等待；该限制由站点的 "write: min_on" 设定',
    },
  },
  'command.off-time': {
    kind: 'transient',
    message: {
      en: '{tag} has to stay off for {limit} s; {wait} s are left',
      zh: '{tag} 至少须保持断开 {limit} 秒，还需 {wait} 秒',
    },
    hint: {
      en: 'wait; the site sets this in "write: min_off"',
      zh: '请等待；该限制由站点的 "write: min_off" 设定',
    },
  },
  'command.hourly': {
    kind: 'transient',
    message: {
      en: '{tag} was written {limit} times within the last hour, and may not be more often; {wait} s are left',
      zh: '{tag} 最近一小时内已写入 {limit} 次，达到上限，还需 {wait} 秒',
    },
    hint: {
      en: 'find out who writes so often; memory in devices wears out. The site sets this in "write: max_per_hour"',
      zh: '请查明是谁频繁写入；设备的存储器有写入寿命。该限制由站点的 "write: max_per_hour" 设定',
    },
  },
  'command.interlocked': {
    kind: 'transient',
    message: {
      en: 'the interlock of {tag} is not met',
      zh: '{tag} 的联锁条件不满足',
    },
    hint: {
      en: 'see the condition in "write: interlock" of the tag, and the values of the tags in it',
      zh: '请查看该点 "write: interlock" 中的条件及其中各点的值',
    },
  },
  'command.interlock-unknown': {
    kind: 'transient',
    message: {
      en: 'it is not known whether the interlock of {tag} is met, because a tag in it has no value',
      zh: '无法判断 {tag} 的联锁条件是否满足：其中有点没有值',
    },
    hint: {
      en: 'see which tag in "write: interlock" cannot be read, and why',
      zh: '请检查 "write: interlock" 中哪个点读不到以及原因',
    },
  },
  'command.too-many': {
    kind: 'transient',
    message: {
      en: '{limit} commands wait already, for {tag} or for all tags together',
      zh: '已有 {limit} 条命令在等待（该点 {tag} 或全部点合计）',
    },
    hint: {
      en: 'wait for outcomes before giving more, and find out who gives so many',
      zh: '请等待结果后再下达，并查明是谁下达了这么多命令',
    },
  },
  'command.not-stored': {
    kind: 'transient',
    message: {
      en: 'the command for {tag} could not be written down before it acts, so nothing was sent: {reason}',
      zh: '{tag} 的命令无法在执行前记录，因此未发送：{reason}',
    },
    hint: {
      en: 'look at the disk of the journal (full, slow, read-only?), then give the command again',
      zh: '请检查日志库所在磁盘（已满、过慢或只读？），然后重新下达命令',
    },
  },
  'command.not-sent': {
    kind: 'transient',
    message: { en: 'the write to {tag} did not leave', zh: '对 {tag} 的写入未发出' },
    hint: {
      en: 'see the state of its bus in "headgate status", then give the command again',
      zh: '请在 "headgate status" 中查看其总线状态，然后重新下达命令',
    },
  },
  'command.device-refused': {
    kind: 'permanent',
    message: {
      en: 'the device refused to take {value} for {tag}, without saying why',
      zh: '设备拒绝将 {tag} 写为 {value}，未说明原因',
    },
    hint: {
      en: 'check address and value against the manual, and whether the device is in local operation',
      zh: '请对照手册检查地址和值，并确认设备是否处于就地操作状态',
    },
  },
  'command.wire-busy': {
    kind: 'transient',
    message: {
      en: 'the bus of {tag} did not come to this write within {limit} s',
      zh: '{tag} 的总线在 {limit} 秒内未能处理该写入',
    },
    hint: {
      en: 'too much waits on this bus, or devices on it do not answer; see "headgate status"',
      zh: '该总线上等待的请求过多，或有设备不应答；请查看 "headgate status"',
    },
  },
  'command.bus-failed': {
    kind: 'bug',
    message: {
      en: 'the bus of {tag} failed during the write: {reason}',
      zh: '写入 {tag} 时总线程序出错：{reason}',
    },
    hint: {
      en: 'look at the tag, and report this with the log of the gateway',
      zh: '请查看该点的实际值，并连同网关日志一起反馈',
    },
  },
  'command.not-answered': {
    kind: 'transient',
    message: {
      en: 'the write of {value} to {tag} left, and no answer came; it is not repeated',
      zh: '已向 {tag} 写入 {value}，但无应答；不会自动重发',
    },
    hint: {
      en: 'look at the device: it may have taken the value or not. Give the command again if needed',
      zh: '请查看设备：该值可能已生效也可能未生效。必要时重新下达命令',
    },
  },
  'command.read-back-differs': {
    kind: 'transient',
    message: {
      en: '{tag} acknowledged {value}, and shows {shown}',
      zh: '{tag} 已应答写入 {value}，但回读为 {shown}',
    },
    hint: {
      en: 'the device may need longer ("write: settle"), limit the value, or be operated by somebody else',
      zh: '设备可能需要更长时间（"write: settle"）、对值做了限幅，或正被他人操作',
    },
  },
  'command.read-back-missing': {
    kind: 'transient',
    message: {
      en: '{tag} acknowledged {value}, and could not be read back',
      zh: '{tag} 已应答写入 {value}，但无法回读',
    },
    hint: {
      en: 'see why the tag, or the one in "write: read_back", cannot be read',
      zh: '请检查该点或 "write: read_back" 所指的点为何读不到',
    },
  },
  'command.read-back-cut': {
    kind: 'transient',
    message: {
      en: '{tag} acknowledged {value}; a newer command came before it showed it',
      zh: '{tag} 已应答写入 {value}；在回读一致之前又有新的命令',
    },
    hint: {
      en: 'nothing to do; the outcome of the newer command counts',
      zh: '无需处理；以新命令的结果为准',
    },
  },
  'command.interrupted': {
    kind: 'transient',
    message: {
      en: 'the gateway stopped during the write to {tag}, and nobody can tell what became of it',
      zh: '写入 {tag} 期间网关中断，无法得知结果',
    },
    hint: {
      en: 'look at the device, and give the command again if needed; it is not repeated by itself',
      zh: '请查看设备，必要时重新下达命令；不会自动重发',
    },
  },
  'command.interrupted-unsent': {
    kind: 'transient',
    message: {
      en: 'the gateway stopped before the write to {tag}: it holds what it held before',
      zh: '网关在写入 {tag} 之前中断：该点仍为之前的值',
    },
    hint: {
      en: 'give the command again if it is still wanted',
      zh: '如仍需要，请重新下达命令',
    },
  },
  'command.repeated-unclear': {
    kind: 'transient',
    message: {
      en: 'command {id} is known, and nobody wrote down how it ended; it was not carried out again',
      zh: '命令 {id} 已知，但没有其结果的记录；未再次执行',
    },
    hint: {
      en: 'look at the tag; a new wish needs a new id',
      zh: '请查看该点的实际值；新的命令需要新的 id',
    },
  },
  'command.closed': {
    kind: 'transient',
    message: {
      en: 'the gateway is starting or stopping and takes no command for {tag}',
      zh: '网关正在启动或停止，不接受 {tag} 的命令',
    },
    hint: { en: 'give the command again when it runs', zh: '请在网关运行后重新下达命令' },
  },
} as const satisfies Record<string, ErrorText>;
