/** What meters of DL/T 645-2007 remember: freezes (annex A, 05) and load records (06), as data. */
import { type Element, signed, time, unsigned } from './element.ts';
import {
  ENERGIES,
  type Identifier,
  item,
  MAX_DEMANDS,
  phases,
  type Title,
  withTotal,
} from './identifier.ts';

const FREEZES = [
  { di2: '00', word: 'timed_freeze', title: ['timed freeze', '定时冻结'] },
  { di2: '01', word: 'instant_freeze', title: ['instant freeze', '瞬时冻结'] },
  {
    di2: '02',
    word: 'switch_freeze_1',
    title: ['freeze when time table set 1 changed', '两套时区表切换冻结'],
  },
  {
    di2: '03',
    word: 'switch_freeze_2',
    title: ['freeze when time table set 2 changed', '两套日时段表切换冻结'],
  },
  { di2: '04', word: 'hourly_freeze', title: ['hourly freeze', '整点冻结'] },
  { di2: '06', word: 'daily_freeze', title: ['daily freeze', '日冻结'] },
] as const;

const POWERS = [...withTotal('active_power'), ...withTotal('reactive_power')];
const powers = [
  ...Array<Element>(4).fill(signed(3, 4, 'kW')),
  ...Array<Element>(4).fill(signed(3, 4, 'kvar')),
];

/** By kind of freeze; the last one when the address names none. */
export const FROZEN: readonly Identifier[] = FREEZES.flatMap((freeze) => {
  const frozen = (
    di1: string,
    words: readonly string[],
    tuple: readonly Element[],
    [en, zh]: Title,
    more: Pick<Identifier, 'perTariff'> = {},
  ) => {
    const own = words.map((word) => `${freeze.word}_${word}`);
    const [freezeEn, freezeZh] = freeze.title;
    const title: Title = [`${freezeEn}: ${en}`, `${freezeZh}：${zh}`];
    return item(`05${freeze.di2}${di1}kk`, own, tuple, title, more);
  };
  return [
    frozen('00', ['time'], [time('minute')], ['when', '时间']),
    ...ENERGIES.slice(1, 9).map(({ di2, word, element, title }) =>
      frozen(di2, [word], [element], title, { perTariff: true }),
    ),
    ...MAX_DEMANDS.flatMap(({ frozen: di1, words, tuple, title }) =>
      di1 === undefined ? [] : [frozen(di1, words, tuple, title, { perTariff: true })],
    ),
    frozen('10', POWERS, powers, ['active and reactive power', '有功与无功功率']),
  ];
});

const load = (
  loadClass: number,
  names: readonly string[],
  tuple: readonly Element[],
  title: Title,
) =>
  item(
    `060${loadClass}0002`,
    names.map((name) => `load_record_${name}`),
    tuple,
    title,
    { loadClass },
  );
const energiesOf = (from: number, to: number) => ENERGIES.slice(from, to + 1);

/** The latest record of each class (§3.4). */
export const LOAD_RECORDS: readonly Identifier[] = [
  load(
    1,
    [...phases('voltage'), ...phases('current'), 'frequency'],
    [
      ...Array<Element>(3).fill(unsigned(2, 1, 'V')),
      ...Array<Element>(3).fill(signed(3, 3, 'A')),
      unsigned(2, 2, 'Hz'),
    ],
    ['latest load record: voltage, current, frequency', '最近负荷记录：电压、电流、频率'],
  ),
  load(2, POWERS, powers, ['latest load record: power', '最近负荷记录：有功、无功功率']),
  load(3, withTotal('power_factor'), Array<Element>(4).fill(signed(2, 3, '')), [
    'latest load record: power factor',
    '最近负荷记录：功率因数',
  ]),
  load(
    4,
    energiesOf(1, 4).map(({ word }) => word),
    energiesOf(1, 4).map(({ element }) => element),
    ['latest load record: energy', '最近负荷记录：有功、无功总电能'],
  ),
  load(
    5,
    energiesOf(5, 8).map(({ word }) => word),
    energiesOf(5, 8).map(({ element }) => element),
    ['latest load record: reactive energy of the quadrants', '最近负荷记录：四象限无功总电能'],
  ),
  load(
    6,
    ['active_demand', 'reactive_demand'],
    [signed(3, 4, 'kW'), signed(3, 4, 'kvar')],
    ['latest load record: demand', '最近负荷记录：当前需量'],
  ),
];
