import type { ErrorText } from '../errors.ts';

/** Every problem of a site's files is for the one who writes them, and has a place. */
const operator = (en: string, zh: string, hintEn: string, hintZh: string): ErrorText => ({
  kind: 'operator',
  message: { en, zh },
  hint: { en: hintEn, zh: hintZh },
});

/** Files and folders, before a single character is understood. */
const files = {
  'config.not-found': operator(
    'there is no {path}',
    '找不到 {path}',
    'give the folder of a site, or one YAML file',
    '请指定站点文件夹或一个 YAML 文件',
  ),
  'config.no-yaml': operator(
    'no *.yaml file in {path}',
    '{path} 中没有 *.yaml 文件',
    'a site starts with a gateway.yaml; config/sites/minimal is one to copy',
    '站点从 gateway.yaml 开始；可复制 config/sites/minimal',
  ),
  'config.unreadable': operator(
    'cannot read the file: {reason}',
    '无法读取文件：{reason}',
    "check that it exists and that the gateway's user may read it",
    '请检查文件是否存在，以及网关用户是否有读取权限',
  ),
  'config.not-a-file': operator(
    'this is not a regular file',
    '这不是普通文件',
    'a site is made of plain files; remove the pipe, device or folder of this name',
    '站点只能由普通文件组成；请移除此名称的管道、设备或文件夹',
  ),
  'config.file-ignored': operator(
    '{path} is not read',
    '{path} 不会被读取',
    'rename it to end in .yaml',
    '请将扩展名改为 .yaml',
  ),
  'config.file-too-large': operator(
    'the file is larger than {max}',
    '文件超过 {max}',
    'split it: every *.yaml in the folder and in devices/ is read',
    '请拆分文件：文件夹及 devices/ 中的所有 *.yaml 都会被读取',
  ),
  'config.site-too-large': operator(
    'the site has more than {max} in total',
    '站点总量超过 {max}',
    'use several gateways for a site of this size',
    '这种规模的站点请使用多个网关',
  ),
} as const satisfies Record<string, ErrorText>;

