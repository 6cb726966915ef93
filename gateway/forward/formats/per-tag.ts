/** One message for each sample, on a topic of its own: what dashboards and scripts take without a parser of ours. */
import { type BlockFormat, jsonText } from './reading.ts';

export const perTagFormat: BlockFormat = ({ hist }, readings) =>
  readings.map(({ device, quantity, time, value, quality }) => ({
    device,
    quantity,
    text:
      `{"time":${time},"value":${jsonText(value)},"quality":"${quality}"` +
      `${hist ? ',"hist":true' : ''}}`,
  }));
