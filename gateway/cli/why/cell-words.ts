/** What the parts and the states of a machine cell are called, in both languages. Pure. */
import type { Words } from '../verb.ts';

/** By the keys of its YAML. */
export const CELL_KEYS: Readonly<Record<string, Words>> = {
  running: { en: 'running', zh: '运行' },
  fault: { en: 'fault', zh: '故障' },
  fault_code: { en: 'fault code', zh: '故障代码' },
  powered: { en: 'powered', zh: '已上电' },
  estop_ok: { en: 'emergency stop not pressed', zh: '急停未按下' },
  door_closed: { en: 'door closed', zh: '防护门关闭' },
  hold: { en: 'hold', zh: '暂停' },
  blocked: { en: 'blocked', zh: '下游堵料' },
  starved: { en: 'starved', zh: '上游缺料' },
  ready: { en: 'ready', zh: '就绪' },
  maintenance: { en: 'maintenance', zh: '维护' },
  manual: { en: 'manual', zh: '手动' },
  setup: { en: 'setup', zh: '换型调整' },
  planned: { en: 'planned stop', zh: '计划停机' },
  reset: { en: 'reset', zh: '复位' },
  red: { en: 'red lamp', zh: '红灯' },
  yellow: { en: 'yellow lamp', zh: '黄灯' },
  green: { en: 'green lamp', zh: '绿灯' },
  'cycle.count': { en: 'counter of parts', zh: '产量计数器' },
  'cycle.active': { en: 'cycle runs', zh: '循环中' },
  'cycle.start': { en: 'cycle begins', zh: '循环开始' },
  'cycle.end': { en: 'cycle ends', zh: '循环结束' },
  'cycle.ideal': { en: 'ideal cycle', zh: '理想节拍' },
  'cycle.time': { en: 'told cycle time', zh: '设备报出的循环时间' },
  good: { en: 'good parts', zh: '合格数' },
  reject: { en: 'rejects', zh: '不合格数' },
  rework: { en: 'rework', zh: '返工数' },
  result: { en: 'result of a part', zh: '零件结果' },
  order: { en: 'order', zh: '订单' },
  product: { en: 'product', zh: '产品' },
  'part.serial': { en: 'serial number', zh: '序列号' },
  relearn: { en: 'learn wear anew', zh: '重新学习磨损' },
  dwell: { en: 'a state counts after', zh: '状态确认时间' },
  micro_stop: { en: 'micro-stop up to', zh: '微停上限' },
  shifts: { en: 'shifts begin at', zh: '班次开始' },
  breaks: { en: 'breaks', zh: '休息' },
  tags: { en: 'tags', zh: '生成的测点' },
};

/** What a cell says of itself, piece by piece. */
export const CELL_STATES: readonly (readonly [pattern: RegExp, zh: string])[] = [
  [/, then /, '，即将转为 '],
  [/\bExecute\b/g, '运行 Execute'],
  [/\bSuspended\b/g, '外部等待 Suspended'],
  [/\bHeld\b/g, '保持 Held'],
  [/\bAborted\b/g, '故障停止 Aborted'],
  [/\bIdle\b/g, '空闲 Idle'],
  [/\bStopped\b/g, '停止 Stopped'],
  [/\bunknown \(/g, '未知（'],
  [/ \((?=\w+(:[^)]*)?\))/g, '（'],
  [/\bno_signal\)/g, '无信号）'],
  [/\bgateway_off\)/g, '网关未运行）'],
  [/\bblocked\)/g, '下游堵料）'],
  [/\bstarved\)/g, '上游缺料）'],
  [/\bhold\)/g, '人为暂停或门开）'],
  [/\bestop\)/g, '急停）'],
  [/\bfault(:[^)]*)?\)/g, '故障$1）'],
  [/\battention\)/g, '呼叫）'],
  [/\boff\)/g, '断电）'],
  [/\bmanual\)/g, '手动）'],
  [/\bmaintenance\)/g, '维护）'],
  [/\bsetup\)/g, '换型调整）'],
];

/** `handshakes[0].after` is `handshake 1 after`, `wear.load.value` is `wear load`; undefined: neither. */
export function cellRole(role: string): string | undefined {
  const [, name] = /^wear\.(\w+)\.value$/.exec(role) ?? [];
  if (name !== undefined) return `wear ${name}`;
  const [, place, part] = /^handshakes\[(\d+)\]\.(\w+)$/.exec(role) ?? [];
  return part === undefined ? undefined : `handshake ${Number(place) + 1} ${part}`;
}
