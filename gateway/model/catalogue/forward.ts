import type { ErrorText } from '../errors.ts';

/** Delivery upstream: the connection to a broker, what it takes and what it refuses. */
export const forwardErrors = {
  'forward.unreachable': {
    kind: 'transient',
    message: { en: 'cannot reach {broker}: {reason}', zh: '无法连接 {broker}：{reason}' },
    hint: {
      en: 'check the network, the name and the port; samples are kept in the journal and the gateway tries again by itself',
      zh: '检查网络、主机名和端口；数据保存在本地日志中，网关会自动重试',
    },
  },
  'forward.tls-failed': {
    kind: 'operator',
    message: {
      en: 'no secure connection to {broker}: {reason}',
      zh: '无法与 {broker} 建立安全连接：{reason}',
    },
    hint: {
      en: 'check ca, client_cert and client_key, that the certificate names this host, and the clock of the gateway',
      zh: '检查 ca、client_cert、client_key，证书中的主机名，以及网关的时钟',
    },
  },
  'forward.tls-expired': {
    kind: 'operator',
    message: {
      en: 'the certificate of {broker} has expired: {reason}',
      zh: '{broker} 的证书已过期：{reason}',
    },
    hint: {
      en: 'have the certificate of the broker renewed; if it was, compare the clock of the gateway with your watch',
      zh: '请更新服务器证书；若已更新，请核对网关的时钟',
    },
  },
  'forward.tls-not-yet-valid': {
    kind: 'operator',
    message: {
      en: 'the certificate of {broker} is not valid yet: {reason}',
      zh: '{broker} 的证书尚未生效：{reason}',
    },
    hint: {
      en: 'compare the clock of the gateway with your watch; if it is right, the certificate was made for later',
      zh: '请核对网关的时钟；若时钟正确，则证书的生效时间在将来',
    },
  },
  'forward.tls-clock': {
    kind: 'operator',
    message: {
      en: 'the certificate of {broker} cannot be judged: the clock of this gateway was never set since its start ({reason})',
      zh: '无法判断 {broker} 的证书是否有效：网关启动后时钟尚未校准（{reason}）',
    },
    hint: {
      en: 'let the gateway reach a time server, or set its clock; it tries again by itself and takes no certificate unseen',
      zh: '请让网关能访问时间服务器，或手动设置时钟；网关会自动重试，且绝不跳过证书校验',
    },
  },
  'forward.tls-host': {
    kind: 'operator',
    message: {
      en: 'the certificate of {broker} is for another host: {reason}',
      zh: '{broker} 的证书属于其他主机：{reason}',
    },
    hint: {
      en: 'write the name that is in the certificate into the address, or have the certificate made for this one',
      zh: '请在地址中使用证书里的主机名，或为当前主机名签发证书',
    },
  },
  'forward.tls-authority': {
    kind: 'operator',
    message: {
      en: 'nobody that this gateway trusts vouches for the certificate of {broker}: {reason}',
      zh: '{broker} 的证书不是由网关信任的机构签发的：{reason}',
    },
    hint: {
      en: 'write the PEM file of the authority that signed it as "ca"; for a public broker leave "ca" out',
      zh: '请把签发该证书的机构的 PEM 文件写为 “ca”；公共服务器请不要填写 “ca”',
    },
  },
  'forward.tls-client': {
    kind: 'operator',
    message: {
      en: '{broker} does not accept the certificate of this gateway: {reason}',
      zh: '{broker} 不接受网关的证书：{reason}',
    },
    hint: {
      en: 'check client_cert and client_key: whether the broker asks for one, trusts who signed it, and whether it has expired or was revoked',
      zh: '请检查 client_cert 和 client_key：服务器是否要求证书、是否信任签发机构、证书是否过期或被吊销',
    },
  },
  'forward.tls-version': {
    kind: 'operator',
    message: {
      en: '{broker} and this gateway have no version of TLS or cipher in common: {reason}',
      zh: '{broker} 与网关没有共同支持的 TLS 版本或加密套件：{reason}',
    },
    hint: {
      en: 'let the broker speak TLS 1.2 or 1.3',
      zh: '请让服务器支持 TLS 1.2 或 1.3',
    },
  },
  'forward.tls-none': {
    kind: 'operator',
    message: {
      en: '{broker} does not speak TLS: {reason}',
      zh: '{broker} 不使用 TLS：{reason}',
    },
    hint: {
      en: 'check the port (8883 with TLS, 1883 without), or write mqtt://',
      zh: '请检查端口（TLS 为 8883，非 TLS 为 1883），或改为 mqtt://',
    },
  },
  'forward.credentials-unreadable': {
    kind: 'operator',
    message: { en: 'cannot read {path}: {reason}', zh: '无法读取 {path}：{reason}' },
    hint: {
      en: 'check that the file exists and that the gateway may read it; it is read again at the next attempt',
      zh: '检查文件是否存在、网关是否有读取权限；下次连接时会重新读取',
    },
  },
  'forward.credentials-incomplete': {
    kind: 'operator',
    message: {
      en: '{path}: no certificate in it, or one that is not all there',
      zh: '{path} 中没有证书，或证书不完整',
    },
    hint: {
      en: 'write the whole PEM file anew, under another name first, and then rename it; a standing connection goes on with the old one',
      zh: '请重新写入完整的 PEM 文件（先写临时文件再改名）；已建立的连接继续使用旧证书',
    },
  },
  'forward.credentials-broken': {
    kind: 'operator',
    message: { en: '{path} cannot be used for TLS: {reason}', zh: '{path} 无法用于 TLS：{reason}' },
    hint: {
      en: 'put a PEM file there, a key without a passphrase; a standing connection goes on with the old one',
      zh: '请放入 PEM 文件，私钥不得设密码；已建立的连接继续使用旧证书',
    },
  },
  'forward.credentials-mismatch': {
    kind: 'operator',
    message: {
      en: 'the key in {key} does not belong to the certificate in {path}',
      zh: '{key} 中的私钥与 {path} 中的证书不匹配',
    },
    hint: {
      en: 'put both files there as they were issued together; a standing connection goes on with the old ones',
      zh: '请放入同一次签发的证书和私钥；已建立的连接继续使用旧文件',
    },
  },
  'forward.credentials-expired': {
    kind: 'operator',
    message: {
      en: 'the certificate in {path} expired at {until}',
      zh: '{path} 中的证书已于 {until} 过期',
    },
    hint: {
      en: 'have it renewed; if it was, compare the clock of the gateway with your watch',
      zh: '请更新证书；若已更新，请核对网关的时钟',
    },
  },
  'forward.credentials-early': {
    kind: 'operator',
    message: {
      en: 'the certificate in {path} is not valid before {from}',
      zh: '{path} 中的证书自 {from} 起才生效',
    },
    hint: {
      en: 'compare the clock of the gateway with your watch; if it is right, the certificate is used from then on',
      zh: '请核对网关的时钟；若时钟正确，届时将自动启用',
    },
  },
  'forward.renewing': {
    kind: 'transient',
    message: {
      en: 'the gateway hung up to come anew with its renewed certificates',
      zh: '证书已更新，网关主动断开并重新连接',
    },
    hint: { en: 'nothing to do', zh: '无需处理' },
  },
  'forward.connect-refused': {
    kind: 'operator',
    message: {
      en: '{broker} refused the connection: {reason}',
      zh: '{broker} 拒绝了连接：{reason}',
    },
    hint: {
      en: 'check user name, password, client id and the MQTT version, and what the broker allows this gateway',
      zh: '检查用户名、密码、客户端 ID 和 MQTT 版本，以及服务器给该网关的权限',
    },
  },
  'forward.broker-unavailable': {
    kind: 'transient',
    message: { en: '{broker} is not available: {reason}', zh: '{broker} 暂不可用：{reason}' },
    hint: {
      en: 'nothing to do here; the gateway tries again by itself',
      zh: '无需操作，网关会自动重试',
    },
  },
  'forward.no-answer': {
    kind: 'transient',
    message: {
      en: '{broker} did not answer within {seconds} s: {reason}',
      zh: '{broker} 在 {seconds} 秒内没有应答：{reason}',
    },
    hint: {
      en: 'check that an MQTT broker listens there and that no firewall swallows its packets; the gateway connects again',
      zh: '检查该端口上是否为 MQTT 服务器、防火墙是否丢弃数据包；网关会重新连接',
    },
  },
  'forward.connection-lost': {
    kind: 'transient',
    message: {
      en: 'the connection to {broker} was lost: {reason}',
      zh: '与 {broker} 的连接已断开：{reason}',
    },
    hint: {
      en: 'the gateway connects again by itself; if another client took the session over, two gateways share one client id',
      zh: '网关会自动重新连接；如会话被其他客户端接管，说明两台网关使用了相同的客户端 ID',
    },
  },
  'forward.protocol-broken': {
    kind: 'transient',
    message: {
      en: '{broker} sent what is not MQTT: {reason}',
      zh: '{broker} 发送的内容不符合 MQTT 协议：{reason}',
    },
    hint: {
      en: 'check that the port belongs to an MQTT broker and that `version` is one it speaks',
      zh: '检查该端口是否为 MQTT 服务器，以及 version 是否受支持',
    },
  },
  'forward.no-subscriber': {
    kind: 'transient',
    message: { en: 'nobody listens on {topic}', zh: '主题 {topic} 没有订阅者' },
    hint: {
      en: 'start the receiver; until then the block stays in the journal (unrouted: hold)',
      zh: '请启动接收端；在此之前数据保留在本地日志中（unrouted: hold）',
    },
  },
  'forward.receiver-silent': {
    kind: 'transient',
    message: {
      en: 'no receiver has confirmed within {seconds} s what the broker has taken of {uplink}',
      zh: '{uplink}：服务器已接收的数据在 {seconds} 秒内没有接收端确认入库',
    },
    hint: {
      en: 'see that a receiver runs, can store, and may publish the topic …/ack; until then the blocks stay in the journal (ack: receiver)',
      zh: '请检查接收端是否运行、能否写入，以及是否有权发布主题 …/ack；在此之前数据保留在本地日志中（ack: receiver）',
    },
  },
  'forward.quota': {
    kind: 'transient',
    message: {
      en: 'the broker takes no more on {topic} for now: {reason}',
      zh: '服务器暂不接收主题 {topic} 的数据：{reason}',
    },
    hint: {
      en: 'raise the quota of this gateway at the broker; the gateway tries again by itself',
      zh: '在服务器上提高该网关的配额；网关会自动重试',
    },
  },
  'forward.refused': {
    kind: 'permanent',
    message: {
      en: 'the broker refuses messages on {topic}: {reason}',
      zh: '服务器拒绝主题 {topic} 的消息：{reason}',
    },
    hint: {
      en: 'allow this topic and this size at the broker; while the broker takes others, what it refuses is set aside after a few attempts: "headgate resend" sends it again',
      zh: '在服务器上允许该主题和消息大小；若服务器接收其他消息，被拒绝的块在多次尝试后会被搁置，用 "headgate resend" 可重新发送',
    },
  },
  'forward.lost-at-block': {
    kind: 'permanent',
    message: {
      en: 'the connection is lost each time at block {seq}, and at no other',
      zh: '每次发送块 {seq} 时连接都会断开，发送其他块时则不会',
    },
    hint: {
      en: 'look into the log of the broker, or of a firewall that looks into messages: usually a limit of size; then "headgate resend"',
      zh: '请查看服务器或审查报文的防火墙的日志，通常是大小限制；排除后执行 "headgate resend"',
    },
  },
  'forward.blocks-aside': {
    kind: 'operator',
    message: {
      en: 'uplink {uplink}: {blocks} blocks are set aside because the target does not take them, the newest is {seq}: {reason}',
      zh: '上行 {uplink}：目标不接收的 {blocks} 个块已被搁置，最新为块 {seq}：{reason}',
    },
    hint: {
      en: 'the journal has them; mend what the reason says, then "headgate resend"',
      zh: '数据仍在日志库中；排除原因后执行 "headgate resend"',
    },
  },
  'forward.topic-too-long': {
    kind: 'permanent',
    message: {
      en: 'the topic {topic}… is longer than {limit} bytes',
      zh: '主题 {topic}… 超过 {limit} 字节',
    },
    hint: {
      en: 'shorten the topic template, the gateway id or the device name',
      zh: '缩短主题模板、网关 ID 或设备名称',
    },
  },
  'forward.envelope-invalid': {
    kind: 'permanent',
    message: { en: 'not an envelope: {reason}', zh: '不是有效的消息：{reason}' },
    hint: {
      en: 'see docs/asyncapi.yaml for the form; another program may publish on this topic',
      zh: '消息格式见 docs/asyncapi.yaml；可能有其他程序向该主题发布数据',
    },
  },
  'forward.not-connected': {
    kind: 'transient',
    message: { en: 'the uplink {uplink} is not connected', zh: '上行通道 {uplink} 未连接' },
    hint: {
      en: 'nothing to do: what was not acknowledged is sent when it is connected again',
      zh: '无需操作：未确认的数据将在重新连接后发送',
    },
  },
} as const satisfies Record<string, ErrorText>;
