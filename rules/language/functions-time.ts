/** Functions of the time of day, and lengths of time. */
import type { FunctionDeclaration } from './functions.ts';

/** Time of day is in the zone of the site. */
export const TIME_FUNCTIONS: readonly FunctionDeclaration[] = [
  {
    name: 'hour',
    group: 'time',
    looksAtTime: true,
    signatures: [{ parameters: [], returns: 'number' }],
    doc: {
      en: 'The hour of the day in the zone of the site, 0 to 23.',
      zh: '站点时区的小时，0 至 23。',
    },
    example: 'hour()',
    result: 8,
  },
  {
    name: 'minute',
    group: 'time',
    looksAtTime: true,
    signatures: [{ parameters: [], returns: 'number' }],
    doc: {
      en: 'The minute of the hour in the zone of the site, 0 to 59.',
      zh: '站点时区的分钟，0 至 59。',
    },
    example: 'minute()',
    result: 30,
  },
  {
    name: 'weekday',
    group: 'time',
    looksAtTime: true,
    signatures: [{ parameters: [], returns: 'number' }],
    doc: {
      en: 'The day of the week in the zone of the site, Monday 1 to Sunday 7.',
      zh: '站点时区的星期，周一为 1，周日为 7。',
    },
    example: 'weekday()',
    result: 4,
  },
  {
    name: 'day',
    group: 'time',
    looksAtTime: true,
    signatures: [{ parameters: [], returns: 'number' }],
    doc: {
      en: 'The day of the month in the zone of the site, 1 to 31.',
      zh: '站点时区的日，1 至 31。',
    },
    example: 'day()',
    result: 1,
  },
  {
    name: 'month',
    group: 'time',
    looksAtTime: true,
    signatures: [{ parameters: [], returns: 'number' }],
    doc: {
      en: 'The month in the zone of the site, 1 to 12.',
      zh: '站点时区的月，1 至 12。',
    },
    example: 'month()',
    result: 1,
  },
  {
    name: 'between',
    group: 'time',
    looksAtTime: true,
    signatures: [
      {
        parameters: [
          { name: 'start', type: 'time_of_day' },
          { name: 'end', type: 'time_of_day' },
        ],
        returns: 'flag',
      },
    ],
    doc: {
      en: 'Whether it is that time of day in the zone of the site: from the first minute on and before the second; over midnight where the second is the smaller.',
      zh: '站点时区的当前时刻是否在该时段内：含起始分钟，不含结束分钟；结束小于起始时跨越午夜。',
    },
    example: 'between("08:00", "17:00")',
    result: true,
  },
  {
    name: 'duration',
    group: 'time',
    signatures: [{ parameters: [{ name: 'length', type: 'window' }], returns: 'duration' }],
    doc: {
      en: 'A length of time for calculations, such as duration("5m").',
      zh: '用于计算的时长，例如 duration("5m")。',
    },
    example: 'duration("5m")',
    result: 300_000,
  },
];
