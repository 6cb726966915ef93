/** Which bus is asked for a tag: its own, and no other. */
import { expect, test } from 'vitest';
import type { Site } from '../../../config/site.ts';
import { busByTag } from '../../../gateway/field-buses.ts';
import { folderOf, load } from '../../support/rules-guide.ts';

const SITE = `
gateway: { id: a, timezone: Asia/Shanghai }
uplinks: { cloud: { mqtt: "mqtt://127.0.0.1" } }
buses: { one: { tcp: "127.0.0.1:502" }, two: { tcp: "127.0.0.1:503" } }
devices:
  pump: { bus: one, protocol: modbus, unit: 1, tags: { level: { address: "holding:0 float32" } } }
  valve: { bus: two, protocol: modbus, unit: 1, tags: { level: { address: "holding:0 float32" } } }
`;

const busOf = (device: string) => ({ facts: () => ({ devices: [{ name: device }] }) });

test('each tag is read by the bus of its device; nobody reads what is on a bus that is not there', async () => {
  const loaded = await load(folderOf({ 'my-site/gateway.yaml': SITE }));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const site: Site = loaded.site;
  const [one, two] = [busOf('pump'), busOf('valve')];
  const all = busByTag(site, [one, two]);
  expect([...all].map(([tag, bus]) => [tag, bus === one])).toEqual([
    ['pump.level', true],
    ['valve.level', false],
  ]);
  expect([...busByTag(site, [two]).keys()]).toEqual(['valve.level']);
});
