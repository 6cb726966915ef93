import type { ErrorKind, ErrorText } from '../errors.ts';

const text = (
  kind: ErrorKind,
  en: string,
  zh: string,
  hintEn: string,
  hintZh: string,
): ErrorText => ({ kind, message: { en, zh }, hint: { en: hintEn, zh: hintZh } });

/** Uploads to a supervising platform by HJ 212: what is written about one, and how it goes. */
export const hj212Errors = {
  'config.hj212-url': text(
    'operator',
    '"{key}" needs the address of a supervising platform',
    '“{key}”需要监控平台的地址',
    'write tcp://host:port, as the authority gave it',
    '请按主管部门给出的地址写 tcp://主机:端口',
  ),
  'config.hj212-mn': text(
    'operator',
    '{found} cannot be the id of a data logger (MN)',
    '{found} 不能作为数采仪的设备唯一标识（MN）',
    'letters and digits only, at most 24, as the authority gave it; in quotes where it is all digits',
    '仅限字母和数字，最多 24 位，以主管部门下发的为准；全部为数字时请加引号',
  ),
  'config.hj212-code': text(
    'operator',
    '{found} cannot be the code of a factor',
    '{found} 不能作为监测因子编码',
    'letters and digits, at most 12: w01018, a21026; in quotes where it is all digits',
    '字母和数字，最多 12 位，如 w01018、a21026；全部为数字时请加引号',
  ),
  'config.hj212-pw': text(
    'operator',
    'the password that "{key}" refers to cannot stand in a packet',
    '“{key}”所引用的密码不能放入数据包',
    '1 to 24 ASCII characters without spaces and without # & , ; =; six digits are usual',
    '1 到 24 个 ASCII 字符，不含空格和 # & , ; =；通常为 6 位数字',
  ),
  'config.hj212-tag-unknown': text(
    'operator',
    'there is no tag {found} that is read or computed',
    '没有可读取或计算的测点 {found}',
    'tags of this site, the likeliest first: {known}',
    '本站点的测点（最接近的在前）：{known}',
  ),
  'config.hj212-not-number': text(
    'operator',
    '{tag} is no number, so there is nothing to be told of it',
    '{tag} 不是数值，无法上报',
    'name the tag with the measured value; what the analyser is doing belongs to "flag"',
    '请填写测量值的测点；分析仪的状态应写在“flag”中',
  ),
  'config.hj212-unending': text(
    'operator',
    '{tag} is stored only when it changes: while nothing is stored nobody knows whether the value still stands',
    '{tag} 仅在变化时存储：没有新样本时，无法判断数值是否仍然有效',
    'say max_age here; or, where the tag has a deadband, remove it or give the tag a heartbeat',
    '请在此处写 max_age；若测点设置了死区，也可删除死区或设置 heartbeat',
  ),
  'config.hj212-mn-twice': text(
    'operator',
    'the uplink "{other}" is the same data logger at the same platform',
    '上行通道“{other}”在同一平台使用了相同的设备标识',
    'remove one of them, or correct its address or "mn"',
    '请删除其中一个，或更正其地址或“mn”',
  ),
  'hj212.unreachable': text(
    'transient',
    'cannot reach the platform {platform}: {reason}',
    '无法连接监控平台 {platform}：{reason}',
    'check the network, the address and the port; data are kept and sent later, the gateway tries again by itself',
    '检查网络、地址和端口；数据已保存，恢复后补传，网关会自动重试',
  ),
  'hj212.connection-lost': text(
    'transient',
    'the connection to the platform {platform} was lost: {reason}',
    '与监控平台 {platform} 的连接已断开：{reason}',
    'the gateway connects again by itself and sends what is missing',
    '网关会自动重新连接并补传数据',
  ),
  'hj212.unanswered': text(
    'transient',
    'the platform {platform} did not acknowledge a packet (CN={cn}) within {seconds} s, sent {times} times',
    '监控平台 {platform} 未应答数据包（CN={cn}）：每次等待 {seconds} 秒，共发送 {times} 次',
    'check MN, PW and ST with the authority: platforms are silent to those they do not know; the packet is kept and sent again',
    '请与主管部门核对 MN、PW 和 ST：平台对未登记的设备往往不应答；数据已保存并会重发',
  ),
  'hj212.refused': text(
    'operator',
    'the platform {platform} refuses the data: QnRtn={qn_rtn}',
    '监控平台 {platform} 拒绝接收数据：QnRtn={qn_rtn}',
    '3 is the password, 4 the MN, 5 the ST: correct them together with the authority; the data are kept and sent again',
    '3 为密码错误，4 为 MN 错误，5 为 ST 错误：请与主管部门核对；数据已保存并会重发',
  ),
  'hj212.clock-unsynced': text(
    'transient',
    'the clock of the gateway is not set, so no time can be put on data',
    '网关时钟尚未校准，数据无法标注时间',
    'check the time source (NTP); what was measured is stored and sent when the time is known',
    '请检查时间源（NTP）；已测数据保存在本地，时钟校准后发送',
  ),
  'hj212.clock-set-refused': text(
    'permanent',
    'the platform asked to set the clock (1012); the gateway takes its time from its own time source',
    '平台请求设置时钟（1012）；网关的时间只取自自身的时间源',
    'nothing to do; where the times differ compare the time source of both sides',
    '无需处理；若双方时间不一致，请核对双方的时间源',
  ),
  'hj212.password-set-refused': text(
    'permanent',
    'the platform asked to change the password (1072); it is set on the gateway only',
    '平台请求修改密码（1072）；密码只能在网关上设置',
    'change the password in the file that "pw" refers to, together with the authority, and restart the gateway',
    '请与主管部门约定后，修改“pw”所引用的文件并重启网关',
  ),
} as const satisfies Record<string, ErrorText>;
