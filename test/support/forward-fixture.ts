/** What the tests of the forward stage have in common: samples, tags, blocks, an uplink's options. */
import { plainUplink } from '../../config/build.ts';
import type { MqttConfig } from '../../config/site.ts';
import type { MqttUplinkOptions } from '../../gateway/forward/mqtt-uplink.ts';
import { silentLog } from '../../gateway/host/log.ts';
import type { Block } from '../../gateway/journal/journal.ts';
import { deviceName, type Sample, type TagId } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { utcMs } from '../../gateway/model/units.ts';
import { hastyClock } from './hasty-clock.ts';
import { memoryJournal } from './memory-journal.ts';

export const T0 = 1_732_345_678_123;
export const EPOCH = '9f3c2a17';
export const SPEAKER = { gateway: 'weihai-3', epoch: EPOCH, version: '0.1.0', config: 'c0ffee' };

export const sample = (
  tag: string,
  value: Sample['value'],
  { quality = 'good', time = T0, timeBasis = 'gateway' }: SampleMarks = {},
): Sample => ({ tag: tag as TagId, value, quality, time: utcMs(time), timeBasis });

export interface SampleMarks {
  readonly quality?: Sample['quality'];
  readonly time?: number;
  readonly timeBasis?: Sample['timeBasis'];
}

export const tag = (id: string, decimals?: number): Tag => ({
  index: 0,
  id: id as TagId,
  device: deviceName(id.slice(0, id.lastIndexOf('.'))),
  quantity: id.slice(id.lastIndexOf('.') + 1),
  unit: undefined,
  decimals,
  report: { deadband: undefined, heartbeat: undefined },
});

/** A block as a journal hands it out, seq 1. */
export function blockOf(samples: readonly Sample[]): Block {
  const journal = memoryJournal(EPOCH);
  return journal.read(journal.put(samples), 1)[0] as Block;
}

export const mqttConfig = (set: Partial<MqttConfig> = {}): MqttConfig => ({
  ...plainUplink('weihai-3', 'cloud', 'mqtt://127.0.0.1:1').mqtt,
  clientId: 'weihai-3',
  replay: 'refuse',
  ...set,
});

export const uplinkOptions = (
  config: Partial<MqttConfig> = {},
  set: Partial<MqttUplinkOptions> = {},
): MqttUplinkOptions => ({
  name: 'cloud',
  config: mqttConfig(config),
  speaker: SPEAKER,
  tags: [],
  clock: hastyClock(),
  log: silentLog,
  // Attempts follow one another closely; the back-off itself is tested by itself.
  random: () => 0.05,
  ...set,
});
