/** What a block is at a broker: topics and payloads in the format that the uplink asks for. Pure. */
import { constants, zstdCompressSync } from 'node:zlib';
import type { MqttConfig } from '../../config/site.ts';
import type { Block } from '../journal/journal.ts';
import type { TagId } from '../model/sample.ts';
import type { Tag } from '../model/tag.ts';
import type { Speaker } from './announcement.ts';
import { createEnvelopeEncoder } from './envelope.ts';
import { influxFormat } from './formats/influx.ts';
import { perTagFormat } from './formats/per-tag.ts';
import { type BlockFormat, type FormatMessage, readingsOf } from './formats/reading.ts';
import { templateFormat } from './formats/template.ts';
import { thingsboardFormat } from './formats/thingsboard.ts';
import type { MqttMessage } from './mqtt-message.ts';
import { type Selection, selectionOf } from './selection.ts';
import { blockTopics } from './topic.ts';

/** As FormatMessage; or the text as UTF-8. */
interface BlockText extends Omit<FormatMessage, 'text'> {
  readonly text: string | Uint8Array;
}

/**
 * The messages of a block, in order; none where the format has nothing to say of it. They hold until those of the next one
 * that is as historical.
 */
export type BlockMessages = (block: Block, historical: boolean) => readonly MqttMessage[];

/** MQTT 5.0 §3.3.2.3.9: how a receiver tells that it has to unpack. */
export const ZSTD_JSON = 'application/json+zstd';
const ZSTD_TEXT = 'text/plain+zstd';
const ZSTD_OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };

export function blockMessagesOf(
  { topic, format, template, compress, only, expiry }: MqttConfig,
  { gateway, epoch }: Speaker,
  tags: readonly Tag[],
): BlockMessages {
  const selection = selectionOf(only);
  const textsOf: (block: Block, historical: boolean) => readonly BlockText[] =
    format === 'envelope'
      ? createEnvelopeEncoder({ gateway, epoch, tags, selection })
      : shaped(FORMATS[format](template), gateway, tags, selection);
  const topicFor = blockTopics(topic, gateway);
  const contentType = format === 'influx' ? ZSTD_TEXT : ZSTD_JSON;
  return (block, historical) =>
    textsOf(block, historical).map(({ device, quantity: tag = '', text }) => {
      const message = {
        topic: topicFor({ class: block.class, device, tag }),
        payload: text,
        retain: false,
        // Whoever comes back wants the history, however old it has become.
        ...(expiry !== undefined && !historical && { expiry }),
      };
      if (compress === 'none') return message;
      return { ...message, payload: zstdCompressSync(text, ZSTD_OPTIONS), contentType };
    });
}

const FORMATS: Readonly<
  Record<Exclude<MqttConfig['format'], 'envelope'>, (template: unknown) => BlockFormat>
> = {
  thingsboard: () => thingsboardFormat,
  'per-tag': () => perTagFormat,
  influx: () => influxFormat,
  template: templateFormat,
};

function shaped(
  format: BlockFormat,
  gateway: string,
  tags: readonly Tag[],
  selection: Selection | undefined,
) {
  const known = new Map<TagId, Tag>(tags.map((tag) => [tag.id, tag]));
  return (block: Block, historical: boolean): readonly FormatMessage[] =>
    format(
      {
        ...{ gateway, seq: block.seq, class: block.class },
        hist: historical || block.gap?.reason === 'thinned',
      },
      readingsOf(block, (id) => known.get(id), selection),
    );
}
