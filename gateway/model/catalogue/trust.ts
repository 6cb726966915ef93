import type { ErrorText } from '../errors.ts';

/** Certificates: the servers' and the gateway's own. */
export const trustErrors = {
  'opcua.certificate-unknown': {
    kind: 'operator',
    message: {
      en: 'nobody has said yet that the OPC UA server {url} is to be trusted; it shows the certificate "{subject}", SHA-256 {fingerprint}',
      zh: '尚未有人确认信任 OPC UA 服务器 {url}；其证书为 "{subject}"，SHA-256 {fingerprint}',
    },
    hint: {
      en: "compare the fingerprint with the one on the server's own screen; if they are equal: headgate trust [site] {fingerprint}",
      zh: '请与服务器自身界面上显示的指纹核对；一致时执行：headgate trust [站点] {fingerprint}',
    },
  },
  'opcua.certificate-changed': {
    kind: 'operator',
    message: {
      en: 'the OPC UA server {url} shows another certificate than the trusted one: now "{subject}", SHA-256 {fingerprint}; trusted is {known}',
      zh: 'OPC UA 服务器 {url} 的证书与已信任的不同：现为 "{subject}"，SHA-256 {fingerprint}；已信任的是 {known}',
    },
    hint: {
      en: "find out why: a renewed certificate or a replaced server is harmless, anything else is somebody in between. Compare with the server's own screen; if it is right: headgate trust [site] {fingerprint}",
      zh: '请查明原因：证书续期或更换服务器属正常，否则可能有人冒充。请与服务器自身界面核对；确认无误后执行：headgate trust [站点] {fingerprint}',
    },
  },
  'opcua.certificate-elsewhere': {
    kind: 'operator',
    message: {
      en: 'the certificate "{subject}" (SHA-256 {fingerprint}) of {url} is trusted, but made out to {hosts}, not to {host}',
      zh: '{url} 的证书 "{subject}"（SHA-256 {fingerprint}）已受信任，但其签发对象是 {hosts}，而不是 {host}',
    },
    hint: {
      en: 'if it is that server under another address: headgate trust [site] {fingerprint}; else check the address of the bus',
      zh: '若确为同一服务器的另一地址，执行：headgate trust [站点] {fingerprint}；否则请检查总线地址',
    },
  },
  'opcua.certificate-uri': {
    kind: 'operator',
    message: {
      en: 'the OPC UA server {url} calls itself {said}, its certificate "{subject}" is of {uri}',
      zh: 'OPC UA 服务器 {url} 自称 {said}，而其证书 "{subject}" 属于 {uri}',
    },
    hint: {
      en: 'let the server make itself a new certificate (it was renamed since), then trust that one',
      zh: '请在服务器上重新生成证书（服务器可能改过名），然后信任新证书',
    },
  },
  'opcua.certificate-usage': {
    kind: 'operator',
    message: {
      en: 'the certificate "{subject}" (SHA-256 {fingerprint}) of {url} is not meant for a server',
      zh: '{url} 的证书 "{subject}"（SHA-256 {fingerprint}）不允许用于服务器',
    },
    hint: {
      en: 'give the server a certificate whose extended key usage names server authentication',
      zh: '请为服务器安装扩展密钥用法包含“服务器身份验证”的证书',
    },
  },
  'opcua.certificate-key': {
    kind: 'operator',
    message: {
      en: 'the certificate "{subject}" (SHA-256 {fingerprint}) of {url} has an RSA key of {bits} bits; 2048 to 4096 are needed (0: no RSA key)',
      zh: '{url} 的证书 "{subject}"（SHA-256 {fingerprint}）的 RSA 密钥为 {bits} 位，需要 2048 至 4096 位（0 表示不是 RSA 密钥）',
    },
    hint: {
      en: 'let the server make itself a certificate with an RSA key of 2048 bits or more',
      zh: '请在服务器上生成 RSA 密钥不少于 2048 位的证书',
    },
  },
  'opcua.certificate-expired': {
    kind: 'operator',
    message: {
      en: 'the certificate "{subject}" (SHA-256 {fingerprint}) of {url} was valid until {until}; it is {time}',
      zh: '{url} 的证书 "{subject}"（SHA-256 {fingerprint}）有效期至 {until}，现在是 {time}',
    },
    hint: {
      en: 'renew the certificate at the server, then trust the new one: headgate trust [site] shows it after the next attempt',
      zh: '请在服务器上更新证书，然后信任新证书：下次连接后执行 headgate trust [站点] 即可看到',
    },
  },
  'opcua.certificate-early': {
    kind: 'operator',
    message: {
      en: 'the certificate "{subject}" (SHA-256 {fingerprint}) of {url} is valid from {from} on; it is {time}',
      zh: '{url} 的证书 "{subject}"（SHA-256 {fingerprint}）自 {from} 起有效，现在是 {time}',
    },
    hint: {
      en: 'compare the clocks of the gateway and of the server; the wrong one has to be set',
      zh: '请核对网关和服务器的时钟，并校正错误的一方',
    },
  },
  'opcua.clock-unset': {
    kind: 'transient',
    message: {
      en: 'the clock of this gateway was not set, it says {time}: whether the certificate of {url} (valid from {from}) is valid cannot be told',
      zh: '本网关时钟未校准（当前显示 {time}），无法判断 {url} 的证书（自 {from} 起有效）是否有效',
    },
    hint: {
      en: 'nothing to do when a time server is near: the connection is made as soon as the clock is set; else set the clock by hand',
      zh: '若有时间服务器则无需处理，校时后将自动连接；否则请手动校时',
    },
  },
  'opcua.security-missing': {
    kind: 'operator',
    message: {
      en: 'the OPC UA server {url} does not offer {security}; it offers {offered}',
      zh: 'OPC UA 服务器 {url} 不提供 {security}；它提供 {offered}',
    },
    hint: {
      en: 'switch this security on at the server, or write one of those it offers as security of the bus; nothing weaker is ever taken by itself',
      zh: '请在服务器上启用该安全策略，或将总线的 security 改为其提供的一种；网关绝不会自行降级',
    },
  },
  'opcua.login-missing': {
    kind: 'operator',
    message: {
      en: 'the OPC UA server {url} lets nobody in by {login} over {security}; it takes {offered}',
      zh: 'OPC UA 服务器 {url} 在 {security} 下不接受 {login} 登录；它接受 {offered}',
    },
    hint: {
      en: 'switch this kind of login on at the server, or write user and password, user_cert and user_key, or none of them for the bus',
      zh: '请在服务器上启用该登录方式，或在总线上填写 user 和 password、user_cert 和 user_key，或都不填（匿名）',
    },
  },
  'opcua.login-readable': {
    kind: 'operator',
    message: {
      en: 'the OPC UA server {url} wants the password in clear text over {security}, where everybody on the network can read it',
      zh: 'OPC UA 服务器 {url} 要求在 {security} 下以明文发送密码，网络上任何人都能读到',
    },
    hint: {
      en: 'write security: Basic256Sha256/SignAndEncrypt for the bus, or let the server want passwords encrypted',
      zh: '将总线的 security 设为 Basic256Sha256/SignAndEncrypt，或在服务器上要求密码加密',
    },
  },
  'opcua.login-refused': {
    kind: 'operator',
    message: {
      en: 'the OPC UA server {url} does not let {user} in: {status}',
      zh: 'OPC UA 服务器 {url} 拒绝 {user} 登录：{status}',
    },
    hint: {
      en: 'check user and password, or the certificate of the user, and what this user may do at the server',
      zh: '请检查用户名和密码或用户证书，以及该用户在服务器上的权限',
    },
  },
  'opcua.login-unreadable': {
    kind: 'operator',
    message: {
      en: 'the user certificate or key in {path} cannot be used: {reason}',
      zh: '无法使用 {path} 中的用户证书或密钥：{reason}',
    },
    hint: {
      en: 'user_cert and user_key have to be PEM files that belong together, the key without a password',
      zh: 'user_cert 和 user_key 必须是相互匹配的 PEM 文件，且私钥不带密码',
    },
  },
  'opcua.gateway-untrusted': {
    kind: 'operator',
    message: {
      en: 'the OPC UA server {url} does not trust this gateway ({status}); our certificate is SHA-1 {thumbprint}',
      zh: 'OPC UA 服务器 {url} 不信任本网关（{status}）；本网关证书的 SHA-1 为 {thumbprint}',
    },
    hint: {
      en: "put our certificate into the server's trust list: it may wait there among the rejected ones already; else headgate certificate [site] --export headgate.der",
      zh: '请将本网关证书加入服务器的信任列表：它可能已在服务器的“已拒绝”列表中；否则用 headgate certificate [站点] --export headgate.der 导出',
    },
  },
  'opcua.gateway-unfit': {
    kind: 'operator',
    message: {
      en: 'the OPC UA server {url} does not take our certificate: {status}; it is valid from {from} to {until}, of {uri}',
      zh: 'OPC UA 服务器 {url} 不接受本网关证书：{status}；有效期 {from} 至 {until}，URI {uri}',
    },
    hint: {
      en: 'compare the clocks of gateway and server first; then see what the log of the server says about the certificate',
      zh: '请先核对网关和服务器的时钟，再查看服务器日志中关于该证书的说明',
    },
  },
  'opcua.server-full': {
    kind: 'transient',
    message: {
      en: 'the OPC UA server {url} takes no further connection: {status}',
      zh: 'OPC UA 服务器 {url} 不再接受新的连接：{status}',
    },
    hint: {
      en: 'close other clients (engineering software, an old gateway) or raise the number of sessions at the server; it is tried again by itself',
      zh: '请关闭其他客户端（工程软件、旧网关）或提高服务器的会话数上限；网关会自动重试',
    },
  },
  'opcua.clock-apart': {
    kind: 'operator',
    message: {
      en: 'the OPC UA server {url} does not believe the time of this gateway: {status}',
      zh: 'OPC UA 服务器 {url} 不认可本网关的时间：{status}',
    },
    hint: {
      en: 'compare the clocks of the gateway and of the server; the wrong one has to be set',
      zh: '请核对网关和服务器的时钟，并校正错误的一方',
    },
  },
  'trust.key-unusable': {
    kind: 'operator',
    message: {
      en: 'the private key of this gateway, {path}, cannot be used: {reason}',
      zh: '无法使用本网关的私钥 {path}：{reason}',
    },
    hint: {
      en: 'let the user of the gateway read it; a key with a password cannot be used: move it away, and a new one is made at the next start',
      zh: '请允许网关用户读取；带密码的私钥无法使用：请移走该文件，下次启动时会生成新的私钥',
    },
  },
  'trust.folder-unusable': {
    kind: 'operator',
    message: {
      en: 'the folder of keys and certificates, {folder}, cannot be used: {reason}',
      zh: '无法使用密钥和证书目录 {folder}：{reason}',
    },
    hint: {
      en: 'let the user of the gateway write there, and see that the disk is not full',
      zh: '请允许网关用户写入该目录，并确认磁盘未满',
    },
  },
  'trust.clock-unset': {
    kind: 'transient',
    message: {
      en: 'the clock of this gateway was never set, it says {time}: a certificate made now would be worth nothing',
      zh: '本网关时钟从未校准（当前显示 {time}），此时生成的证书无效',
    },
    hint: {
      en: 'nothing to do when a time server is near; else set the clock by hand',
      zh: '若有时间服务器则无需处理；否则请手动校时',
    },
  },
  'trust.fingerprint-unknown': {
    kind: 'operator',
    message: {
      en: 'no certificate begins with {fingerprint}; there are: {known}',
      zh: '没有以 {fingerprint} 开头的证书；现有：{known}',
    },
    hint: {
      en: 'a server is known once the gateway has tried to connect to it: headgate trust [site] lists them',
      zh: '网关尝试连接服务器后才能看到其证书：headgate trust [站点] 可列出全部',
    },
  },
  'trust.fingerprint-shared': {
    kind: 'operator',
    message: {
      en: 'several certificates begin with {fingerprint}: {known}',
      zh: '多个证书以 {fingerprint} 开头：{known}',
    },
    hint: { en: 'write more digits', zh: '请多写几位' },
  },
  'trust.not-agreed': {
    kind: 'operator',
    message: {
      en: 'nothing was changed: nobody agreed',
      zh: '未做任何更改：没有得到确认',
    },
    hint: {
      en: 'answer y at the terminal, or write --yes where nobody sits at one',
      zh: '请在终端回答 y；无人值守时加 --yes',
    },
  },
  'trust.own-ending': {
    kind: 'operator',
    message: {
      en: 'the certificate of this gateway ends on {until}; the next one, SHA-1 {thumbprint}, takes over on {takes_over}',
      zh: '本网关证书将于 {until} 到期；下一张证书（SHA-1 {thumbprint}）将于 {takes_over} 启用',
    },
    hint: {
      en: 'before that day put the next one into the trust list of each server: headgate certificate [site] --next --export headgate-next.der',
      zh: '请在此之前将新证书加入每台服务器的信任列表：headgate certificate [站点] --next --export headgate-next.der',
    },
  },
  'trust.own-signed-ending': {
    kind: 'operator',
    message: {
      en: 'the certificate of this gateway, signed by an authority, ends on {until}; the gateway does not renew such a one',
      zh: '本网关证书由证书机构签发，将于 {until} 到期；网关不会自动更新此类证书',
    },
    hint: {
      en: 'let the authority renew it for the same key and application URI, and put the new one in its place',
      zh: '请由签发机构按相同的密钥和应用 URI 续签，并用新证书替换原文件',
    },
  },
  'trust.own-ended': {
    kind: 'operator',
    message: {
      en: 'the certificate of this gateway is valid from {from} to {until}; it is {time}',
      zh: '本网关证书有效期为 {from} 至 {until}，现在是 {time}',
    },
    hint: {
      en: 'check the clock; if it is right: headgate certificate [site] --renew, then put the new certificate into the trust list of each server',
      zh: '请检查时钟；时钟无误时执行：headgate certificate [站点] --renew，然后将新证书加入每台服务器的信任列表',
    },
  },
  'trust.server-waiting': {
    kind: 'operator',
    message: {
      en: 'the OPC UA server {url} waits for somebody to trust it: "{subject}", SHA-256 {fingerprint}',
      zh: 'OPC UA 服务器 {url} 正等待确认信任："{subject}"，SHA-256 {fingerprint}',
    },
    hint: {
      en: "compare the fingerprint with the one on the server's own screen; if they are equal: headgate trust [site] {fingerprint}",
      zh: '请与服务器自身界面上显示的指纹核对；一致时执行：headgate trust [站点] {fingerprint}',
    },
  },
  'trust.server-ending': {
    kind: 'operator',
    message: {
      en: 'the certificate "{subject}" of the OPC UA server {url} ends on {until}; after that it is not talked to',
      zh: 'OPC UA 服务器 {url} 的证书 "{subject}" 将于 {until} 到期，之后将无法连接',
    },
    hint: {
      en: 'renew it at the server, then trust the new one with headgate trust [site]',
      zh: '请在服务器上更新证书，然后用 headgate trust [站点] 信任新证书',
    },
  },
} as const satisfies Record<string, ErrorText>;
