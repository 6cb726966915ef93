/** The options of a fleet. */
import type { VerbOption } from '../verb.ts';

export const FLEET_OPTIONS: Readonly<Record<string, VerbOption>> = {
  fleet: {
    type: 'string',
    placeholder: 'n',
    help: {
      en: 'so many gateways instead of a site, up to 5000',
      zh: '用 n 个模拟网关代替站点，最多 5000 个',
    },
  },
  broker: {
    type: 'string',
    placeholder: 'url',
    repeats: true,
    help: {
      en: 'where the fleet publishes; several times for the nodes of a cluster',
      zh: '网关群的 MQTT 代理，集群可多次给出',
    },
  },
  mqtt: {
    type: 'string',
    placeholder: 'version',
    help: { en: 'of the fleet: 5 or 3.1.1 (5)', zh: '网关群的 MQTT 版本：5 或 3.1.1（默认 5）' },
  },
  devices: {
    type: 'string',
    placeholder: 'n',
    help: {
      en: 'of each gateway, a message each (1)',
      zh: '每个网关的设备数，每设备一条消息（默认 1）',
    },
  },
  tags: {
    type: 'string',
    placeholder: 'n',
    help: { en: 'of each device (20)', zh: '每个设备的点数（默认 20）' },
  },
  every: {
    type: 'string',
    placeholder: 'duration',
    help: {
      en: 'how often each gateway sends all its tags (1s)',
      zh: '每个网关的发送周期（默认 1s）',
    },
  },
  window: {
    type: 'string',
    placeholder: 'n',
    help: {
      en: 'messages of a gateway on their way at once (16)',
      zh: '每个网关同时未确认的消息数（默认 16）',
    },
  },
  ack: {
    type: 'string',
    placeholder: 'who',
    help: {
      en: 'broker or receiver: whose acknowledgement counts (broker)',
      zh: '以谁的确认为准：broker 或 receiver（默认 broker）',
    },
  },
  'ack-within': {
    type: 'string',
    placeholder: 'duration',
    help: {
      en: 'how long a receiver may take, then blocks are sent again (30s)',
      zh: '接收器确认的时限，超时重发（默认 30s）',
    },
  },
  first: {
    type: 'string',
    placeholder: 'n',
    help: {
      en: 'the number of the first gateway, for fleets of several machines (1)',
      zh: '首个网关的编号，用于多台机器（默认 1）',
    },
  },
  for: {
    type: 'string',
    placeholder: 'duration',
    help: { en: 'end after this time: 20s, 5m', zh: '运行时长，例如 20s、5m' },
  },
  json: {
    type: 'boolean',
    help: { en: 'the summary of a fleet as JSON', zh: '以 JSON 输出网关群统计' },
  },
};
