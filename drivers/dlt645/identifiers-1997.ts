/** The data items of DL/T 645-1997: identifiers of two bytes, as data. */
import { time, unsigned } from './element.ts';
import { type Identifier, item, phases, withTotal } from './identifier.ts';

const energy1997 = (digit: string, day: number): readonly Identifier[] =>
  (
    [
      ['0', '1', 'forward_active_energy', 'kWh', ['forward active energy', '正向有功电能']],
      ['0', '2', 'reverse_active_energy', 'kWh', ['reverse active energy', '反向有功电能']],
      ['1', '1', 'forward_reactive_energy', 'kvarh', ['forward reactive energy', '正向无功电能']],
      ['1', '2', 'reverse_reactive_energy', 'kvarh', ['reverse reactive energy', '反向无功电能']],
    ] as const
  ).map(([low, high, word, unit, title]) =>
    item(`9${Number(digit) + Number(low)}${high}t`, word, unsigned(4, 2, unit), title, { day }),
  );

/** Settlement day 1 is the last month. */
export const IDENTIFIERS_1997: readonly Identifier[] = [
  ...energy1997('0', 0),
  ...energy1997('4', 1),
  item('B61p', phases('voltage'), unsigned(2, 0, 'V'), ['voltage', '电压'], { first: 1 }),
  item('B62p', phases('current'), unsigned(2, 2, 'A'), ['current', '电流'], { first: 1 }),
  item('B63p', withTotal('active_power'), unsigned(3, 4, 'kW'), ['active power', '有功功率']),
  item(
    'B64p',
    withTotal('reactive_power'),
    unsigned(2, 2, 'kvar'),
    ['reactive power', '无功功率'],
    { otherwise: [unsigned(3, 4, 'kvar')] },
  ),
  item('B65p', withTotal('power_factor'), unsigned(2, 3, ''), ['power factor', '功率因数']),
  item('C010', 'date', time('date'), ['date', '日期']),
  item('C011', 'time_of_day', time('clock'), ['time', '时间']),
  item('C020', 'status_word', { kind: 'bits', bytes: 1 }, ['status word', '电表运行状态字']),
  item('C032', 'meter_number', { kind: 'digits', bytes: 6 }, ['meter number', '表号']),
];
