import type { ErrorText } from '../errors.ts';

/** The command line. */
export const cliErrors = {
  'cli.usage': {
    kind: 'operator',
    message: { en: '{problem}', zh: '用法错误：{problem}' },
    hint: { en: 'see headgate {verb} --help', zh: '参见 headgate {verb} --help' },
  },
  'cli.not-running': {
    kind: 'operator',
    message: {
      en: 'no gateway answers at {path}',
      zh: '{path} 上没有正在运行的网关',
    },
    hint: {
      en: 'start it with "headgate run <site>", or name the site of the one that runs',
      zh: '请先用 "headgate run <site>" 启动，或指定正在运行的站点',
    },
  },
  'cli.question-unknown': {
    kind: 'operator',
    message: {
      en: 'unknown question: the gateway at {path} does not know "{question}"',
      zh: '{path} 上运行的网关不支持查询 "{question}"',
    },
    hint: {
      en: 'it runs another version than this command line: restart it after an update',
      zh: '其版本与此命令行不同：升级后请重启网关',
    },
  },
  'cli.site-invalid': {
    kind: 'operator',
    message: {
      en: '{site} has {count} problem(s), listed above; nothing was done',
      zh: '{site} 有 {count} 个问题（见上），未执行',
    },
    hint: {
      en: 'mend them and run "headgate check {site}"',
      zh: '修正后运行 "headgate check {site}"',
    },
  },
  'cli.silent': {
    kind: 'transient',
    message: {
      en: 'nobody answered at {target}: not one byte came back',
      zh: '{target} 无应答：没有收到任何字节',
    },
    hint: {
      en: 'check the power of the device, its unit number or address, A and B (swap them once), baud rate and parity; behind a serial server also its port settings',
      zh: '检查设备供电、站号或表号、A/B 接线（可对调一次）、波特率和校验；如经串口服务器，还需检查其端口设置',
    },
  },
  'cli.echo-only': {
    kind: 'operator',
    message: {
      en: 'at {target} only our own request came back: the adapter hears itself, and no device answered',
      zh: '{target} 只收到自己发出的请求：转换器有回显，设备没有应答',
    },
    hint: {
      en: 'the port and the adapter work; check power, unit number or address and A/B of the device, then baud rate and parity',
      zh: '串口和转换器正常；请检查设备供电、站号或表号、A/B 接线，再检查波特率和校验',
    },
  },
  'cli.garbled': {
    kind: 'transient',
    message: {
      en: 'what came from {target} is no valid answer: {reason} ({bytes})',
      zh: '{target} 返回的数据不是有效应答：{reason}（{bytes}）',
    },
    hint: {
      en: 'check baud rate and parity first; then whether two devices have the same number, then termination and shield; "headgate decode" explains the bytes',
      zh: '先检查波特率和校验；再检查是否有两台设备地址相同，以及终端电阻和屏蔽；可用 "headgate decode" 解释这些字节',
    },
  },
  'cli.refused': {
    kind: 'operator',
    message: {
      en: 'the device at {target} is there and says no: {refusal}',
      zh: '{target} 的设备在线，但拒绝了请求：{refusal}',
    },
    hint: {
      en: 'check address, table and length against the manual (it may count from 1: try one less), and whether the device allows it',
      zh: '对照手册检查地址、数据区和长度（手册可能从 1 起算：试减 1），以及设备是否允许该操作',
    },
  },
  'cli.no-value': {
    kind: 'operator',
    message: {
      en: 'the device at {target} answered, but its answer holds no value: {quality} ({bytes})',
      zh: '{target} 的设备有应答，但其中没有有效值：{quality}（{bytes}）',
    },
    hint: {
      en: 'the device may not measure this, or the type does not fit; try another type, or read the raw registers as uint16',
      zh: '设备可能不测量该量，或数据类型不符；请换一种类型，或按 uint16 读取原始寄存器',
    },
  },
  'cli.nothing-matches': {
    kind: 'operator',
    message: {
      en: 'no reading around {address} gives {expected}: {registers}',
      zh: '{address} 附近没有与 {expected} 相符的读数：{registers}',
    },
    hint: {
      en: 'type what the display shows at this moment, in its unit; then try the other table (input, holding) or another address of the manual',
      zh: '请输入屏幕此刻显示的数值及其单位下的数；再换另一个数据区（input、holding）或手册中的其他地址',
    },
  },
  'cli.not-confirmed': {
    kind: 'operator',
    message: { en: 'nobody agreed to send it', zh: '未得到确认' },
    hint: {
      en: 'answer y at a terminal, or call it with --yes',
      zh: '在终端输入 y 确认，或加上 --yes',
    },
  },
  'cli.write-unanswered': {
    kind: 'transient',
    message: {
      en: 'the request left for {target}, and no answer came',
      zh: '请求已发往 {target}，但没有应答',
    },
    hint: {
      en: 'the device may have obeyed: look at it, or read the address, before you write again',
      zh: '设备可能已执行：请先到现场查看或读取该地址，再决定是否重写',
    },
  },
  'cli.read-back-differs': {
    kind: 'operator',
    message: {
      en: 'the device at {target} acknowledged the value and holds another one',
      zh: '{target} 的设备已确认写入，但回读值不同',
    },
    hint: {
      en: 'it may limit the value, need more time (--settle 60s), or be under local control',
      zh: '设备可能限制了数值、需要更长时间（--settle 60s），或处于本地控制',
    },
  },
  'cli.not-writable': {
    kind: 'operator',
    message: {
      en: '{tag} cannot be written by the gateway that runs',
      zh: '正在运行的网关不能写入 {tag}',
    },
    hint: {
      en: 'tags that can be written, the likeliest first: {known}; for others write access: read-write in the site and restart the gateway',
      zh: '可写的点（最接近的在前）：{known}；其他点请在站点中设置 access: read-write 并重启网关',
    },
  },
  'cli.command-unanswered': {
    kind: 'transient',
    message: {
      en: 'the gateway was asked to write {tag}, and nobody waited for or got its answer ({reason})',
      zh: '已请求网关写入 {tag}，但没有等到结果（{reason}）',
    },
    hint: {
      en: 'it may have been written: "headgate commands --tag {tag}" says what became of it; look before you repeat it',
      zh: '可能已经写入：请用 "headgate commands --tag {tag}" 查看结果，再决定是否重写',
    },
  },
  'cli.key-exists': {
    kind: 'operator',
    message: {
      en: '{file} exists already; no key was made',
      zh: '{file} 已存在，未生成密钥',
    },
    hint: {
      en: 'a key that is in use is never written over: name another file with --out, or remove this one if nobody signs with it',
      zh: '不会覆盖可能正在使用的密钥：请用 --out 指定其他文件，确认无人使用后也可删除该文件',
    },
  },
  'cli.key-unreadable': {
    kind: 'operator',
    message: {
      en: '{file} is no private key that can sign a command: {reason}',
      zh: '{file} 不是可用于签名命令的私钥：{reason}',
    },
    hint: {
      en: 'it has to be an Ed25519 key in PEM, without a password, as "headgate keys new" makes it',
      zh: '须为不带密码的 PEM 格式 Ed25519 私钥，可用 "headgate keys new" 生成',
    },
  },
  'cli.opcua-unprotected': {
    kind: 'operator',
    message: {
      en: 'the OPC UA server {url} offers no security that is known: {offered}',
      zh: 'OPC UA 服务器 {url} 没有提供可用的安全策略：{offered}',
    },
    hint: {
      en: 'switch Basic256Sha256 on at the server; or write --security None, and everybody on the network can read and change what goes over it',
      zh: '请在服务器上启用 Basic256Sha256；或写明 --security None，但网络上任何人都能读取和篡改通信内容',
    },
  },
  'cli.opcua-no-node': {
    kind: 'operator',
    message: {
      en: 'the server has no node {node}: {status}',
      zh: '服务器中没有节点 {node}：{status}',
    },
    hint: {
      en: 'look for it with headgate browse --search; BadNodeIdUnknown: the namespace may be another one now, BadTooManyMatches: name the namespaces in the path, "2:Cell/2:Axis1"',
      zh: '请用 headgate browse --search 查找；BadNodeIdUnknown：命名空间可能已改变，BadTooManyMatches：请在路径中写明命名空间，如 "2:Cell/2:Axis1"',
    },
  },
  'cli.opcua-no-value': {
    kind: 'operator',
    message: {
      en: '{node} gives no value: {status} ({quality})',
      zh: '{node} 没有给出数值：{status}（{quality}）',
    },
    hint: {
      en: 'Good: it is an array or a structure, name the element "… [3]" or the field "… .pos.x"; BadUserAccessDenied and BadNotReadable: give the user the right to read it at the server; any other: look at the device behind the server',
      zh: 'Good：该节点是数组或结构体，请指明元素 "… [3]" 或字段 "… .pos.x"；BadUserAccessDenied、BadNotReadable：请在服务器上授予读取权限；其他：请检查服务器后面的设备',
    },
  },
  'cli.part-missing': {
    kind: 'operator',
    message: { en: '{part} is not installed: {reason}', zh: '缺少组件 {part}：{reason}' },
    hint: {
      en: 'the demo needs the development packages; run "npm ci" in a clone of the repository',
      zh: '演示需要开发依赖；请在仓库目录运行 "npm ci"',
    },
  },
  'cli.bus-overloaded': {
    kind: 'operator',
    message: {
      en: 'bus {bus} would be busy {load} % of the time, and {usable} % is all there is; most of it takes {devices}',
      zh: '总线 {bus} 的负载将达 {load} %，而可用上限为 {usable} %；占用最多的是 {devices}',
    },
    hint: {
      en: 'the nearest scan that works: {nearest}; or a higher baud rate, fewer tags, a second bus',
      zh: '最接近的可行周期：{nearest}；也可提高波特率、减少点数或分到另一条总线',
    },
  },
  'cli.kit-unknown': {
    kind: 'operator',
    message: { en: 'there is no kit {found}', zh: '没有样板站点 {found}' },
    hint: { en: 'one of: {known}', zh: '可选：{known}' },
  },
  'cli.folder-taken': {
    kind: 'operator',
    message: {
      en: '{folder} is there already and is not empty; nothing was written',
      zh: '{folder} 已存在且不为空，未写入任何文件',
    },
    hint: {
      en: 'name another folder, or move away what lies in it',
      zh: '请换一个目录，或先移走其中的内容',
    },
  },
  'cli.unasked': {
    kind: 'operator',
    message: {
      en: 'nobody sits at a terminal to be asked: {question}',
      zh: '没有终端可供提问：{question}',
    },
    hint: {
      en: 'say {flag}, or --yes to take what the kit has',
      zh: '请用 {flag} 指定，或用 --yes 采用样板中的值',
    },
  },
  'cli.not-written': {
    kind: 'operator',
    message: { en: '{file} cannot be written', zh: '无法写入 {file}' },
    hint: {
      en: 'look at who may write there, and whether there is room',
      zh: '请检查写入权限和剩余空间',
    },
  },
  'cli.file-taken': {
    kind: 'operator',
    message: {
      en: '{file} is there already; nothing was written',
      zh: '{file} 已存在，未写入',
    },
    hint: { en: 'name another file', zh: '请换一个文件名' },
  },
} as const satisfies Record<string, ErrorText>;
