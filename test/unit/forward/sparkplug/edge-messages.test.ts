/** Which messages tell of blocks: news and history, births in between, devices that are lost, values of many kinds. */
import { describe, expect, it } from 'vitest';
import { selectionOf } from '../../../../gateway/forward/selection.ts';
import {
  births,
  blockMessages,
  deaths,
  type EdgeMessage,
  nextDeath,
} from '../../../../gateway/forward/sparkplug/edge-messages.ts';
import { EdgeModel } from '../../../../gateway/forward/sparkplug/edge-model.ts';
import { placeOf } from '../../../../gateway/forward/sparkplug/place.ts';
import type { Sample, TagId } from '../../../../gateway/model/sample.ts';
import type { Tag } from '../../../../gateway/model/tag.ts';
import { monoMs, utcMs } from '../../../../gateway/model/units.ts';
import { blockOf, sample, T0, tag } from '../../../support/forward-fixture.ts';
import { memoryJournal } from '../../../support/memory-journal.ts';
import { at, fieldTag, PLANT } from '../../../support/sparkplug-fixture.ts';

const moment = (ms: number) => ({ utc: utcMs(T0 + ms), mono: monoMs(ms) });

/** A model that was born at `ms` with these samples present. */
function born(present: readonly Sample[] = [], tags: readonly Tag[] = PLANT, aliases = false) {
  const model = new EdgeModel(tags, aliases);
  model.present(present, moment(0).utc);
  const first = births(model, 0, moment(0));
  const tell = (samples: readonly Sample[], isHistory = false, ms = 1_000) =>
    blockMessages(model, blockOf(samples), isHistory, moment(ms));
  return { model, first, tell };
}

/** `DDATA press oil_temp=1 (history)`. */
const shown = (messages: readonly EdgeMessage[] | undefined) =>
  messages?.map(({ type, device, metrics }) =>
    [
      ...[type, device ?? 'node'],
      ...metrics.map(
        ({ name, alias, value, isHistorical }) =>
          `${name ?? alias}=${value}${isHistorical ? ' (history)' : ''}`,
      ),
    ].join(' '),
  );

describe('a block', () => {
  it('that is new is data of each device, in the order of their first samples', () => {
    const { tell } = born();
    const samples = [at(5, 'meter.energy', 1), at(6, 'press.pump', true), at(7, 'meter.energy', 2)];
    expect(shown(tell(samples))).toEqual([
      'DDATA meter energy=1 energy=2',
      'DDATA press pump=true',
    ]);
  });

  it('of which the uplink wants a part is told as that part, and the births have no more', () => {
    const selection = selectionOf({ telemetry: ['press.*'], alarm: ['press.*'] });
    const model = new EdgeModel([...PLANT, tag('press.alarm_event')], false, selection);
    model.present([at(100, 'meter.energy', 5)], moment(0).utc);
    const names = births(model, 0, moment(0)).map(({ device, metrics }) => [
      device ?? 'node',
      metrics.map(({ name }) => name),
    ]);
    expect(names.map(([device]) => device)).toEqual(['node', 'press']);
    expect(names[1]?.[1]).toContain('alarm_event');
    const block = blockOf([at(5, 'meter.energy', 1), at(6, 'press.pump', true)]);
    expect(shown(blockMessages(model, block, false, moment(1_000)))).toEqual([
      'DDATA press pump=true',
    ]);
    const record = { ...block, class: 'record' } as const;
    expect(blockMessages(model, record, false, moment(1_000))).toEqual([]);
  });

  it('that waited is history, but for what is newer than the birth', () => {
    const { tell } = born([at(100, 'press.oil_temp', 70)]);
    const samples = [at(90, 'press.oil_temp', 69), at(110, 'press.oil_temp', 71)];
    expect(shown(tell(samples, true))).toEqual(['DDATA press oil_temp=69 (history) oil_temp=71']);
    // What was told as news is not told again by what comes later from the backlog.
    expect(shown(tell([at(105, 'press.oil_temp', 70.5)], true))).toEqual([
      'DDATA press oil_temp=70.5 (history)',
    ]);
    expect(shown(tell([at(200, 'press.oil_temp', 80)]))).toEqual(['DDATA press oil_temp=80']);
    expect(shown(tell([at(150, 'press.oil_temp', 75)], true))).toEqual([
      'DDATA press oil_temp=75 (history)',
    ]);
  });

  it('of a clock that was set back is news when it is new, and history when it waited', () => {
    const { tell } = born([at(5_000, 'press.oil_temp', 70)]);
    expect(shown(tell([at(1, 'press.oil_temp', 71)]))).toEqual(['DDATA press oil_temp=71']);
    expect(shown(tell([at(2, 'press.oil_temp', 72)], true))).toEqual([
      'DDATA press oil_temp=72 (history)',
    ]);
  });

  it('that was thinned or saved is history whenever it comes', () => {
    const { model } = born();
    const block = blockOf([at(1, 'press.oil_temp', 1)]);
    const salvaged = { ...block, salvaged: { epoch: 'e', seq: 1 } };
    model.present([at(5, 'press.oil_temp', 1)], moment(0).utc);
    births(model, 0, moment(0));
    expect(shown(blockMessages(model, salvaged, false, moment(9)))).toEqual([
      'DDATA press oil_temp=1 (history)',
    ]);
  });

  it('that is a recorded loss is told as a metric of the node', () => {
    const { model } = born();
    const journal = memoryJournal();
    const seq = journal.putGap({
      ...{ reason: 'retention', class: 'telemetry', count: 5, seqs: undefined },
      ...{ from: utcMs(T0), to: utcMs(T0 + 9) },
    });
    const [block] = journal.read(seq, 1);
    if (block === undefined) throw new Error('no gap');
    const [message, ...more] = blockMessages(model, block, false, moment(9)) ?? [];
    expect(more).toEqual([]);
    expect(message).toMatchObject({ type: 'NDATA', metrics: [{ name: 'Journal/Gap' }] });
    expect(JSON.parse(String(message?.metrics[0]?.value))).toMatchObject({
      ...{ seq: 1, reason: 'retention', count: 5 },
    });
  });

  it('that is large goes in several messages, none much larger than 64 KiB', () => {
    const { tell } = born();
    const samples = Array.from({ length: 5_000 }, (_, i) => at(i, 'press.oil_temp', i));
    const messages = tell(samples) ?? [];
    expect(messages.length).toBeGreaterThan(2);
    expect(messages.flatMap(({ metrics }) => metrics.map(({ value }) => value))).toEqual(
      samples.map(({ value }) => value),
    );
  });
});

