/**
 * An uplink to a supervising platform over real TCP, with a journal on disk and time that the test moves. The platform has
 * a codec of its own, and the figures are computed a second time here, from what was measured.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { Received } from '../../firmware-sim/hj212-platform.ts';
import { millis, seconds, utcMs } from '../../gateway/model/units.ts';
import { type Box, box, COD, factor, LOGGER, STEP, T0 } from '../support/hj212-fixture.ts';
import {
  codAt,
  everyStep,
  expected,
  HOUR,
  judgeFigures,
  lawful,
  local,
  MINUTE,
  measuredAt,
  names,
  PERIODS,
  periods,
  startOf,
} from '../support/hj212-oracle.ts';
import { until } from '../support/waiting.ts';

let site: Box;
afterEach(() => site.dispose());

describe('a day of an uplink to a supervising platform', () => {
  it('tells every minute, hour and day period once, right, and real-time data at every interval', async () => {
    site = await box();
    const run = await site.start();
    await run.store(measuredAt(T0));
    await run.pass(25 * HOUR, STEP, everyStep(run));
    const { received, strange, connections } = site.platform;
    lawful(received, strange);
    expect(connections).toBe(1);
    const end = T0 + 25 * HOUR;
    for (const cn of Object.keys(PERIODS)) {
      expect(names(received, cn)).toEqual(expected(cn, T0, end - MINUTE));
      expect(periods(received, cn)).toHaveLength(names(received, cn).length);
      judgeFigures(received, cn);
    }
    const realtime = received.filter(({ cn }) => cn === '2011');
    expect(realtime.length).toBeGreaterThanOrEqual(25 * 12);
    for (const { values, dataTime, flag } of realtime.slice(1)) {
      const moment = startOf({ dataTime } as Received);
      expect(flag).toBe(5);
      expect(codesAround(moment)).toContain(values.get('w01018-Rtd'));
    }
    // All but what the open day, and what stands at its beginning, are made of.
    expect(run.journal.cursor('bureau').upTo).toBeGreaterThan(24 * 12 - 5);
    expect(run.journal.cursor('bureau').upTo).toBeLessThan(24 * 12);
    expect(run.forwarder.facts()).toMatchObject({
      state: 'up',
      inFlight: 0,
      resent: 0,
      refusedBlocks: 0,
    });
  }, 30_000);

  /** A sample is the last one, or the one before when its block was just not stored. */
  const codesAround = (moment: number) =>
    [0, 1].map((back) => codAt(Math.floor(moment / STEP - back) * STEP).toFixed(1));
});

