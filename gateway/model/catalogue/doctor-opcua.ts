import type { ErrorText } from '../errors.ts';

/** What the doctor says of OPC UA servers. */
export const doctorOpcuaErrors = {
  'doctor.opcua-well': {
    kind: 'operator',
    message: {
      en: '{url} lets us in: {security} as {login}, state {state}, clock {apart} s apart, {took} ms for an answer; it offers {offered}, logins: {logins}',
      zh: '{url} 连接正常：{security}，身份 {login}，状态 {state}，时钟相差 {apart} 秒，应答 {took} 毫秒；它提供 {offered}，登录方式 {logins}',
    },
    hint: { en: 'nothing to do', zh: '无需处理' },
  },
  'doctor.opcua-port-closed': {
    kind: 'operator',
    message: {
      en: 'the host is there, but no OPC UA server takes connections at {resource}',
      zh: '主机在线，但 {resource} 上没有 OPC UA 服务器接受连接',
    },
    hint: {
      en: "switch the OPC UA server on in the controller's project (some want a licence) and download it; check the port (4840 is usual, many take another) and the firewall",
      zh: '请在控制器工程中启用 OPC UA 服务器（有的需要授权）并下载；检查端口（通常 4840，也可能不同）和防火墙',
    },
  },
  'doctor.opcua-mute': {
    kind: 'operator',
    message: {
      en: '{resource} takes the connection, but does not answer as an OPC UA server: {reason}',
      zh: '{resource} 接受连接，但没有按 OPC UA 服务器应答：{reason}',
    },
    hint: {
      en: 'look at what listens at this port: another service, a web server of the device, or an OPC UA server that hangs (restart it)',
      zh: '请查看该端口上运行的是什么：其他服务、设备的网页服务，或已卡死的 OPC UA 服务器（请重启）',
    },
  },
  'doctor.opcua-state': {
    kind: 'operator',
    message: {
      en: '{url} lets us in, but says of itself that it is {state}',
      zh: '{url} 可以登录，但自报状态为 {state}',
    },
    hint: {
      en: 'Suspended, NoConfiguration: finish the download and put the controller into RUN; Failed, CommunicationFault: look at its diagnosis and at the wires to the devices behind it; Shutdown: wait for the restart',
      zh: 'Suspended、NoConfiguration：完成下载并将控制器切换到 RUN；Failed、CommunicationFault：查看其诊断信息及后面设备的接线；Shutdown：等待其重启',
    },
  },
  'doctor.opcua-clock': {
    kind: 'operator',
    message: {
      en: 'the clock of {url} is {apart} s apart from ours: it says {theirs}, we say {ours}',
      zh: '{url} 的时钟与本机相差 {apart} 秒：对方为 {theirs}，本机为 {ours}',
    },
    hint: {
      en: "let both take the time from the same time server; until then samples carry the gateway's time instead of the source's, and certificates may count as not valid",
      zh: '请让双方使用同一时间服务器；在此之前样本采用网关时间而非源时间，证书也可能被判为无效',
    },
  },
} as const satisfies Record<string, ErrorText>;
