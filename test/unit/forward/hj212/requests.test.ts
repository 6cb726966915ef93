import { describe, expect, it } from 'vitest';
import { flagOf, type Item, type Packet } from '../../../../gateway/forward/hj212/packet.ts';
import { judgeRequest, type RequestView } from '../../../../gateway/forward/hj212/requests.ts';
import { Zone } from '../../../../gateway/forward/hj212/zone.ts';
import { minutes, seconds, utcMs } from '../../../../gateway/model/units.ts';
import { hj212Config, LOGGER, T0 } from '../../../support/hj212-fixture.ts';

const view: RequestView = {
  config: hj212Config(),
  settings: {
    overTime: seconds(5),
    reCount: 3,
    realtime: seconds(30),
    minute: minutes(10),
    isRealtimeOn: true,
  },
  zone: new Zone('Asia/Shanghai'),
  now: utcMs(T0),
};
const request = (
  cn: string,
  parameters: Record<string, string> = {},
  set: Partial<Packet> = {},
): Packet => ({
  ...{ qn: '20260301000000000', ...LOGGER, cn, flag: flagOf(true) },
  cp: Object.entries(parameters).map(([key, value]): Item => [[key, value]]),
  ...set,
});
const judged = (...of: Parameters<typeof request>) => judgeRequest(request(...of), view);

describe('a request of the platform', () => {
  it.each([
    [
      '1000',
      { OverTime: '10', ReCount: '5' },
      { kind: 'set', change: { overTime: 10_000, reCount: 5 }, isTold: true },
    ],
    ['1011', {}, { kind: 'tell', items: [['SystemTime', '20260301000000']] }],
    ['1061', {}, { kind: 'tell', items: [['RtdInterval', '30']] }],
    ['1062', { RtdInterval: '60' }, { kind: 'set', change: { realtime: 60_000 }, isTold: true }],
    ['1063', {}, { kind: 'tell', items: [['MinInterval', '10']] }],
    ['1064', { MinInterval: '5' }, { kind: 'set', change: { minute: 300_000 }, isTold: true }],
    ['2011', {}, { kind: 'set', change: { isRealtimeOn: true }, isTold: false }],
    [
      '2061',
      { BeginTime: '20260228000000', EndTime: '20260228230000' },
      { kind: 'history', period: 'hour', from: T0 - 86_400_000, to: T0 - 3_600_000 },
    ],
  ])('%s %j is accepted', (cn, parameters, work) => {
    expect(judged(cn, parameters)).toEqual({ kind: 'accepted', isAnswered: true, work });
    const unanswered = judged(cn, parameters, { flag: flagOf(false) });
    expect(unanswered).toMatchObject({ kind: 'accepted', isAnswered: false });
  });

  it('to stop real-time data is a notification', () => {
    expect(judged('2012')).toMatchObject({
      kind: 'noted',
      work: { change: { isRealtimeOn: false } },
    });
  });

  it.each<[string, number, Partial<Packet>]>([
    ['another MN', 4, { mn: 'OTHER' }],
    ['no MN', 4, { mn: undefined }],
    ['another password', 3, { pw: '000000' }],
    ['another system', 5, { st: '31' }],
    ['no QN', 7, { qn: undefined }],
    ['a QN that is none', 7, { qn: '2026' }],
    ['no Flag', 6, { flag: undefined }],
    ['a command that nobody knows', 8, { cn: '7777' }],
    ['a command with the name of something else', 8, { cn: 'toString' }],
  ])('with %s is refused with QnRtn=%i', (_, qnRtn, set) => {
    expect(judged('1061', {}, set)).toEqual({ kind: 'refused', qnRtn, isAudited: false });
  });

  it.each<[string, Record<string, string>]>([
    ['1000', { OverTime: '21', ReCount: '3' }],
    ['1000', { OverTime: '0', ReCount: '3' }],
    ['1000', { OverTime: '5', ReCount: '11' }],
    ['1000', {}],
    ['1011', { PolId: 'w01018' }],
    ['1062', { RtdInterval: '0' }],
    ['1062', { RtdInterval: '3601' }],
    ['1062', { RtdInterval: '1e2' }],
    ['1064', { MinInterval: '7' }],
    ['1064', { MinInterval: '61' }],
    ['2051', { BeginTime: '20260301000000' }],
    ['2051', { BeginTime: '20260302000000', EndTime: '20260301000000' }],
    ['2051', { BeginTime: '20250101000000', EndTime: '20260301000000' }],
    ['2031', { BeginTime: '2026', EndTime: '20260301000000' }],
    ['2021', {}],
    ['3011', {}],
    ['3021', {}],
  ])('%s %j is refused with QnRtn=2', (cn, parameters) => {
    expect(judged(cn, parameters)).toEqual({ kind: 'refused', qnRtn: 2, isAudited: false });
  });

  it.each(['1012', '1072'])(
    '%s, which would change the machine or its key, is refused and audited',
    (cn) => {
      const parameters = { SystemTime: '20260301000000', NewPW: '654321' };
      expect(judged(cn, parameters)).toEqual({ kind: 'refused', qnRtn: 2, isAudited: true });
      // Who does not know the password is nobody to be audited.
      expect(judged(cn, parameters, { pw: '000000' })).toMatchObject({
        qnRtn: 3,
        isAudited: false,
      });
    },
  );

  it('takes that of system interaction for every system', () => {
    expect(judged('1061', {}, { st: '91' })).toMatchObject({ kind: 'accepted' });
  });

  it('does not answer answers', () => {
    for (const cn of ['9011', '9012', '9013', '9014'])
      expect(judged(cn)).toEqual({ kind: 'ignored' });
  });
});
