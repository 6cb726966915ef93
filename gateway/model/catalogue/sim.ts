import type { ErrorText } from '../errors.ts';

/** The simulated field. */
export const simErrors = {
  'sim.port-taken': {
    kind: 'operator',
    message: {
      en: 'the simulator cannot listen on {host}:{port}: {reason}',
      zh: '模拟器无法监听 {host}:{port}：{reason}',
    },
    hint: {
      en: 'stop whatever uses this port, or give the simulated bus another one',
      zh: '停止占用该端口的程序，或为模拟总线换一个端口',
    },
  },
  'sim.serial-there': {
    kind: 'operator',
    message: {
      en: 'no simulated serial port {path}: something is there already, and it would be removed',
      zh: '无法创建模拟串口 {path}：该路径已存在，模拟会将其删除',
    },
    hint: {
      en: 'in a copy of the site name a path that is not there, such as /tmp/tty-line1; or play the site without ports: headgate demo',
      zh: '在站点副本中写一个不存在的路径，例如 /tmp/tty-line1；或不用端口直接演示：headgate demo',
    },
  },
  'sim.socat-missing': {
    kind: 'operator',
    message: {
      en: 'no simulated serial port {path}: the program socat is not installed',
      zh: '无法创建模拟串口 {path}：未安装 socat',
    },
    hint: {
      en: 'install socat (Debian: apt-get install socat), or use the bus over TCP',
      zh: '安装 socat（Debian：apt-get install socat），或改用 TCP 总线',
    },
  },
  'sim.serial-failed': {
    kind: 'operator',
    message: {
      en: 'no simulated serial port {path}: {reason}',
      zh: '无法创建模拟串口 {path}：{reason}',
    },
    hint: {
      en: 'check that the directory exists and may be written, and that nothing else uses the path',
      zh: '检查目录是否存在且可写，并确认该路径未被占用',
    },
  },
  'sim.plant-invalid': {
    kind: 'operator',
    message: {
      en: 'the simulated bus {bus} cannot exist: {reason}',
      zh: '模拟总线 {bus} 无效：{reason}',
    },
    hint: {
      en: 'correct the devices of this bus in the site',
      zh: '请在站点配置中修正该总线的设备',
    },
  },
  'sim.device-unknown': {
    kind: 'operator',
    message: {
      en: 'the simulated field has no device {device}',
      zh: '模拟现场没有设备 {device}',
    },
    hint: { en: 'use the name of a device of the site', zh: '请使用站点中的设备名称' },
  },
  'sim.fault-impossible': {
    kind: 'operator',
    message: {
      en: 'the simulated device {device} cannot have the fault {fault}',
      zh: '模拟设备 {device} 不支持故障 {fault}',
    },
    hint: {
      en: 'possible for this device: {possible}',
      zh: '此设备可用的故障：{possible}',
    },
  },
  'sim.trace-invalid': {
    kind: 'operator',
    message: {
      en: 'the recorded trace {file} cannot be played, line {line}: {reason}',
      zh: '无法回放记录文件 {file}，第 {line} 行：{reason}',
    },
    hint: {
      en: 'a trace has a header line, then rows of a time YYYY-MM-DD HH:MM:SS and numbers',
      zh: '记录文件应有表头行，其后每行为时间 YYYY-MM-DD HH:MM:SS 和数值',
    },
  },
} as const satisfies Record<string, ErrorText>;
