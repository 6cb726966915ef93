import { describe, expect, it } from 'vitest';
import { engineFixture, interlockOf } from '../../../support/rules-fixture.ts';

describe('an interlock', () => {
  it('is told at its first evaluation and whenever it changes', () => {
    const { told } = engineFixture([interlockOf('press.pump', 'press.temp < 90')])
      .at(10, { 'press.temp': 20 })
      .at(20, { 'press.temp': 30 })
      .at(30, { 'press.temp': 95 })
      .at(40, { 'press.temp': 'bad:comm' })
      .at(50, { 'press.temp': 20 });
    expect(told).toEqual([
      '10 press.pump may be written: true',
      '30 press.pump may be written: false',
      '40 press.pump may be written: unknown',
      '50 press.pump may be written: true',
    ]);
  });

  it('is unknown where nothing was ever seen', () => {
    const { told } = engineFixture([interlockOf('press.pump', 'press.temp < 90')]).at(1_000);
    expect(told).toEqual(['1000 press.pump may be written: unknown']);
  });

  it('is told again after a restart, whatever was known before it', () => {
    const engine = engineFixture([interlockOf('press.pump', 'press.temp < 90')]);
    engine.at(10, { 'press.temp': 20 }).restart().at(20, { 'press.temp': 21 });
    expect(engine.told).toEqual([
      '10 press.pump may be written: true',
      '20 press.pump may be written: true',
    ]);
  });

  it('can look at time', () => {
    const { told } = engineFixture([interlockOf('press.pump', 'held(press.temp < 90, "5s")')])
      .at(10, { 'press.temp': 20 })
      .at(6_000);
    expect(told).toEqual([
      '10 press.pump may be written: false',
      '5010 press.pump may be written: true',
    ]);
  });
});
