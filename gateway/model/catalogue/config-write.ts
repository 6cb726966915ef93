import type { ErrorText } from '../errors.ts';

/** Every problem of a site's files is for the one who writes them, and has a place. */
const operator = (en: string, zh: string, hintEn: string, hintZh: string): ErrorText => ({
  kind: 'operator',
  message: { en, zh },
  hint: { en: hintEn, zh: hintZh },
});

/** What is written about writes, and about commands from upstream. */
export const configWriteErrors = {
  'config.write-only-read': operator(
    'the tag is only read, so "write" says nothing',
    '该测点只读，“write”不起作用',
    'write access: read-write, or access: write where it cannot be read; or remove "write"',
    '请写 access: read-write；不能读取的测点写 access: write；或删除“write”',
  ),
  'config.write-unfit': operator(
    '"{key}" makes no sense for {what}',
    '“{key}”不适用于{what}',
    'remove "{key}", or correct the type in the address',
    '请删除“{key}”，或更正地址中的类型',
  ),
  'config.pulse-state': operator(
    '"{key}" is about a state that stays, and a pulse has none',
    '“{key}”针对保持的状态，而脉冲没有状态',
    'remove "{key}", or write kind: level; min_interval keeps pulses apart',
    '请删除“{key}”或改为 kind: level；脉冲之间的间隔用 min_interval',
  ),
  'config.restore-unseen': operator(
    'nothing shows what the tag holds, so nobody sees that it has to be restored',
    '没有可回读的值，无法发现该测点需要恢复',
    'write access: read-write, or name in read_back the tag that shows it; or remove "restore"',
    '请写 access: read-write，或在 read_back 中指定可读的测点；或删除“restore”',
  ),
  'config.pulse-safe': operator(
    'the safe value of a pulse makes the device do something each time the gateway stops or nobody has a say',
    '脉冲测点的安全值会在网关停止或无人控制时让设备动作一次',
    'make sure that this is meant; else remove "safe"',
    '请确认确有此意，否则请删除“safe”',
  ),
  'config.read-back-unknown': operator(
    'there is no tag {found} of a device',
    '没有设备测点 {found}',
    'tags of this site, the likeliest first: {known}; or none',
    '本站点的测点（最接近的在前）：{known}；或写 none',
  ),
  'config.read-back-unread': operator(
    '{found} is only written, so it shows nothing',
    '{found} 只写不读，无法用于回读',
    'name a tag that is read, or write none',
    '请指定可读的测点，或写 none',
  ),
  'config.read-back-kind': operator(
    '{found} holds {other}, and this tag {own}',
    '{found} 是{other}，而本测点是{own}',
    'name a tag that holds the same, or write none',
    '请指定类型相同的测点，或写 none',
  ),
  'config.remote-unheard': operator(
    'no uplink takes commands from upstream',
    '没有任何上行接收远程命令',
    'write commands: accept at an uplink, or remove this',
    '请在某个上行中写 commands: accept，或删除此处',
  ),
  'config.remote-unused': operator(
    'no tag lets remote write, so every command from upstream is refused',
    '没有测点允许 remote 写入，所有远程命令都会被拒绝',
    'write by: [local, rule, remote] under "write" of a tag, or commands: refuse',
    '请在测点的“write”中写 by: [local, rule, remote]，或改为 commands: refuse',
  ),
  'config.commands-unprotected': operator(
    'everybody on the network between here and the broker can write tags: neither TLS nor signatures protect the commands',
    '网关与服务器之间网络上的任何人都能写测点：命令既无 TLS 也无签名保护',
    'use mqtts://, or declare the operators that sign under commands:',
    '请使用 mqtts://，或在 commands: 下声明签名的 operators',
  ),
  'config.operator-key': operator(
    '"key" is no public key: 32 bytes in Base64, 44 characters, are wanted',
    '“key”不是公钥：应为 32 字节的 Base64，共 44 个字符',
    'of a key pair in a PEM file: openssl pkey -in operator.pem -pubout -outform DER | tail -c 32 | base64',
    '从 PEM 密钥文件导出：openssl pkey -in operator.pem -pubout -outform DER | tail -c 32 | base64',
  ),
  'config.operator-key-twice': operator(
    'operator "{other}", at {first}, has the same key, so nobody could tell the two apart',
    '操作员“{other}”（{first}）使用相同的密钥，两者无法区分',
    'give each operator a key of their own',
    '请为每个操作员使用各自的密钥',
  ),
  'config.operator-tag-unknown': operator(
    'this site has no {found}',
    '本站点没有 {found}',
    'an id of a tag, or press.* for all of a device; tags that remote may write: {known}',
    '请写测点全名，或用 press.* 表示整台设备；remote 可写的测点：{known}',
  ),
  'config.operator-tag-unwritable': operator(
    'remote may not write {found}, so the operator may not either',
    'remote 不可写 {found}，因此该操作员也不可写',
    'tags that remote may write: {known}',
    'remote 可写的测点：{known}',
  ),
} as const satisfies Record<string, ErrorText>;