describe('a platform that is not well', () => {
  it('gets what it missed in an outage, the oldest first, and no real-time data of then', async () => {
    site = await box();
    const run = await site.start({ sends: ['realtime', 'minute', 'hour'] });
    await run.store(measuredAt(T0));
    await run.pass(HOUR, STEP, everyStep(run));
    await site.platform.cut();
    const before = site.platform.received.length;
    await run.pass(6 * HOUR, STEP, everyStep(run));
    expect(site.platform.received.length).toBe(before);
    expect(run.forwarder.facts().lastError).toContain('[hj212.');
    await site.platform.restore();
    await run.pass(HOUR, STEP, everyStep(run));
    const { received, strange } = site.platform;
    lawful(received, strange);
    const end = T0 + 8 * HOUR - MINUTE;
    for (const cn of ['2051', '2061']) {
      expect(names(received, cn)).toEqual(expected(cn, T0, end));
      judgeFigures(received, cn);
      const order = periods(received.slice(before), cn).map(({ dataTime }) => dataTime);
      expect(order).toEqual(order.toSorted());
    }
    const moments = received
      .slice(before)
      .filter(({ cn }) => cn === '2011')
      .map(startOf);
    expect(Math.min(...moments)).toBeGreaterThanOrEqual(T0 + 7 * HOUR);
  });

  it('is sent again what it did not acknowledge, with the same QN, and then asked on a new connection', async () => {
    site = await box();
    const run = await site.start({ sends: ['minute'], overTime: seconds(5) });
    site.platform.answers = () => 0;
    await run.pass(13 * MINUTE, 1_000, (now) =>
      now % STEP === 0 ? run.store(measuredAt(now)) : undefined,
    );
    const first = site.platform.received.slice(0, 3);
    expect(new Set(first.map(({ qn }) => qn)).size).toBe(1);
    expect(run.forwarder.facts().resent).toBeGreaterThanOrEqual(2);
    expect(site.platform.received[3]?.qn).not.toBe(first[0]?.qn);
    expect(site.platform.connections).toBeGreaterThan(1);
    expect(run.forwarder.facts().lastError).toContain('[hj212.unanswered]');
    site.platform.answers = () => 1;
    await run.pass(3 * MINUTE, 1_000);
    lawful(site.platform.received, site.platform.strange);
    expect(names(site.platform.received, '2051')).toEqual([local(T0)]);
    expect(run.forwarder.facts()).toMatchObject({ acknowledged: 1, lastError: undefined });
  });

  it('does not get more than one attempt a second, whatever chance says', async () => {
    site = await box(T0, () => 0);
    const run = await site.start({ sends: ['minute'] });
    site.platform.answers = () => 'die';
    await run.store(measuredAt(T0));
    await run.pass(11 * MINUTE, STEP);
    const before = site.platform.connections;
    await run.pass(30_000, 100);
    const attempts = site.platform.connections - before;
    expect(attempts).toBeGreaterThan(25);
    expect(attempts).toBeLessThanOrEqual(31);
  });

  it('may lose acknowledgements, repeat them and die at any packet: every period arrives, and says the same', async () => {
    site = await box();
    const run = await site.start({ overTime: seconds(15), sends: ['minute', 'hour'] });
    const moods = [1, 0, 2, 1, 'die', 1, 'forget', 3, 0, 0, 1, 'forget', 'die'] as const;
    site.platform.answers = (_, index) => moods[index % moods.length] ?? 1;
    await run.store(measuredAt(T0));
    await run.pass(4 * HOUR, 10_000, (now) =>
      now % STEP === 0 ? run.store(measuredAt(now)) : undefined,
    );
    site.platform.answers = () => 1;
    await run.pass(5 * MINUTE, 10_000, (now) =>
      now % STEP === 0 ? run.store(measuredAt(now)) : undefined,
    );
    const { received, strange } = site.platform;
    lawful(received, strange);
    for (const cn of ['2051', '2061']) {
      expect(names(received, cn)).toEqual(expected(cn, T0, T0 + 4 * HOUR + 4 * MINUTE));
      judgeFigures(received, cn);
    }
  });

  it('that refuses the data is said so, and gets them when it takes them', async () => {
    site = await box();
    const run = await site.start({ sends: ['minute'] });
    site.platform.answers = () => 'refuse';
    await run.pass(11 * MINUTE, STEP, everyStep(run));
    expect(run.forwarder.facts().heldBy).toContain('QnRtn=3');
    site.platform.answers = () => 1;
    await run.pass(2 * MINUTE, STEP, everyStep(run));
    expect(run.forwarder.facts()).toMatchObject({ acknowledged: 1, heldBy: undefined });
  });

  it('takes what is too long for one packet in several, each acknowledged', async () => {
    site = await box();
    const factors = Array.from({ length: 40 }, (_, index) => factor(`w${10_000 + index}`, COD));
    const run = await site.start({ sends: ['minute'], factors, overTime: seconds(15) });
    const moods = [1, 'forget', 1, 1, 'die', 1, 2] as const;
    site.platform.answers = (_, index) => moods[index % moods.length] ?? 1;
    await run.store(measuredAt(T0));
    await run.pass(2 * HOUR, STEP, everyStep(run));
    site.platform.answers = () => 1;
    await run.pass(STEP, STEP, everyStep(run));
    const { received, strange } = site.platform;
    lawful(received, strange);
    expect(new Set(received.map(({ flag }) => flag))).toEqual(new Set([7]));
    for (const dataTime of expected('2051', T0, T0 + 2 * HOUR - MINUTE)) {
      const parts = received.filter((one) => one.dataTime === dataTime);
      const codes = new Set(parts.flatMap(({ values }) => [...values.keys()]));
      expect(codes.size).toBe(1 + 40 * 4);
      expect(new Set(parts.map(({ pno }) => pno)).size).toBe(parts[0]?.pnum);
    }
  });

  it('may send garbage', async () => {
    site = await box();
    const run = await site.start({ sends: ['minute'] });
    await run.drained();
    site.platform.send('##12#\r\n##0009\xff\xff##9999##0012ST=1;CN=99;;1234\r\n##0000FFFF\r\n');
    await run.pass(11 * MINUTE, STEP, everyStep(run));
    expect(names(site.platform.received, '2051')).toEqual([local(T0)]);
    expect(site.platform.connections).toBe(1);
  });
});

