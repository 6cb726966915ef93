import type { ErrorText } from '../errors.ts';

/** Every problem of a site's files is for the one who writes them, and has a place. */
const operator = (en: string, zh: string, hintEn: string, hintZh: string): ErrorText => ({
  kind: 'operator',
  message: { en, zh },
  hint: { en: hintEn, zh: hintZh },
});

/** What is written about uplinks, but for those of HJ 212. */
export const configUplinkErrors = {
  'config.sparkplug-id': operator(
    '{found} cannot be an id of Sparkplug',
    '{found} 不能作为 Sparkplug 标识',
    '1 to 128 characters without + # / and control characters',
    '1 到 128 个字符，不得含 + # / 和控制字符',
  ),
  'config.broker-url': operator(
    '"{key}" needs the address of a broker',
    '“{key}”应为服务器（broker）地址',
    'mqtts://host:8883 or mqtt://host:1883, without a path; name and password are keys of their own',
    'mqtts://主机:8883 或 mqtt://主机:1883，不带路径；用户名和密码使用单独的键',
  ),
  'config.topic': operator(
    '{found} cannot be a topic',
    '{found} 不能作为主题',
    'levels with {gateway}, {class} and {device}; no + # or leading $ or /',
    '各级可用 {gateway}、{class}、{device}；不得含 + #，不得以 $ 或 / 开头',
  ),
  'config.needs-mqtt-5': operator(
    '"{key}" needs MQTT 5',
    '“{key}”需要 MQTT 5',
    'remove "version: 3.1.1" or "{key}"',
    '请删除 “version: 3.1.1” 或 “{key}”',
  ),
  'config.ack-needs-envelope': operator(
    'no receiver can acknowledge messages of format {format}: they do not say which block they are',
    '格式 {format} 的报文不含数据块编号，接收端无法确认',
    'write "ack: broker", or "format: envelope"',
    '请改为 “ack: broker” 或 “format: envelope”',
  ),
  'config.expiry-of-proof': operator(
    'envelopes do not expire: one that the broker throws away is a hole in what is proven to be complete',
    '信封报文不能设置有效期：服务器丢弃其中任何一条，都会使可证明的完整性出现空洞',
    'remove "expiry"; it is for the other formats, and a receiver drops by time what it does not want any more',
    '请删除 “expiry”；该项用于其他格式，接收端可自行按时间丢弃',
  ),
  'config.only-nothing': operator(
    'this uplink would get nothing',
    '该上行不会收到任何数据',
    'name what it gets, telemetry: ["press.*"], alarm: ["*"]; or remove "only", then it gets everything',
    '请写明要发送的内容，如 telemetry: ["press.*"]、alarm: ["*"]；或删除 “only”，即发送全部',
  ),
  'config.only-unmatched': operator(
    '{found} matches no tag of class {class}',
    '{found} 不匹配 {class} 类的任何测点',
    'tags of this class, the likeliest first: {known}',
    '该类别的测点（最接近的在前）：{known}',
  ),
  'config.template-unknown': operator(
    'there is no placeholder {placeholder}',
    '没有占位符 {placeholder}',
    'use one of: {known}',
    '可用的占位符：{known}',
  ),
  'config.template-values': operator(
    '{placeholder} cannot stand here: {values} is an object of all values of a device, alone in its place and without {tag}, {unit}, {value}, {quality}',
    '{placeholder} 不能用在这里：{values} 是一个设备全部数值的对象，必须单独成项，且不能与 {tag}、{unit}、{value}、{quality} 同用',
    'write "{values}" as the whole text, or use the placeholders of one sample',
    '请把 “{values}” 单独写成一项，或改用单个样本的占位符',
  ),
  'config.tls-unused': operator(
    '"{key}" is of no use with mqtt://',
    '使用 mqtt:// 时“{key}”不起作用',
    'write mqtts:// or remove "{key}"',
    '请改为 mqtts:// 或删除“{key}”',
  ),
  'config.password-unprotected': operator(
    'the password crosses the network in the clear',
    '密码将以明文通过网络传输',
    'use mqtts://',
    '请使用 mqtts://',
  ),
  'config.client-id-twice': operator(
    'uplink "{other}" uses the same client_id',
    '上行“{other}”使用了相同的 client_id',
    'a broker throws one of the two out; choose another client_id',
    '服务器会断开其中一个；请更换 client_id',
  ),
} as const satisfies Record<string, ErrorText>;
