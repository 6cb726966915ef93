/** What uplinks of Sparkplug say against each other and against the commands of the site. Pure. */
import type { Draft } from './draft.ts';
import type { Finding } from './finding.ts';
import type { SparkplugOptions } from './schema-uplink.ts';

export function lintSparkplug({ gateway, uplinks, operators }: Draft): Finding[] {
  const findings: Finding[] = [];
  const nodes = new Map<string, string>();
  for (const [name, uplink] of uplinks) {
    if (uplink === undefined || !('sparkplug' in uplink)) continue;
    const path = ['uplinks', name];
    if (uplink.commands === 'accept' && operators.size > 0)
      findings.push({
        path: [...path, 'commands'],
        at: 'value',
        code: 'config.sparkplug-unsigned',
        severity: 'warning',
      });
    for (const node of nodesOf(uplink, gateway?.id)) {
      const other = nodes.get(node);
      if (other !== undefined && other !== name) {
        const first = ['uplinks', other];
        findings.push({
          ...{ path, at: 'key', code: 'config.sparkplug-node-twice', details: { other }, first },
        });
        break;
      }
      nodes.set(node, name);
    }
  }
  return findings;
}

/** What it is at each of its brokers. */
const nodesOf = (
  { sparkplug, fallback = [], group, node }: SparkplugOptions,
  gateway: string | undefined,
): readonly string[] =>
  [sparkplug, ...fallback].map((broker) => JSON.stringify([broker, group, node ?? gateway]));