describe('a device', () => {
  const silent = (ms: number) => [at(ms, 'press.oil_temp', null), at(ms, 'press.pump', null)];

  it('that answers nothing any more dies once, behind its last data', () => {
    const { tell } = born();
    expect(shown(tell([at(1, 'press.oil_temp', 5), ...silent(2)]))).toEqual([
      'DDATA press oil_temp=5 oil_temp=null pump=null',
      'DDEATH press',
    ]);
    expect(shown(tell(silent(3)))).toEqual([]);
  });

  it('that is back is born with its present values, and what stands there is history as data', () => {
    const { tell } = born();
    tell(silent(1));
    expect(shown(tell([at(2, 'press.pump', true)]))).toEqual([
      'DBIRTH press oil_temp=null pump=true',
      'DDATA press pump=true (history)',
    ]);
  });

  it('that was lost before the births is not born, but for its history', () => {
    const { model, first, tell } = born(silent(0));
    expect(shown(first)).toEqual([
      'NBIRTH node bdSeq=0 Node Control/Rebirth=false Journal/Gap=null gateway/autonomy=null',
      'DBIRTH meter energy=null alarm_event=null',
    ]);
    expect(shown(tell([at(-9, 'press.oil_temp', 1)], true, 1_000))).toEqual([
      'DBIRTH press oil_temp=null pump=null',
      'DDATA press oil_temp=1 (history)',
    ]);
    // It stays until its history is over.
    expect(shown(tell([at(-8, 'press.oil_temp', 2)], true, 4_000))).toEqual([
      'DDATA press oil_temp=2 (history)',
    ]);
    expect(nextDeath(model)).toBe(6_000);
    expect(deaths(model, moment(5_999))).toEqual([]);
    expect(shown(deaths(model, moment(6_000)))).toEqual(['DDEATH press']);
    expect(nextDeath(model)).toBeUndefined();
  });

  it('is not lost by what the gateway itself says of it, nor by a value that it refuses', () => {
    const tags = [...PLANT, tag('press.alarm_event'), tag('press.derived')];
    const { tell } = born([at(0, 'press.derived', 1)], tags);
    expect(shown(tell(silent(1)))?.at(-1)).toBe('DDEATH press');
    tell([at(2, 'press.oil_temp', 1)]);
    const refused = at(3, 'press.oil_temp', null, 'bad:device');
    expect(shown(tell([refused, at(3, 'press.pump', null)]))).toEqual([
      'DDATA press oil_temp=null pump=null',
    ]);
  });

  it('that is not known to the site any more is born when something of it comes', () => {
    const { tell } = born();
    expect(shown(tell([at(-5, 'old.level', 3)], true))).toEqual([
      'DBIRTH old level=null',
      'DDATA old level=3 (history)',
    ]);
    expect(shown(tell([at(-4, 'press.gone', 3)], true))).toEqual([
      'DBIRTH press oil_temp=null pump=null gone=null',
      'DDATA press gone=3 (history)',
    ]);
  });
});