describe('a gateway that is started again', () => {
  it.each(['stop', 'kill'] as const)(
    'after a %s repeats little, leaves out nothing, and says the same',
    async (how) => {
      site = await box();
      let run = await site.start();
      await run.store(measuredAt(T0));
      for (let life = 0; life < 4; life++) {
        // The day is open: what it is made of is still needed.
        expect(run.journal.cursor('bureau').upTo).toBe(0);
        await run.pass(3 * HOUR + 10 * MINUTE, STEP, everyStep(run));
        await run[how]();
        run = await site.start();
      }
      await run.pass(13 * HOUR, STEP, everyStep(run));
      const { received, strange } = site.platform;
      lawful(received, strange);
      const end = T0 + 25 * HOUR + 40 * MINUTE - MINUTE;
      for (const cn of Object.keys(PERIODS)) {
        expect(names(received, cn)).toEqual(expected(cn, T0, end));
        judgeFigures(received, cn);
      }
      const repeats =
        periods(received).length - Object.keys(PERIODS).flatMap((cn) => names(received, cn)).length;
      if (how === 'stop') expect(repeats).toBe(0);
    },
    30_000,
  );

  it('tells the time in which it was off: each period, flagged B, without a value', async () => {
    site = await box();
    const run = await site.start();
    await run.store(measuredAt(T0));
    await run.pass(HOUR, STEP, everyStep(run));
    await run.stop();
    await site.clock.advance(millis(3 * HOUR));
    const again = await site.start();
    await again.pass(HOUR, STEP, everyStep(again));
    const { received, strange } = site.platform;
    lawful(received, strange);
    expect(names(received, '2051')).toEqual(expected('2051', T0, T0 + 5 * HOUR - MINUTE));
    const dark = periods(received, '2051').filter(
      (one) =>
        startOf(one) >= T0 + HOUR + 10 * MINUTE && startOf(one) < T0 + 4 * HOUR - 10 * MINUTE,
    );
    expect(dark).toHaveLength(16);
    for (const { cp, dataTime } of dark)
      expect(cp).toBe(`DataTime=${dataTime};w01018-Flag=B;w00000-Flag=B`);
  });

  it('that was killed at once knows all the same where its data begin', async () => {
    site = await box();
    const run = await site.start({ sends: ['minute'] });
    await run.drained();
    await run.kill();
    await site.clock.advance(millis(HOUR));
    const again = await site.start({ sends: ['minute'] });
    await again.drained();
    expect(names(site.platform.received, '2051')).toEqual(expected('2051', T0, T0 + HOUR - MINUTE));
  });

  it('begins with what runs now where it never was, and does not send what was measured before', async () => {
    site = await box(T0 + 30 * MINUTE);
    const run = await site.start({ sends: ['minute', 'hour', 'day'] });
    await run.pass(2 * HOUR, STEP, everyStep(run));
    expect(names(site.platform.received, '2051')[0]).toBe(local(T0 + 30 * MINUTE));
    expect(names(site.platform.received, '2061')).toEqual([local(T0), local(T0 + HOUR)]);
  });
});

