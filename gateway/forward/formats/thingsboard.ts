/**
 * ThingsBoard's gateway API (https://thingsboard.io/docs/reference/gateway-api/telemetry/): an object with a list of
 * times and values for each device, on `v1/gateway/telemetry`. A quality other than good is a value of its own, named
 * `<tag>_quality`, and goes without the value where that is bad.
 */
import { type BlockFormat, jsonText, type Moment, momentsOf, packed } from './reading.ts';

export const thingsboardFormat: BlockFormat = (_, readings) => {
  const moments = momentsOf(readings);
  const devices = new Map<string, Moment[]>();
  for (const moment of moments)
    devices.set(moment.device, [...(devices.get(moment.device) ?? []), moment]);
  return [...devices].flatMap(([device, times]) =>
    packed(times.map(momentText)).map((items) => ({
      device,
      text: `{${JSON.stringify(device)}:[${items.join(',')}]}`,
    })),
  );
};

function momentText({ time, readings }: Moment): string {
  const values = readings.flatMap(({ quantity, value, quality }) => [
    ...(value === null ? [] : [`${JSON.stringify(quantity)}:${jsonText(value)}`]),
    ...(quality === 'good' ? [] : [`${JSON.stringify(`${quantity}_quality`)}:"${quality}"`]),
  ]);
  return `{"ts":${time},"values":{${values.join(',')}}}`;
}
