import type { ErrorText } from '../errors.ts';

const ADDRESS_HINT = {
  en: 'write "ns=2;s=Axis1.Pos", "nsu=http://vendor/x/;i=1001", "robot:s=Axis1" with a prefix of the device, or browse names as "/Objects/2:Line/Speed"; headgate browse prints them ready to paste',
  zh: '写成 "ns=2;s=Axis1.Pos"、"nsu=http://vendor/x/;i=1001"、带设备前缀的 "robot:s=Axis1"，或浏览名路径 "/Objects/2:Line/Speed"；headgate browse 可直接给出',
} as const;

/** OPC UA: connection, subscriptions, values. */
export const opcuaErrors = {
  'opcua.unreachable': {
    kind: 'transient',
    message: {
      en: 'no OPC UA server at {url}: {reason}',
      zh: '{url} 处没有 OPC UA 服务器：{reason}',
    },
    hint: {
      en: 'check the power and network of the server, then address, port and firewall',
      zh: '请检查服务器的电源和网络，然后检查地址、端口和防火墙',
    },
  },
  'opcua.refused': {
    kind: 'operator',
    message: {
      en: 'the OPC UA server {url} refuses the gateway: {status}',
      zh: 'OPC UA 服务器 {url} 拒绝了网关：{status}',
    },
    hint: {
      en: 'check security, user and the trust list of the server',
      zh: '请检查安全策略、用户和服务器的信任列表',
    },
  },
  'opcua.lost': {
    kind: 'transient',
    message: {
      en: 'the connection to {url} is lost: {reason}',
      zh: '与 {url} 的连接已断开：{reason}',
    },
    hint: {
      en: 'it is opened again by itself; when it does not come back, check server and network',
      zh: '将自动重新连接；若长时间未恢复，请检查服务器和网络',
    },
  },
  'opcua.timeout': {
    kind: 'transient',
    message: {
      en: 'no answer of {url} to {request} within {timeout} ms',
      zh: '{url} 在 {timeout} 毫秒内未应答 {request}',
    },
    hint: {
      en: 'check the load of the server and the network; a slow server needs a longer timeout',
      zh: '请检查服务器负载和网络；较慢的服务器需要更长的 timeout',
    },
  },
  'opcua.address-form': {
    kind: 'operator',
    message: {
      en: '{found} names no node',
      zh: '{found} 没有指明节点',
    },
    hint: ADDRESS_HINT,
  },
  'opcua.path-escape': {
    kind: 'operator',
    message: {
      en: 'the browse name "{name}" has a "{character}" in it that is not escaped',
      zh: '浏览名 "{name}" 中的 "{character}" 未转义',
    },
    hint: {
      en: 'in a path put & in front of / . < > : # ! and & that belong to a name: "2:Motor&.Speed"; a node id begins with ns=, nsu=, a prefix, i=, s=, g= or b=',
      zh: '路径中属于名称的 / . < > : # ! 和 & 前要加 &，例如 "2:Motor&.Speed"；节点标识以 ns=、nsu=、前缀、i=、s=、g= 或 b= 开头',
    },
  },
  'opcua.element-form': {
    kind: 'operator',
    message: {
      en: '"{part}" is neither an element of an array nor a field of a structure',
      zh: '"{part}" 既不是数组元素也不是结构体字段',
    },
    hint: {
      en: 'behind the node and a space write "[3]", "[1,2]", ".pos.x" or "[3] .items[2].name"; a space before a bracket or dot of the identifier itself gets a &',
      zh: '在节点和空格之后写 "[3]"、"[1,2]"、".pos.x" 或 "[3] .items[2].name"；标识本身的方括号或点之前的空格要写成 "& "',
    },
  },
  'opcua.call-form': {
    kind: 'operator',
    message: {
      en: '{found} does not name an object and a method',
      zh: '{found} 没有指明对象和方法',
    },
    hint: {
      en: 'write "call", the object and the method: "call ns=2;s=Cell ns=2;s=Cell.Start"; a space inside them gets a & in front',
      zh: '写成 "call"、对象、方法："call ns=2;s=Cell ns=2;s=Cell.Start"；其中的空格前要加 &',
    },
  },
  'opcua.prefix-unknown': {
    kind: 'operator',
    message: {
      en: '"{prefix}" is no prefix of the device; it has: {known}',
      zh: '设备没有前缀 "{prefix}"；已有：{known}',
    },
    hint: {
      en: "add it to the device's namespaces with its URI, or write nsu= with the whole URI",
      zh: '请在设备的 namespaces 中加入该前缀及其 URI，或用 nsu= 写出完整 URI',
    },
  },
  'opcua.deadband-twice': {
    kind: 'operator',
    message: {
      en: 'server_deadband and deadband_percent exclude each other',
      zh: 'server_deadband 与 deadband_percent 不能同时使用',
    },
    hint: {
      en: 'keep the one that the server supports; percent needs a variable with an EURange',
      zh: '请保留服务器支持的一个；百分比要求变量具有 EURange',
    },
  },
  'opcua.only-read': {
    kind: 'operator',
    message: {
      en: '{key} is about watching; a method is only called',
      zh: '{key} 用于监视；方法只能调用',
    },
    hint: {
      en: 'leave it out of a tag whose address begins with "call"',
      zh: '地址以 "call" 开头的点位请去掉该项',
    },
  },
  'opcua.alarm-unknown': {
    kind: 'operator',
    message: {
      en: 'the server has no alarm {alarm} that stands, or has not told of it since it was connected',
      zh: '服务器上没有未消除的报警 {alarm}，或连接后尚未上报',
    },
    hint: {
      en: 'look again with "headgate alarms"; a stale alarm can be acknowledged when its server is back',
      zh: '请用 "headgate alarms" 再次查看；标记为过期的报警需待服务器恢复后才能确认',
    },
  },
  'opcua.alarm-refused': {
    kind: 'operator',
    message: {
      en: 'the server did not take the acknowledgement of {alarm}: {status}',
      zh: '服务器未接受对 {alarm} 的确认：{status}',
    },
    hint: {
      en: 'with BadUserAccessDenied give the user of the bus the right to acknowledge at the server; else acknowledge it there',
      zh: '若为 BadUserAccessDenied，请在服务器上授予该用户确认权限；否则请在服务器侧确认',
    },
  },
  'opcua.node-missing': {
    kind: 'operator',
    message: {
      en: '{tag} has no node in the server: {status}',
      zh: '服务器中没有 {tag} 的节点：{status}',
    },
    hint: {
      en: 'look for it with headgate browse; after a download to the controller it may have another name',
      zh: '请用 headgate browse 查找；控制器下载程序后名称可能已改变',
    },
  },
  'opcua.not-one-value': {
    kind: 'operator',
    message: {
      en: '{tag} does not point to one value that can be written',
      zh: '{tag} 没有指向可写的单个值',
    },
    hint: {
      en: 'an array needs an index, "… [3]"; a structure needs a field, "… .pos.x", and a server that tells how it is built',
      zh: '数组需要下标 "… [3]"；结构体需要字段 "… .pos.x"，且服务器须提供其结构定义',
    },
  },
  'opcua.value-kind': {
    kind: 'operator',
    message: {
      en: '{tag} is {type} and cannot take "{found}"',
      zh: '{tag} 的类型为 {type}，不能写入 "{found}"',
    },
    hint: {
      en: 'numbers as numbers; times as 2026-01-31T08:00:00Z, bytes as hexadecimal digits, node ids as ns=2;s=Axis1',
      zh: '数值写数字；时间写成 2026-01-31T08:00:00Z，字节写十六进制，节点标识写成 ns=2;s=Axis1',
    },
  },
  'opcua.value-range': {
    kind: 'operator',
    message: {
      en: '{tag} is {type} and cannot hold {found} exactly',
      zh: '{tag} 的类型为 {type}，无法准确容纳 {found}',
    },
    hint: {
      en: 'nothing was written; choose a value within the type, and a whole number for an integer',
      zh: '未写入任何内容；请选择类型范围内的值，整数类型请写整数',
    },
  },
  'opcua.value-name': {
    kind: 'operator',
    message: {
      en: '{tag} has no value "{found}"',
      zh: '{tag} 没有取值 "{found}"',
    },
    hint: {
      en: 'it takes one of these, or its number: {known}',
      zh: '可用以下名称或其编号：{known}',
    },
  },
  'opcua.write-refused': {
    kind: 'operator',
    message: {
      en: 'the server does not take the value or call of {tag}: {status}',
      zh: '服务器不接受对 {tag} 的写入或调用：{status}',
    },
    hint: {
      en: 'BadUserAccessDenied and BadNotWritable: check the rights of the user; BadTypeMismatch and BadOutOfRange: check the value; BadWriteNotSupported: this server cannot write single elements',
      zh: 'BadUserAccessDenied、BadNotWritable：检查用户权限；BadTypeMismatch、BadOutOfRange：检查数值；BadWriteNotSupported：该服务器不支持写单个元素',
    },
  },
  'opcua.read-back-differs': {
    kind: 'operator',
    message: {
      en: '{tag}: the server took {wrote}, and shows {found}',
      zh: '{tag}：服务器接受了 {wrote}，但显示 {found}',
    },
    hint: {
      en: 'a command bit that the controller resets by itself is no fault; otherwise look at the device before writing again',
      zh: '若是控制器会自动复位的命令位则属正常；否则请先查看设备再重新写入',
    },
  },
  'opcua.arguments-form': {
    kind: 'operator',
    message: {
      en: 'the arguments for {tag} are no list in JSON of numbers, texts, true and false',
      zh: '{tag} 的参数不是由数字、文本、true、false 组成的 JSON 列表',
    },
    hint: {
      en: 'write ["P17", 80]; integers beyond 2^53 in quotes',
      zh: '写成 ["P17", 80]；超过 2^53 的整数加引号',
    },
  },
  'opcua.arguments-count': {
    kind: 'operator',
    message: {
      en: '{tag} was given {found} arguments and takes {wanted}: {names}',
      zh: '{tag} 给了 {found} 个参数，需要 {wanted} 个：{names}',
    },
    hint: {
      en: 'write them as a list in JSON, ["P17", 80]; [] for none',
      zh: '按 JSON 列表书写，如 ["P17", 80]；没有参数写 []',
    },
  },
  'opcua.argument-unfit': {
    kind: 'operator',
    message: {
      en: 'argument "{name}" of {tag} is {type} and cannot take {found}',
      zh: '{tag} 的参数 "{name}" 类型为 {type}，不能取 {found}',
    },
    hint: {
      en: 'numbers as numbers, enumerations by name or number, arrays as lists; structures cannot be given',
      zh: '数值写数字，枚举写名称或编号，数组写列表；不支持结构体参数',
    },
  },
} as const satisfies Record<string, ErrorText>;