describe('what the platform asks', () => {
  const asked = async (config: Parameters<Box['start']>[0] = {}) => {
    site = await box();
    const run = await site.start({ sends: ['minute', 'hour'], ...config });
    await run.drained();
    /** Asks, and waits for so many answers, and that no more come. */
    const told = async (
      cn: string,
      cp: string,
      expected: readonly string[],
      set?: Parameters<Box['platform']['ask']>[2],
    ) => {
      const from = site.platform.received.length;
      const qn = site.platform.ask(cn, cp, set);
      const answers = () => site.platform.received.slice(from).filter((one) => one.qn === qn);
      await until(`answers to ${cn}`, () => answers().length >= expected.length);
      await run.drained();
      for (const one of answers())
        expect(one).toMatchObject({ flag: 4, pw: LOGGER.pw, mn: LOGGER.mn });
      expect(answers().map((one) => `${one.st} ${one.cn} ${one.cp}`)).toEqual(expected);
    };
    return { run, told };
  };

  it('is answered with its QN: the clock, intervals, and the limits of dialogues', async () => {
    const { told } = await asked();
    await told('1011', '', [
      '91 9011 QnRtn=1',
      '32 1011 SystemTime=20260301000000',
      '91 9012 ExeRtn=1',
    ]);
    await told('1061', '', ['91 9011 QnRtn=1', '32 1061 RtdInterval=300', '91 9012 ExeRtn=1']);
    await told('1062', 'RtdInterval=30', ['91 9011 QnRtn=1', '91 9012 ExeRtn=1']);
    await told('1061', '', ['91 9011 QnRtn=1', '32 1061 RtdInterval=30', '91 9012 ExeRtn=1']);
    await told('1064', 'MinInterval=5', ['91 9011 QnRtn=1', '91 9012 ExeRtn=1']);
    await told('1063', '', ['91 9011 QnRtn=1', '32 1063 MinInterval=5', '91 9012 ExeRtn=1']);
    await told('1000', 'OverTime=7;ReCount=2', ['91 9011 QnRtn=1', '91 9012 ExeRtn=1']);
    await told('1061', '', ['32 1061 RtdInterval=30', '91 9012 ExeRtn=1'], { flag: '4' });
  });

  it('may shorten the minute: periods go on without a hole, and none overlaps', async () => {
    const { run, told } = await asked();
    await run.pass(15 * MINUTE, STEP, everyStep(run));
    await told('1064', 'MinInterval=5', ['91 9011 QnRtn=1', '91 9012 ExeRtn=1']);
    await run.pass(16 * MINUTE, STEP, everyStep(run));
    const starts = [0, 10, 15, 20, 25].map((minute) => local(T0 + minute * MINUTE));
    expect(names(site.platform.received, '2051')).toEqual(starts);
  });

  it('is refused by name, and what would change the machine is in the audit', async () => {
    const { told } = await asked();
    await told('1012', 'SystemTime=20200101000000', ['91 9011 QnRtn=2']);
    await told('1072', 'NewPW=654321', ['91 9011 QnRtn=2']);
    await told('3011', 'PolId=w01018', ['91 9011 QnRtn=2']);
    await told('7777', '', ['91 9011 QnRtn=8']);
    await told('1061', '', ['91 9011 QnRtn=3'], { pw: '000000' });
    await told('1061', '', ['91 9011 QnRtn=4'], { mn: 'X' });
    await told('1061', '', ['91 9011 QnRtn=5'], { st: '31' });
    await site.clock.advance(millis(1_000));
    expect(site.audited).toEqual({ 'hj212.clock-set-refused': 1, 'hj212.password-set-refused': 1 });
  });

  it('with a wrong sum is told so where it can be read', async () => {
    await asked();
    const segment = `QN=20990101000000001;ST=32;CN=1061;PW=${LOGGER.pw};MN=${LOGGER.mn};Flag=5;CP=&&&&`;
    site.platform.send(`##${String(segment.length).padStart(4, '0')}${segment}0000\r\n`);
    await until('the answer', () => site.platform.received.length > 0);
    expect(site.platform.received.at(-1)).toMatchObject({
      cn: '9011',
      qn: '20990101000000001',
      cp: 'QnRtn=9',
    });
  });

  it('and has set stays over a restart', async () => {
    const { run, told } = await asked();
    await told('1064', 'MinInterval=30', ['91 9011 QnRtn=1', '91 9012 ExeRtn=1']);
    await told('2012', '', ['91 9013 ']);
    await run.stop();
    const again = await site.start();
    await again.drained();
    const isTold = () => site.platform.received.some(({ cp }) => cp === 'MinInterval=30');
    site.platform.ask('1063');
    await until('the interval', isTold);
    await again.pass(HOUR, STEP, everyStep(again));
    expect(site.platform.received.filter(({ cn }) => cn === '2011')).toEqual([]);
    expect(names(site.platform.received, '2051')).toEqual([local(T0)]);
  });

  it('real-time data stop, and start at once when they are asked for', async () => {
    const { run, told } = await asked({ sends: ['realtime'] });
    const realtime = () => site.platform.received.filter(({ cn }) => cn === '2011').length;
    await told('2012', '', ['91 9013 ']);
    const before = realtime();
    await run.pass(HOUR, STEP, everyStep(run));
    expect(realtime()).toBe(before);
    await told('2011', '', ['91 9011 QnRtn=1']);
    expect(realtime()).toBe(before + 1);
    await run.pass(2 * STEP, STEP, everyStep(run));
    expect(realtime()).toBe(before + 3);
  });

  it('of the past is told as it was when it was sent, and nothing where there was nothing', async () => {
    const { run, told } = await asked();
    await run.store(measuredAt(T0));
    await run.pass(5 * HOUR, STEP, everyStep(run));
    const sent = (cn: string) =>
      periods(site.platform.received, cn).map(({ cp }) => `32 ${cn} ${cp}`);
    for (const [cn, from, to] of [
      ['2051', 0, 5 * HOUR],
      ['2061', HOUR, 3 * HOUR],
    ] as const) {
      const before = sent(cn);
      const wanted = before.filter(
        (one) =>
          one.slice(0, 31) >= `32 ${cn} DataTime=${local(T0 + from)}` &&
          one.slice(0, 31) <= `32 ${cn} DataTime=${local(T0 + to)}`,
      );
      expect(wanted.length).toBeGreaterThan(2);
      await told(cn, `BeginTime=${local(T0 + from)};EndTime=${local(T0 + to)}`, [
        '91 9011 QnRtn=1',
        ...wanted,
        '91 9012 ExeRtn=1',
      ]);
    }
    const long = `BeginTime=${local(T0 - 48 * HOUR)};EndTime=${local(T0 - 24 * HOUR)}`;
    await told('2061', long, ['91 9011 QnRtn=1', '91 9012 ExeRtn=100']);
    await told('2061', 'BeginTime=1;EndTime=2', ['91 9011 QnRtn=2']);
  });
});