/** Characters and YAML. */
const yaml = {
  'config.not-utf8': operator(
    'the file is not UTF-8 text',
    '文件不是 UTF-8 文本',
    'save it as UTF-8 in the editor',
    '请在编辑器中另存为 UTF-8',
  ),
  'config.control-character': operator(
    'a control character, {character}',
    '存在控制字符 {character}',
    'delete it; the file may be damaged or half written',
    '请删除；文件可能已损坏或未写完',
  ),
  'config.empty': operator(
    'the file says nothing',
    '文件没有内容',
    'write the configuration or delete the file',
    '请写入配置或删除该文件',
  ),
  'config.several-documents': operator(
    'a second document begins here',
    '此处开始了第二个文档',
    'remove the line ---, or make two files',
    '请删除 --- 行，或拆成两个文件',
  ),
  'config.yaml-feature': operator(
    'anchors, aliases, merge keys, !tags and %directives are not allowed: {found}',
    '不允许使用锚点、别名、合并键、!标签和 %指令：{found}',
    'write the value out; text that begins with such a character goes in quotes',
    '请直接写出值；以这些字符开头的文本请加引号',
  ),
  'config.yaml-syntax': operator(
    'this is not YAML: {reason}',
    '不是有效的 YAML：{reason}',
    'look at this line and the one above: indentation, a missing colon, bracket or quote',
    '请检查本行和上一行：缩进、缺少的冒号、括号或引号',
  ),
  'config.yaml-quotes': operator(
    'signs of this value are read as YAML',
    '该值中的符号被当成了 YAML 语法',
    `put the whole value in single quotes, one within it twice: 'avg(press.oil_temp, "5m") > 75', 'oil at {press.oil_temp} °C'`,
    `请用单引号括起整个值，其中的单引号写两次：'avg(press.oil_temp, "5m") > 75'、'油温 {press.oil_temp} °C'`,
  ),
  'config.yaml-colon': operator(
    'this line is no key with a value',
    '本行不是“键: 值”',
    'behind the key stand a plain colon and a blank: "when: press.oil_temp > 75"',
    '键后面要写半角冒号和一个空格：“when: press.oil_temp > 75”',
  ),
  'config.yaml-indent': operator(
    'this line begins in another column than the lines it belongs to',
    '本行的缩进与同级各行不一致',
    'keys of one map begin in the same column',
    '同一级的键要从同一列开始',
  ),
  'config.tab': operator(
    'a tab indents this line',
    '本行使用了制表符缩进',
    'indent with spaces',
    '请用空格缩进',
  ),
  'config.reference-unquoted': operator(
    'inside {…} a reference needs quotes',
    '在 {…} 内，引用必须加引号',
    `write "\${credential:name}" with the quotes`,
    `请写成 "\${credential:name}"（带引号）`,
  ),
  'config.too-deep': operator(
    'more than {max} levels inside each other',
    '嵌套超过 {max} 层',
    'no option lies that deep; a bracket may be missing',
    '没有这么深的配置项；可能缺少括号',
  ),
  'config.too-many-keys': operator(
    'more than {max} entries in one map or list',
    '一个映射或列表超过 {max} 项',
    'spread the tags over several devices',
    '请把测点分到多个设备',
  ),
  'config.duplicate-key': operator(
    '"{key}" stands twice; first at {first}',
    '“{key}”重复；第一次出现在 {first}',
    'remove one of the two',
    '请删除其中一处',
  ),
  'config.key-forbidden': operator(
    '"{key}" cannot be a name',
    '“{key}”不能作为名称',
    'choose another name',
    '请换一个名称',
  ),
  'config.key-not-text': operator(
    'a map or a list cannot be a key',
    '映射或列表不能作为键',
    'a key is one word; a value that begins with { or [ goes in quotes',
    '键是一个词；以 { 或 [ 开头的值请加引号',
  ),
  'config.number-inexact': operator(
    'the number has more digits than can be kept',
    '数字位数超出可保存的精度',
    'put it in quotes if it is an address or a serial number',
    '如为地址或编号请加引号',
  ),
  'config.leading-zero': operator(
    'the number would lose its leading zero',
    '数字会丢失前导零',
    'put it in quotes if the zero counts, else remove the zero',
    '如前导零有意义请加引号，否则请去掉',
  ),
} as const satisfies Record<string, ErrorText>;

