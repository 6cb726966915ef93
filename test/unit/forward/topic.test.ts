import { describe, expect, it } from 'vitest';
import { statusTopic, topicOf, watermarkTopic } from '../../../gateway/forward/topic.ts';

const TEMPLATE = 'headgate/v1/{gateway}/{class}/{device}';
const fields = { gateway: 'weihai-3', class: 'telemetry', device: 'press' };

describe('a topic', () => {
  it('is the template with its fields filled in', () => {
    expect(topicOf(TEMPLATE, fields)).toBe('headgate/v1/weihai-3/telemetry/press');
    expect(topicOf('{device}/{device}', fields)).toBe('press/press');
    expect(statusTopic('weihai-3')).toBe('headgate/v1/weihai-3/status');
    expect(watermarkTopic('weihai-3')).toBe('headgate/v1/weihai-3/watermark');
  });

  it('names the gateway itself where there is no device', () => {
    expect(topicOf(TEMPLATE, { ...fields, device: '' })).toBe(
      'headgate/v1/weihai-3/telemetry/_gateway',
    );
  });

  it.each([
    ['+', '%2B'],
    ['#', '%23'],
    ['$SYS', '%24SYS'],
    ['a/b', 'a%2Fb'],
    ['50%', '50%25'],
    ['a\u0000b', 'a%00b'],
    ['a\u009fb', 'a%C2%9Fb'],
    ['水表.1', '水表.1'],
    ['{class}', '{class}'],
    ['$&', '%24&'],
  ])('carries the name %j as %j', (device, segment) => {
    expect(topicOf(TEMPLATE, { ...fields, device })).toBe(
      `headgate/v1/weihai-3/telemetry/${segment}`,
    );
  });

  it('is refused when it gets too long', () => {
    expect(() => topicOf(TEMPLATE, { ...fields, device: 'ü'.repeat(600) })).toThrow(
      '[forward.topic-too-long]',
    );
  });
});
