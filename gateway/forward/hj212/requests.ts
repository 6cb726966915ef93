/** What the host asks, judged: how it is answered, and what is to be done then. Pure. */
import type { Hj212Config } from '../../../config/site.ts';
import { type Millis, millis, minutes, seconds, type UtcMs } from '../../model/units.ts';
import { isAckWanted, type Packet, parameter } from './packet.ts';
import type { PlatformSettings } from './platform-state.ts';
import type { PeriodKind, Zone } from './zone.ts';

/** QnRtn: whether a request is accepted (HJ 212-2017). */
export const QN_RTN = {
  ready: 1,
  refused: 2,
  pw: 3,
  mn: 4,
  st: 5,
  flag: 6,
  qn: 7,
  cn: 8,
  crc: 9,
} as const;
/** ExeRtn: what came of it. */
export const EXE_RTN = { done: 1, failed: 2, busy: 5, noData: 100 } as const;

/** What is done after a request was accepted. */
export type Work =
  /** `isTold`: 9012 says that it is done; of 2011 the data themselves do. */
  | { readonly kind: 'set'; readonly change: Partial<PlatformSettings>; readonly isTold: boolean }
  | { readonly kind: 'tell'; readonly items: readonly (readonly [string, string])[] }
  | {
      readonly kind: 'history';
      readonly period: PeriodKind;
      readonly from: UtcMs;
      readonly to: UtcMs;
    };

export type Judged =
  /** Not for us to answer: an answer, or what asks for none and is refused. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'refused'; readonly qnRtn: number; readonly isAudited: boolean }
  /** A notification, which is answered by 9013. */
  | { readonly kind: 'noted'; readonly work: Work }
  | { readonly kind: 'accepted'; readonly isAnswered: boolean; readonly work: Work };

export interface RequestView {
  readonly config: Pick<Hj212Config, 'st' | 'pw' | 'mn'>;
  readonly settings: PlatformSettings;
  readonly zone: Zone;
  readonly now: UtcMs;
}

const SYSTEM_ST = '91';
const QN_FORM = /^\d{17}$/;
const ANSWERS = ['9011', '9012', '9013', '9014'];
/** Commands of the standard that this gateway does not carry out: run states, control of analysers. */
const KNOWN_CN = /^(1013|20[24][12]|30(1[1-9]|2[01]))$/;
/** Said in the audit: who asks for these wants to change the machine, or the key to it. */
const AUDITED = ['1012', '1072'];

export function judgeRequest(packet: Packet, view: RequestView): Judged {
  const { config } = view;
  const { cn, qn, st, pw, mn, flag } = packet;
  if (ANSWERS.includes(cn)) return { kind: 'ignored' };
  if (mn !== config.mn) return refused(QN_RTN.mn);
  if (pw !== config.pw) return refused(QN_RTN.pw);
  if (st !== config.st && st !== SYSTEM_ST) return refused(QN_RTN.st);
  if (qn === undefined || !QN_FORM.test(qn)) return refused(QN_RTN.qn);
  if (flag === undefined) return refused(QN_RTN.flag);
  if (AUDITED.includes(cn)) return { ...refused(QN_RTN.refused), isAudited: true };
  const work = workOf(packet, view);
  if (work === undefined) return refused(isKnown(cn) ? QN_RTN.refused : QN_RTN.cn);
  if (cn === '2012') return { kind: 'noted', work };
  return { kind: 'accepted', isAnswered: isAckWanted(packet), work };
}

const refused = (qnRtn: number) => ({ kind: 'refused', qnRtn, isAudited: false }) as const;
const isKnown = (cn: string): boolean => KNOWN_CN.test(cn) || Object.hasOwn(WORKS, cn);

/** Undefined: not understood, out of range, or not ours. */
const workOf = (packet: Packet, view: RequestView): Work | undefined =>
  Object.hasOwn(WORKS, packet.cn) ? WORKS[packet.cn]?.(packet, view) : undefined;

/** The forms and ranges are ours where the standard's text was not at hand; docs/hj212.md says so. */
const WORKS: Readonly<Record<string, (packet: Packet, view: RequestView) => Work | undefined>> = {
  1000: (packet) => {
    const overTime = whole(packet, 'OverTime', 1, 20);
    const reCount = whole(packet, 'ReCount', 0, 10);
    if (overTime === undefined || reCount === undefined) return undefined;
    return change({ overTime: seconds(overTime), reCount });
  },
  1011: (packet, { zone, now }) =>
    parameter(packet, 'PolId') === undefined
      ? { kind: 'tell', items: [['SystemTime', zone.stamp(now)]] }
      : undefined,
  1061: (_, { settings }) => told('RtdInterval', settings.realtime, 1_000),
  1062: (packet) => {
    const interval = whole(packet, 'RtdInterval', 1, 3_600);
    return interval === undefined ? undefined : change({ realtime: seconds(interval) });
  },
  1063: (_, { settings }) => told('MinInterval', settings.minute, 60_000),
  1064: (packet) => {
    const interval = whole(packet, 'MinInterval', 1, 60);
    return interval === undefined || 60 % interval !== 0
      ? undefined
      : change({ minute: minutes(interval) });
  },
  2011: () => ({ ...change({ isRealtimeOn: true }), isTold: false }),
  2012: () => ({ ...change({ isRealtimeOn: false }), isTold: false }),
  2031: (packet, view) => history('day', packet, view),
  2051: (packet, view) => history('minute', packet, view),
  2061: (packet, view) => history('hour', packet, view),
};

const change = (of: Partial<PlatformSettings>) =>
  ({ kind: 'set', change: of, isTold: true }) as const;

const told = (name: string, value: Millis, unit: number): Work => ({
  kind: 'tell',
  items: [[name, String(Math.round(value / unit))]],
});

function whole(packet: Packet, name: string, min: number, max: number): number | undefined {
  const text = parameter(packet, name) ?? '';
  const value = Number(text);
  return /^\d{1,5}$/.test(text) && value >= min && value <= max ? value : undefined;
}

/** Of one request; at ten minutes more than a month. */
const MOST_PERIODS = 5_000;
const SHORTEST: Readonly<Record<PeriodKind, (view: RequestView) => Millis>> = {
  minute: ({ settings }) => settings.minute,
  hour: () => minutes(60),
  day: () => millis(86_400_000),
};

/** All periods that begin at BeginTime, at EndTime or between. */
function history(period: PeriodKind, packet: Packet, view: RequestView): Work | undefined {
  const from = view.zone.moment(parameter(packet, 'BeginTime') ?? '');
  const to = view.zone.moment(parameter(packet, 'EndTime') ?? '');
  if (from === undefined || to === undefined || to < from) return undefined;
  if ((to - from) / SHORTEST[period](view) >= MOST_PERIODS) return undefined;
  return { kind: 'history', period, from, to };
}
