/** The data items of DL/T 645-2007 (annex A) that meters hold now, as data. */
import { signed, time, unsigned } from './element.ts';
import {
  ENERGIES,
  type Identifier,
  item,
  MAX_DEMANDS,
  PHASES,
  phases,
  withTotal,
} from './identifier.ts';
import { FROZEN, LOAD_RECORDS } from './identifiers-history.ts';

const TOTALS: readonly Identifier[] = [
  ...ENERGIES.map(({ di2, word, element, title }) => item(`00${di2}ttdd`, word, element, title)),
  item('001500dd', 'forward_active_energy_a', unsigned(4, 2, 'kWh'), [
    'forward active energy, phase A',
    'A相正向有功电能',
  ]),
  item('002900dd', 'forward_active_energy_b', unsigned(4, 2, 'kWh'), [
    'forward active energy, phase B',
    'B相正向有功电能',
  ]),
  item('003D00dd', 'forward_active_energy_c', unsigned(4, 2, 'kWh'), [
    'forward active energy, phase C',
    'C相正向有功电能',
  ]),
  item('008000dd', 'associated_energy', unsigned(4, 2, 'kWh'), [
    'associated total energy',
    '关联总电能',
  ]),
  item('00900100', 'remaining_energy', unsigned(4, 2, 'kWh'), ['prepaid: energy left', '剩余电量']),
  item('00900200', 'remaining_money', unsigned(4, 2, 'CNY'), ['prepaid: money left', '剩余金额']),
  item('00900201', 'overdraft_money', unsigned(4, 2, 'CNY'), [
    'prepaid: money overdrawn',
    '透支金额',
  ]),
  ...MAX_DEMANDS.map(({ di2, words, tuple, title }) => item(`01${di2}ttdd`, words, tuple, title)),
];

const PRESENT: readonly Identifier[] = [
  item('0201pp00', phases('voltage'), unsigned(2, 1, 'V'), ['voltage', '电压'], { first: 1 }),
  item('0202pp00', phases('current'), signed(3, 3, 'A'), ['current', '电流'], { first: 1 }),
  item('0203pp00', withTotal('active_power'), signed(3, 4, 'kW'), ['active power', '有功功率']),
  item('0204pp00', withTotal('reactive_power'), signed(3, 4, 'kvar'), [
    'reactive power',
    '无功功率',
  ]),
  item('0205pp00', withTotal('apparent_power'), signed(3, 4, 'kVA'), [
    'apparent power',
    '视在功率',
  ]),
  item('0206pp00', withTotal('power_factor'), signed(2, 3, ''), ['power factor', '功率因数']),
  item('0207pp00', phases('phase_angle'), unsigned(2, 1, 'deg'), ['phase angle', '相角'], {
    first: 1,
  }),
  item(
    '0208pp00',
    phases('voltage_distortion'),
    unsigned(2, 2, '%'),
    ['voltage distortion', '电压波形失真度'],
    { first: 1 },
  ),
  item(
    '0209pp00',
    phases('current_distortion'),
    unsigned(2, 2, '%'),
    ['current distortion', '电流波形失真度'],
    { first: 1 },
  ),
  ...PHASES.flatMap((phase, i) => [
    item(`020A0${i + 1}nn`, `voltage_harmonic_${phase}`, unsigned(2, 2, '%'), [
      'harmonic of the voltage',
      '电压谐波含量',
    ]),
    item(`020B0${i + 1}nn`, `current_harmonic_${phase}`, unsigned(2, 2, '%'), [
      'harmonic of the current',
      '电流谐波含量',
    ]),
  ]),
  item('02800001', 'neutral_current', signed(3, 3, 'A'), ['neutral current', '零线电流']),
  item('02800002', 'frequency', unsigned(2, 2, 'Hz'), ['frequency', '电网频率']),
  item('02800003', 'average_active_power', unsigned(3, 4, 'kW'), [
    'active power, average of a minute',
    '一分钟有功平均功率',
  ]),
  item('02800004', 'active_demand', signed(3, 4, 'kW'), ['present active demand', '当前有功需量']),
  item('02800005', 'reactive_demand', signed(3, 4, 'kvar'), [
    'present reactive demand',
    '当前无功需量',
  ]),
  item('02800006', 'apparent_demand', signed(3, 4, 'kVA'), [
    'present apparent demand',
    '当前视在需量',
  ]),
  item('02800007', 'temperature', signed(2, 1, 'degC'), [
    'temperature inside the meter',
    '表内温度',
  ]),
  item('02800008', 'clock_battery_voltage', unsigned(2, 2, 'V'), ['clock battery', '时钟电池电压']),
  item('02800009', 'outage_battery_voltage', unsigned(2, 2, 'V'), [
    'battery for reading without power',
    '停电抄表电池电压',
  ]),
  item('0280000A', 'battery_time', unsigned(4, 0, 'min'), [
    'working time of the battery',
    '内部电池工作时间',
  ]),
];

