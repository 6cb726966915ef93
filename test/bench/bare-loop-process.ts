/**
 * What a program without a gateway does: modbus-serial reads each block, the floats become a JSON text, mqtt.js
 * publishes it with QoS 1. No journal, no quality, nothing after an error. As many tags a second as the site has.
 */
import modbusSerial from 'modbus-serial';
import { connectAsync } from 'mqtt';
import { type SiteShape, tagAddress, tagName, unitName } from './site.ts';

export interface BareLoopOrder {
  readonly shape: SiteShape;
  readonly modbusPort: number;
  readonly brokerUrl: string;
}

/** `samples`: published and acknowledged by the broker, since the start. */
export type BareLoopReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'acknowledged'; readonly samples: number };

/** 62 floats, 124 of the 125 registers that one request may ask for. */
const TAGS_PER_BLOCK = 62;
const SCAN_MS = 1000;

const order = JSON.parse(process.argv[2] ?? '{}') as BareLoopOrder;
const { units, tagsPerUnit } = order.shape;
const report = (message: BareLoopReport) => process.send?.(message);

const field = new modbusSerial.default();
await field.connectTCP('127.0.0.1', { port: order.modbusPort });
const broker = await connectAsync(order.brokerUrl);
let acknowledged = 0;

async function forward(unit: number, firstTag: number): Promise<void> {
  const count = Math.min(TAGS_PER_BLOCK, tagsPerUnit - firstTag);
  field.setID(unit);
  const { buffer } = await field.readHoldingRegisters(
    tagAddress(firstTag),
    tagAddress(firstTag + count) - tagAddress(firstTag),
  );
  const values: Record<string, number> = {};
  for (let i = 0; i < count; i++) values[tagName(firstTag + i)] = buffer.readFloatBE(4 * i);
  const text = JSON.stringify({ device: unitName(unit), time: Date.now(), values });
  broker.publish(`bare/${unitName(unit)}`, text, { qos: 1 }, (error) => {
    if (!error) acknowledged += count;
  });
}

process.on('message', () => report({ kind: 'acknowledged', samples: acknowledged }));
process.on('disconnect', () => process.exit(0));
report({ kind: 'ready' });
let due = performance.now();
for (;;) {
  for (let unit = 1; unit <= units; unit++)
    for (let tag = 0; tag < tagsPerUnit; tag += TAGS_PER_BLOCK) await forward(unit, tag);
  due += SCAN_MS;
  await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
}