describe('a clock', () => {
  it('that is not set holds the data back, and says so', async () => {
    site = await box();
    site.clock.setSynced(false);
    const run = await site.start({ sends: ['minute'] });
    await run.pass(30 * MINUTE, STEP);
    expect(site.platform.received).toEqual([]);
    expect(run.forwarder.facts().heldBy).toContain('[hj212.clock-unsynced]');
    site.clock.setSynced(true);
    await run.pass(15 * MINUTE, STEP, everyStep(run));
    expect(names(site.platform.received, '2051')).toEqual([local(T0 + 30 * MINUTE)]);
    expect(run.forwarder.facts().heldBy).toBeUndefined();
  });

  it('that was not set after a start is put right: what was measured then is told in its true time', async () => {
    site = await box();
    const run = await site.start({ sends: ['minute'] });
    await run.store(measuredAt(T0));
    await run.pass(20 * MINUTE, STEP, everyStep(run));
    await run.stop();
    const WRONG = Date.UTC(2025, 5, 1);
    site.clock.stepWallClock(utcMs(WRONG));
    site.clock.setSynced(false);
    const again = await site.start({ sends: ['minute'] });
    const unsynced = (now: number) => {
      const truly = now - WRONG + T0 + 20 * MINUTE;
      return again.store(
        measuredAt(truly).map((one) => ({ ...one, time: utcMs(now), timeBasis: 'unsynced' })),
      );
    };
    await again.pass(40 * MINUTE, STEP, unsynced);
    site.clock.stepWallClock(utcMs(T0 + HOUR));
    site.clock.setSynced(true);
    await again.pass(HOUR, STEP, everyStep(again));
    const { received, strange } = site.platform;
    lawful(received, strange);
    expect(names(received, '2051')).toEqual(expected('2051', T0, T0 + 2 * HOUR - MINUTE));
    judgeFigures(received, '2051');
  });

  it('that was ahead and is set back does not stop the data until then', async () => {
    site = await box(T0 + 48 * HOUR);
    const run = await site.start({ sends: ['minute'] });
    await run.pass(HOUR, STEP, everyStep(run));
    site.clock.stepWallClock((T0 + 24 * HOUR) as never);
    await site.platform.cut();
    await run.pass(STEP, STEP, everyStep(run));
    await site.platform.restore();
    const before = site.platform.received.length;
    await run.pass(HOUR, STEP, everyStep(run));
    const after = names(site.platform.received.slice(before), '2051');
    expect(after.length).toBeGreaterThan(4);
    expect(after[0]).toBe(local(T0 + 24 * HOUR));
  });
});