const EVENTS: readonly Identifier[] = [
  item('03110000', 'power_off_count', unsigned(3, 0, 'times'), [
    'times without power',
    '掉电总次数',
  ]),
  item(
    '031100kk',
    ['power_off_start', 'power_off_end'],
    [time('second'), time('second')],
    ['begin and end of a time without power', '掉电发生与结束时刻'],
  ),
  item('03300100', 'clear_count', unsigned(3, 0, 'times'), [
    'times the meter was cleared',
    '电表清零总次数',
  ]),
  item('03300D00', 'cover_open_count', unsigned(3, 0, 'times'), [
    'times the cover was opened',
    '开表盖总次数',
  ]),
  item('03300Dkk', 'cover_open_record', { kind: 'hex', bytes: 60 }, [
    'record of an opened cover, as it is',
    '开表盖记录（原始数据）',
  ]),
  item('03300E00', 'terminal_cover_open_count', unsigned(3, 0, 'times'), [
    'times the terminal cover was opened',
    '开端钮盒总次数',
  ]),
  item('1D000001', 'trip_count', unsigned(3, 0, 'times'), ['times the relay opened', '跳闸次数']),
  item('1E000001', 'close_count', unsigned(3, 0, 'times'), ['times the relay closed', '合闸次数']),
];

const statusWords = Array.from({ length: 7 }, (_, i) => `run_status_${i + 1}`);

const PARAMETERS: readonly Identifier[] = [
  item('04000101', 'date', time('date'), ['date', '日期']),
  item('04000102', 'time_of_day', time('clock'), ['time', '时间']),
  item('0400010C', 'clock', time('date-and-clock'), [
    'date and time; writing it sets the clock by broadcast 08H',
    '日期时间；写入即校时（08H）',
  ]),
  item('04000103', 'demand_period', unsigned(1, 0, 'min'), ['demand period', '最大需量周期']),
  item('04000104', 'demand_sliding_step', unsigned(1, 0, 'min'), [
    'sliding step of the demand',
    '滑差时间',
  ]),
  item('04000302', 'display_time', unsigned(1, 0, 's'), [
    'how long each page of the display stays',
    '每屏显示时间',
  ]),
  item('04000401', 'communication_address', { kind: 'digits', bytes: 6 }, ['address', '通信地址']),
  item('04000402', 'meter_number', { kind: 'digits', bytes: 6 }, ['meter number', '表号']),
  item('04000403', 'asset_code', { kind: 'text', bytes: 32 }, ['asset code', '资产管理编码']),
  item('04000409', 'active_constant', unsigned(3, 0, 'imp/kWh'), ['active constant', '有功常数']),
  item('0400040A', 'reactive_constant', unsigned(3, 0, 'imp/kvarh'), [
    'reactive constant',
    '无功常数',
  ]),
  item('0400040B', 'model', { kind: 'text', bytes: 10 }, ['model', '电表型号']),
  item('040005pp', statusWords, { kind: 'bits', bytes: 2 }, ['run status word', '运行状态字'], {
    first: 1,
  }),
  item('04000901', 'load_record_mode', { kind: 'bits', bytes: 1 }, [
    'which load records are kept',
    '负荷记录模式字',
  ]),
  ...Array.from({ length: 6 }, (_, i) =>
    item(`04000A0${i + 2}`, `load_record_interval_${i + 1}`, unsigned(2, 0, 'min'), [
      'interval of a class of load records',
      '负荷记录间隔',
    ]),
  ),
  ...Array.from({ length: 3 }, (_, i) =>
    item(`04000B0${i + 1}`, `settlement_day_${i + 1}`, time('day-hour'), [
      'settlement day and hour',
      '结算日',
    ]),
  ),
];

/** All of them, what meters remember included. */
export const IDENTIFIERS_2007: readonly Identifier[] = [
  ...TOTALS,
  ...PRESENT,
  ...EVENTS,
  ...PARAMETERS,
  ...FROZEN,
  ...LOAD_RECORDS,
];