/** Values against their declaration. */
const values = {
  'config.unknown-key': operator(
    'unknown key "{key}"',
    '未知的键“{key}”',
    'the nearest key known here is "{nearest}"; all of them: {known}',
    '此处最接近的键是“{nearest}”；全部：{known}',
  ),
  'config.missing-key': operator(
    '"{key}" is missing',
    '缺少“{key}”',
    'add "{key}: …" below',
    '请在其下添加“{key}: …”',
  ),
  'config.not-map': operator(
    '"{key}" needs keys and values, not {found}',
    '“{key}”应为键值对，而不是 {found}',
    'write the keys indented below it',
    '请在其下缩进书写各个键',
  ),
  'config.not-list': operator(
    '"{key}" needs a list, not {found}',
    '“{key}”应为列表，而不是 {found}',
    'write [a, b] or lines that begin with -',
    '请写成 [a, b] 或以 - 开头的行',
  ),
  'config.list-length': operator(
    '"{key}" needs {min} to {max} entries',
    '“{key}”需要 {min} 到 {max} 项',
    'add or remove entries',
    '请增加或删除条目',
  ),
  'config.not-text': operator(
    '"{key}" needs text, not {found}',
    '“{key}”应为文本，而不是 {found}',
    'put the value in quotes',
    '请给值加引号',
  ),
  'config.text-empty': operator(
    '"{key}" is empty',
    '“{key}”为空',
    'write a value or remove the key',
    '请写入值或删除该键',
  ),
  'config.text-too-long': operator(
    '"{key}" has more than {max} characters',
    '“{key}”超过 {max} 个字符',
    'shorten it',
    '请缩短',
  ),
  'config.text-form': operator(
    '"{key}" cannot be {found}',
    '“{key}”不能是 {found}',
    'the reference of the configuration shows an example',
    '配置参考中有示例',
  ),
  'config.not-number': operator(
    '"{key}" needs a number, not {found}',
    '“{key}”应为数字，而不是 {found}',
    'digits with a point, no quotes, no _ and no unit: 0.2',
    '只写数字和小数点，不加引号、下划线和单位：0.2',
  ),
  'config.not-integer': operator(
    '"{key}" needs a whole number, not {found}',
    '“{key}”应为整数，而不是 {found}',
    'digits only: 20',
    '只写数字：20',
  ),
  'config.not-flag': operator(
    '"{key}" needs true or false, not {found}',
    '“{key}”应为 true 或 false，而不是 {found}',
    'write true or false; yes, no, on and off are plain text in YAML 1.2',
    '请写 true 或 false；在 YAML 1.2 中 yes、no、on、off 是普通文本',
  ),
  'config.not-one-of': operator(
    '"{key}" cannot be {found}',
    '“{key}”不能是 {found}',
    'one of, the likeliest first: {known}',
    '可选值（最接近的在前）：{known}',
  ),
  'config.not-one-key': operator(
    'exactly one of these keys is needed: {known}',
    '必须且只能有以下键之一：{known}',
    'add the one that fits, or remove the others',
    '请添加适用的一个，或删除其余的',
  ),
  'config.out-of-range': operator(
    '"{key}" is {found}, outside {min} … {max}',
    '“{key}”为 {found}，超出 {min} … {max}',
    'choose a value from {min} to {max}',
    '请选择 {min} 到 {max} 之间的值',
  ),
  'config.unit-missing': operator(
    '"{key}" has no unit: {found}',
    '“{key}”没有单位：{found}',
    'write the unit behind the number: {example}',
    '请在数字后写单位：{example}',
  ),
  'config.not-duration': operator(
    '"{key}" needs a length of time, not {found}',
    '“{key}”应为时长，而不是 {found}',
    'a number with ms, s, m, h or d: 500ms, 10s, 15m, 1h, 30d',
    '数字加 ms、s、m、h 或 d：500ms、10s、15m、1h、30d',
  ),
  'config.not-size': operator(
    '"{key}" needs an amount of bytes, not {found}',
    '“{key}”应为字节数，而不是 {found}',
    'a number with KB, MB, GB (or KiB, MiB, GiB): 2GB',
    '数字加 KB、MB、GB（或 KiB、MiB、GiB）：2GB',
  ),
  'config.not-share': operator(
    '"{key}" needs a share, not {found}',
    '“{key}”应为百分比，而不是 {found}',
    'a number with a percent sign: 5%',
    '数字加百分号：5%',
  ),
  'config.not-rate': operator(
    '"{key}" needs a rate, not {found}',
    '“{key}”应为速率，而不是 {found}',
    'a number per s, m, h or d: 2/s, 120/h, 1000/d',
    '数字加 /s、/m、/h 或 /d：2/s、120/h、1000/d',
  ),
  'config.not-decimal': operator(
    '"{key}" needs a number above 0, not {found}',
    '“{key}”应为大于 0 的数，而不是 {found}',
    'digits with a point; in quotes when there are more than 15: 4294967296',
    '只写数字和小数点，超过 15 位请加引号：4294967296',
  ),
  'config.not-bytes': operator(
    '"{key}" needs text or 0x and pairs of hexadecimal digits, not {found}',
    '“{key}”应为文本或 0x 加成对的十六进制数字，而不是 {found}',
    'for example "ROOFTOP-01" or "0x7B01", with the quotes',
    '例如 "ROOFTOP-01" 或 "0x7B01"（带引号）',
  ),
  'config.site-name': operator(
    '{found} cannot be the name of a gateway, bus, uplink or operator',
    '{found} 不能作为网关、总线、上行或操作员名称',
    'a name has at most 64 of a-z, 0-9, - and _, and begins with a letter: line-1',
    '名称最多 64 个字符，只用 a-z、0-9、- 和 _，以字母开头：line-1',
  ),
  'config.tag-name': operator(
    '{found} cannot be the name of a device or tag',
    '{found} 不能作为设备或测点名称',
    'a name has at most 64 of a-z, 0-9 and _, and begins with a letter: oil_temp; a device may have dots: hall1.press',
    '名称最多 64 个字符，只用 a-z、0-9 和 _，以字母开头：oil_temp；设备名可含点：hall1.press',
  ),
  'config.timezone': operator(
    '{found} is no time zone',
    '{found} 不是有效时区',
    'an IANA name; the nearest: {nearest}',
    '请使用 IANA 名称；最接近的：{nearest}',
  ),
  'config.endpoint': operator(
    '"{key}" needs host:port, not {found}',
    '“{key}”应为 主机:端口，而不是 {found}',
    'for example 192.168.1.10:502',
    '例如 192.168.1.10:502',
  ),
  'config.serial-path': operator(
    '{found} is not the path of a serial port',
    '{found} 不是串口路径',
    'an absolute path; those in /dev/serial/by-path survive a restart',
    '请使用绝对路径；/dev/serial/by-path 下的路径重启后不变',
  ),
} as const satisfies Record<string, ErrorText>;