describe('a metric', () => {
  const metricOf = (messages: readonly EdgeMessage[] | undefined, at = 0) => {
    const message = messages?.at(-1);
    const { datatype, value, properties } = message?.metrics[at] ?? {};
    const marks = Object.fromEntries((properties ?? []).map(({ key, value }) => [key, value]));
    return { type: message?.type, datatype, value, marks };
  };

  it('has all numbers as Double, and the digits that it has no room for beside it', () => {
    const { tell } = born();
    const of = (value: Sample['value']) => metricOf(tell([at(1, 'meter.energy', value)]));
    expect(of(12.5)).toMatchObject({ datatype: 10, value: 12.5, marks: {} });
    expect(of(5n)).toMatchObject({ value: 5, marks: {} });
    expect(of(9_007_199_254_740_993n)).toMatchObject({
      ...{ value: 9_007_199_254_740_992, marks: { exact: '9007199254740993' } },
    });
    expect(of({ unscaled: 1_234_567_890_123_456_789n, decimals: 3 })).toMatchObject({
      ...{ value: 1_234_567_890_123_456.8, marks: { exact: '1234567890123456.789' } },
    });
    expect(of(Number.NaN)).toMatchObject({
      value: null,
      marks: { Quality: 0, detail: 'bad:device' },
    });
  });

  it('says its quality when it is not good, and whether the clock was set', () => {
    const { tell } = born();
    const of = (quality: Sample['quality'], timeBasis: Sample['timeBasis'] = 'gateway') => {
      const value = quality.startsWith('bad') ? null : 1;
      return metricOf(tell([sample('meter.energy', value, { quality, timeBasis })])).marks;
    };
    expect(of('good')).toEqual({});
    expect(of('good:local-override')).toEqual({ detail: 'good:local-override' });
    expect(of('uncertain:last-usable')).toEqual({ Quality: 500, detail: 'uncertain:last-usable' });
    expect(of('bad:config')).toEqual({ Quality: 0, detail: 'bad:config' });
    expect(of('good', 'unsynced')).toEqual({ clock: 'unsynced' });
    expect(of('good', 'source')).toEqual({});
  });

  it('becomes what its first value is, and text when it is something else again', () => {
    const tags = [fieldTag('opc.any', { holds: undefined })];
    const { first, tell } = born([], tags);
    expect(metricOf(first)).toMatchObject({ type: 'DBIRTH', datatype: 10, value: null });
    const flag = tell([at(1, 'opc.any', true)]);
    expect(shown(flag)).toEqual(['DBIRTH opc any=true', 'DDATA opc any=true (history)']);
    expect(flag?.[0]?.metrics[0]?.datatype).toBe(11);
    expect(shown(tell([at(2, 'opc.any', false)]))).toEqual(['DDATA opc any=false']);
    const text = tell([at(3, 'opc.any', 7)]);
    expect(shown(text)).toEqual(['DBIRTH opc any=7', 'DDATA opc any=7 (history)']);
    expect(text?.[0]?.metrics[0]).toMatchObject({ datatype: 12, value: '7' });
    // From then on it takes everything, and is not born for each value.
    expect(shown(tell([at(4, 'opc.any', true), at(5, 'opc.any', 1.5)]))).toEqual([
      'DDATA opc any=true any=1.5',
    ]);
  });

  it('of the node that changes wants all to be born anew', () => {
    const { model, tell } = born([], [tag('gateway.mode')]);
    const samples = [at(1, 'gateway.mode', 'on')];
    expect(tell(samples)).toBeUndefined();
    expect(births(model, 0, moment(2))[0]?.metrics.at(-1)).toMatchObject({ datatype: 12 });
    expect(shown(tell(samples))).toEqual(['NDATA node gateway/mode=on']);
  });

  it('keeps its number when the site changes, and no number is given twice', () => {
    const { model } = born([], PLANT, true);
    const aliasOf = (id: string) => model.of(id as TagId).alias;
    const before = aliasOf('meter.energy');
    model.configure([...PLANT.filter(({ id }) => id !== 'press.pump'), fieldTag('press.speed')]);
    expect(aliasOf('meter.energy')).toBe(before);
    expect(aliasOf('press.speed')).toBe(PLANT.length + 1);
    expect(shown(births(model, 3, moment(1)))).toEqual([
      'NBIRTH node bdSeq=3 Node Control/Rebirth=false Journal/Gap=null gateway/autonomy=null',
      'DBIRTH press oil_temp=null speed=null',
      'DBIRTH meter energy=null alarm_event=null',
    ]);
  });

  it('stands at its device; what the gateway tells of itself stands at the node', () => {
    const places = ['hall1.press.oil_temp', 'gateway.autonomy', 'rules.alarm_event'].map((id) =>
      placeOf(id as TagId),
    );
    expect(places).toEqual([
      { device: 'hall1.press', metric: 'oil_temp' },
      { device: undefined, metric: 'gateway/autonomy' },
      { device: undefined, metric: 'rules/alarm_event' },
    ]);
  });
});