describe('a platform that is gone for good', () => {
  it('holds the journal no longer than what may still be sent', async () => {
    site = await box();
    const run = await site.start({ sends: ['minute', 'hour'], backfill: millis(24 * HOUR) });
    await run.store(measuredAt(T0));
    await site.platform.cut();
    await run.pass(72 * HOUR, HOUR, everyStep(run));
    const { upTo } = run.journal.cursor('bureau');
    expect(run.journal.head - upTo).toBeLessThan(50);
    expect(run.forwarder.facts().refusedBlocks).toBeGreaterThan(100);
    await site.platform.restore();
    await run.pass(HOUR, STEP, everyStep(run));
    const first = names(site.platform.received, '2061')[0] ?? '';
    expect(first >= local(T0 + 22 * HOUR)).toBe(true);
    expect(names(site.platform.received, '2061').length).toBeGreaterThanOrEqual(24);
  });
});

describe('a platform that asks and does not read', () => {
  it('costs a few answers, and the connection is made anew', async () => {
    site = await box();
    const run = await site.start({ sends: ['minute'], overTime: seconds(5) });
    await run.store(measuredAt(T0));
    await run.pass(9 * HOUR, STEP, everyStep(run));
    site.platform.pause();
    const history = `BeginTime=${local(T0)};EndTime=${local(T0 + 9 * HOUR)}`;
    for (let i = 0; i < 500; i++) site.platform.ask('2051', history);
    await run.pass(11 * MINUTE, 5_000);
    expect(run.forwarder.facts().requests?.refused).toBeGreaterThan(400);
    expect(names(site.platform.received, '2051').length).toBeGreaterThan(50);
    expect(site.platform.connections).toBeGreaterThan(1);
  });
});
