import type { ErrorText } from '../errors.ts';

/** Commands from upstream that are not taken. Whoever sent one reads this in the outcome, and people here in the audit. */
export const commandRemoteErrors = {
  'command.too-large': {
    kind: 'permanent',
    message: {
      en: 'a command of more than {limit} bytes was not read',
      zh: '命令报文超过 {limit} 字节，未读取',
    },
    hint: {
      en: 'send one command for one tag in each message; long texts do not belong into a command',
      zh: '每条报文只发送一个点的一个命令；不要在命令中携带长文本',
    },
  },
  'command.too-fast': {
    kind: 'transient',
    message: {
      en: 'more than {limit} commands in one second; this one was not read',
      zh: '一秒内收到的命令超过 {limit} 个，本命令未读取',
    },
    hint: {
      en: 'send fewer commands, and check who else may publish on the command topic of this gateway',
      zh: '降低发送频率，并检查还有谁可以向该网关的命令主题发布消息',
    },
  },
  'command.too-many-open': {
    kind: 'transient',
    message: {
      en: '{limit} commands from this uplink have no outcome yet; no further one is taken',
      zh: '该上行连接已有 {limit} 个命令尚无结果，不再接受新命令',
    },
    hint: {
      en: 'wait for outcomes before sending more; a device that does not answer holds its commands until they expire',
      zh: '请等待结果后再发送；不应答的设备会占用命令直到其过期',
    },
  },
  'command.form': {
    kind: 'permanent',
    message: { en: 'the command cannot be read: {problem}', zh: '无法读取命令：{problem}' },
    hint: {
      en: 'correct the sender; the form of a command is described in docs/asyncapi.yaml',
      zh: '请修正发送方；命令格式见 docs/asyncapi.yaml',
    },
  },
  'command.retained': {
    kind: 'permanent',
    message: {
      en: 'the command was published with the retained flag, so nobody knows how old it is',
      zh: '命令带有保留（retained）标志，无法判断其新旧',
    },
    hint: {
      en: 'publish commands without "retain", and clear the retained message with an empty one on the same topic',
      zh: '发布命令时不要设置 retain；并向同一主题发布一条空的保留消息以清除它',
    },
  },
  'command.wrong-gateway': {
    kind: 'permanent',
    message: {
      en: 'the command is for gateway "{meant}"; this is "{gateway}"',
      zh: '命令是发给网关 "{meant}" 的，本网关为 "{gateway}"',
    },
    hint: {
      en: 'use the same gateway in the topic and in "gw"',
      zh: '主题中的网关与 "gw" 必须一致',
    },
  },
  'command.id': {
    kind: 'permanent',
    message: {
      en: 'the id of the command is not one: 8 to 64 of A-Z a-z 0-9 _ -',
      zh: '命令的 id 无效：须为 8 到 64 个 A-Z a-z 0-9 _ - 字符',
    },
    hint: {
      en: 'give each command an id of its own, a ULID for instance; without one there is no topic for the outcome',
      zh: '为每个命令指定唯一的 id（例如 ULID）；没有 id 就没有用于返回结果的主题',
    },
  },
  'command.unsigned': {
    kind: 'permanent',
    message: {
      en: 'the command is not signed; this site takes commands of its operators only',
      zh: '命令未签名；本站点只接受已登记操作员签名的命令',
    },
    hint: {
      en: 'sign it with the key of an operator who is declared under "commands: operators"',
      zh: '请使用 "commands: operators" 中登记的操作员密钥签名',
    },
  },
  'command.operator-unknown': {
    kind: 'permanent',
    message: {
      en: 'the command is signed as "{by}", and this site has no such operator',
      zh: '命令以 "{by}" 的名义签名，但本站点没有该操作员',
    },
    hint: {
      en: 'check "by" (names are compared letter by letter), or declare the public key under "commands: operators"',
      zh: '检查 "by"（逐字比较），或在 "commands: operators" 中登记其公钥',
    },
  },
  'command.signature': {
    kind: 'permanent',
    message: {
      en: 'the signature of the command is not by the key of "{by}"',
      zh: '命令的签名与操作员 "{by}" 的密钥不符',
    },
    hint: {
      en: 'somebody may have changed the message or pretends to be the operator; check the key and what exactly is signed',
      zh: '报文可能被篡改，或有人冒充该操作员；请核对密钥以及被签名的内容',
    },
  },
  'command.operator-tag': {
    kind: 'permanent',
    message: {
      en: 'operator "{by}" may not write {tag}',
      zh: '操作员 "{by}" 无权写入 {tag}',
    },
    hint: {
      en: 'add the tag to the "tags" of the operator, if that is wanted',
      zh: '如确有需要，请将该点加入该操作员的 "tags"',
    },
  },
  'command.counter': {
    kind: 'permanent',
    message: {
      en: 'counter {counter} of "{by}" was used before; the highest so far is {highest}',
      zh: '操作员 "{by}" 的计数 {counter} 已被使用，目前最大值为 {highest}',
    },
    hint: {
      en: 'count up with each command; if nobody sent this one, somebody repeats old messages',
      zh: '每个命令的计数都应递增；若无人发送此命令，则有人在重放旧报文',
    },
  },
  'command.clock-unsynced': {
    kind: 'transient',
    message: {
      en: 'the clock of this gateway is not synchronised, so it cannot tell whether the command is still wanted',
      zh: '本网关时钟未同步，无法判断命令是否仍然有效',
    },
    hint: {
      en: 'wait until the gateway has its time (check NTP), or send signed commands with a counter',
      zh: '等待网关校时（检查 NTP），或发送带计数的签名命令',
    },
  },
  'command.stale': {
    kind: 'permanent',
    message: {
      en: 'the command came {seconds} s after its end',
      zh: '命令到达时已过期 {seconds} 秒',
    },
    hint: {
      en: 'send it again if it is still wanted; if this happens often, compare the clocks of sender and gateway',
      zh: '如仍需要请重新发送；若经常出现，请核对发送方与网关的时钟',
    },
  },
  'command.lifetime': {
    kind: 'permanent',
    message: {
      en: 'the command wants to be valid for {seconds} s; this site allows {limit} s',
      zh: '命令要求有效 {seconds} 秒，本站点最多允许 {limit} 秒',
    },
    hint: {
      en: 'let "expires" be closer to "issued", or raise "commands: max_age"',
      zh: '缩短 "expires" 与 "issued" 的间隔，或调大 "commands: max_age"',
    },
  },
  'command.ahead': {
    kind: 'permanent',
    message: {
      en: 'the command was issued {seconds} s from now, by the clock of its sender',
      zh: '按发送方时钟，命令的签发时间比现在晚 {seconds} 秒',
    },
    hint: {
      en: 'compare the clocks of sender and gateway; 5 s are allowed',
      zh: '请核对发送方与网关的时钟；最多允许相差 5 秒',
    },
  },
  'command.out-of-order': {
    kind: 'permanent',
    message: {
      en: 'a newer command for {tag} came before this one, which was {seconds} s older',
      zh: '{tag} 已收到更新的命令，本命令早 {seconds} 秒',
    },
    hint: {
      en: 'send what is wanted now as a new command; where several senders write one tag, compare their clocks',
      zh: '请以新命令发送当前需要的值；多个发送方写同一点时，请核对它们的时钟',
    },
  },
  'command.repeated': {
    kind: 'permanent',
    message: {
      en: 'command {id} came again; it was not carried out again',
      zh: '命令 {id} 重复到达，未再次执行',
    },
    hint: {
      en: 'nothing to do where a sender asks for an outcome that it missed; each new wish needs a new id',
      zh: '若发送方是为了补取结果则无需处理；每个新的命令需要新的 id',
    },
  },
  'command.unclear': {
    kind: 'bug',
    message: {
      en: 'nobody can tell what became of the command: {reason}',
      zh: '无法得知命令的结果：{reason}',
    },
    hint: {
      en: 'look at the tag before sending anything again, and report this with the log of the gateway',
      zh: '再次发送前请先查看该点的实际值，并连同网关日志一起反馈',
    },
  },
} as const satisfies Record<string, ErrorText>;
