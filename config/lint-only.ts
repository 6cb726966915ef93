/** What uplinks say that they want against the tags of the site. Pure. */
import { quoted } from '../gateway/host/quoted.ts';
import {
  ALARM_EVENT_QUANTITY,
  COMMANDS_DEVICE,
  COMMANDS_EVENT_QUANTITY,
  counterEventQuantity,
  GATEWAY_DEVICE,
  RECORD_EVENT_QUANTITY,
  RULES_DEVICE,
} from '../gateway/model/event-tag.ts';
import { SELF_QUANTITIES, selfTagId } from '../gateway/model/self-tag.ts';
import type { Tag } from '../gateway/model/tag.ts';
import { matchesTag } from '../gateway/model/tag-pattern.ts';
import type { Draft } from './draft.ts';
import { type Finding, unknown } from './finding.ts';

/** @param derived the tags that rules compute. */
export function lintOnly(draft: Draft, derived: readonly Tag[]): Finding[] {
  const findings: Finding[] = [];
  for (const [name, uplink] of draft.uplinks) {
    if (uplink === undefined || !('only' in uplink) || uplink.only === undefined) continue;
    const path = ['uplinks', name, 'only'];
    const wanted = Object.entries(uplink.only).flatMap(([of, patterns]) =>
      patterns ? [[of, patterns] as const] : [],
    );
    if (wanted.length === 0)
      findings.push({ path, at: 'key', code: 'config.only-nothing', details: { key: 'only' } });
    const known: Readonly<Record<string, readonly string[]>> = tagsOf(draft, derived);
    for (const [of, patterns] of wanted)
      for (const [index, pattern] of patterns.entries()) {
        const ids = known[of] ?? [];
        if (ids.some((id) => matchesTag(pattern, id))) continue;
        const alike = pattern.replaceAll('*', '');
        const finding = unknown([...path, of, index], 'config.only-unmatched', alike, ids);
        const details = { ...finding.details, found: quoted(pattern), class: of };
        findings.push({ ...finding, details });
      }
  }
  return findings;
}

/** Every tag that the site can have, by the class of what comes of it. */
function tagsOf({ devices, gateway }: Draft, derived: readonly Tag[]) {
  const values: string[] = derived.map(({ id }) => id);
  const alarming: string[] = [GATEWAY_DEVICE, RULES_DEVICE];
  for (const [device, { tags, raisesAlarms }] of devices) {
    if (raisesAlarms) alarming.push(device);
    for (const [quantity, { common }] of tags) {
      values.push(`${device}.${quantity}`);
      if (common?.counter) values.push(`${device}.${counterEventQuantity(quantity)}`);
    }
  }
  if (gateway?.self_tags === 'on') values.push(...SELF_QUANTITIES.map(selfTagId));
  return {
    telemetry: values,
    alarm: [
      ...alarming.map((device) => `${device}.${ALARM_EVENT_QUANTITY}`),
      `${COMMANDS_DEVICE}.${COMMANDS_EVENT_QUANTITY}`,
    ],
    record: [`${RULES_DEVICE}.${RECORD_EVENT_QUANTITY}`],
  };
}