/** What one part of a site says against another, or against the machine. */
const wholeSite = {
  'config.unknown-bus': operator(
    'there is no bus {found}',
    '没有总线 {found}',
    'buses of this site, the likeliest first: {known}',
    '本站点的总线（最接近的在前）：{known}',
  ),
  'config.unknown-protocol': operator(
    'there is no protocol {found}',
    '没有协议 {found}',
    'one of, the likeliest first: {known}',
    '可选值（最接近的在前）：{known}',
  ),
  'config.device-option': operator(
    'the driver does not take this: {reason}',
    '驱动程序不接受此项：{reason}',
    'see the options of {protocol} in the reference',
    '请参阅参考中 {protocol} 的选项',
  ),
  'config.bus-shared': operator(
    '{resource} is already bus "{other}", at {first}',
    '{resource} 已是总线“{other}”，位于 {first}',
    'one wire is one bus: put the devices of both on one of them',
    '一条线路只能是一个总线：请把设备放到同一个总线上',
  ),
  'config.device-twice': operator(
    'same bus and same options as "{other}", at {first}',
    '与“{other}”的总线和选项相同，位于 {first}',
    'if they are one unit, join their tags; else correct the unit number',
    '如为同一单元请合并测点，否则请更正单元号',
  ),
  'config.registration-shared': operator(
    'bus "{other}", at {first}, listens on the same port, and one registration begins with the other',
    '总线“{other}”（{first}）监听同一端口，且两者的注册包相同或互为前缀',
    'give each DTU on a port a registration of its own',
    '请为同一端口的每台 DTU 设置不同的注册包',
  ),
  'config.bus-unfit': operator(
    'a device that speaks {protocol} like this cannot be on bus "{bus}"',
    '这样的 {protocol} 设备不能接在总线“{bus}”上',
    'put it on a bus of this kind: {known}',
    '请接到以下类型的总线：{known}',
  ),
  'config.wire-missing': operator(
    '"{key}" is of no use on bus "{bus}", which carries packets',
    '总线“{bus}”传输报文，“{key}”不起作用',
    'remove "{key}", or put the device on a serial wire',
    '请删除“{key}”，或把设备接到串行线路',
  ),
  'config.wire-fixed': operator(
    '"{key}" differs from that of bus "{bus}", which only its far end could change',
    '“{key}”与总线“{bus}”不同，而只有对端才能更改它',
    'set both alike as the serial server or DTU has it: {found}',
    '请将两者设为与串口服务器或 DTU 一致：{found}',
  ),
  'config.counter-not-number': operator(
    'a counter needs a number, and this address holds none',
    '计数器必须是数值，而该地址不是数值',
    'remove "counter" or correct the type in the address',
    '请删除 “counter” 或更正地址中的类型',
  ),
  'config.write-wears': operator(
    'each write of this tag wears the memory of the device',
    '每次写入该测点都会损耗设备的存储器',
    'write it seldom; with access: read, or "skip", it cannot be written at all',
    '请尽量少写；设置 access: read 或用 skip 排除后则不可写',
  ),
  'config.bus-unused': operator(
    'no device is on bus "{key}"',
    '总线“{key}”上没有设备',
    'add a device or remove the bus',
    '请添加设备或删除该总线',
  ),
  'config.no-devices': operator(
    'the site has no devices',
    '站点没有设备',
    'add them under devices:',
    '请在 devices: 下添加',
  ),
  'config.too-many-tags': operator(
    'the site has {count} tags; at most {max}',
    '站点有 {count} 个测点，最多 {max} 个',
    'use several gateways for a site of this size',
    '这种规模的站点请使用多个网关',
  ),
  'config.heartbeat-short': operator(
    'the heartbeat is shorter than the scan of {scan}',
    '心跳短于扫描周期 {scan}',
    'raise the heartbeat or lower the scan',
    '请增大心跳或减小扫描周期',
  ),
  'config.pair-missing': operator(
    '"{key}" is of no use without "{other}"',
    '没有“{other}”，“{key}”不起作用',
    'add "{other}" or remove "{key}"',
    '请添加“{other}”或删除“{key}”',
  ),
  'config.secret-literal': operator(
    '"{key}" stands here for everybody to read',
    '“{key}”以明文写在此处',
    `put it in a file and write \${file:/path}, \${credential:name} or \${env:NAME}`,
    `请放入文件并写 \${file:/path}、\${credential:name} 或 \${env:NAME}`,
  ),
  'config.reference-form': operator(
    '"{key}" is no reference',
    '“{key}”不是有效引用',
    `one of \${file:/path}, \${credential:name}, \${env:NAME}, and nothing around it`,
    `只能是 \${file:/path}、\${credential:name} 或 \${env:NAME}，前后不能有其他内容`,
  ),
  'config.no-credentials': operator(
    '{found} cannot be resolved: there is no $CREDENTIALS_DIRECTORY',
    '无法解析 {found}：没有 $CREDENTIALS_DIRECTORY',
    'start the gateway by systemd with LoadCredential=, or set the variable to a folder',
    '请用带 LoadCredential= 的 systemd 启动，或把该变量设为一个文件夹',
  ),
  'config.variable-unset': operator(
    '{found} cannot be resolved: the variable is not set',
    '无法解析 {found}：变量未设置',
    'set it where the gateway is started',
    '请在启动网关处设置该变量',
  ),
  'config.file-missing': operator(
    '"{key}": cannot read {path}: {reason}',
    '“{key}”：无法读取 {path}：{reason}',
    "check the path and that the gateway's user may read it",
    '请检查路径以及网关用户的读取权限',
  ),
  'config.secret-form': operator(
    '{path} is empty or has several lines',
    '{path} 为空或有多行',
    'put the secret there, on one line',
    '请把内容写在其中，只占一行',
  ),
  'config.simulated-unknown': operator(
    'the site has no {found}',
    '站点中没有 {found}',
    'known here, the likeliest first: {known}',
    '可选（最接近的在前）：{known}',
  ),
  'config.range-reversed': operator(
    'min {min} is above max {max}',
    'min {min} 大于 max {max}',
    'swap them',
    '请交换两者',
  ),
} as const satisfies Record<string, ErrorText>;

export const configErrors = { ...files, ...yaml, ...values, ...wholeSite } as const;
