/**
 * Where a tag stands in the names of Sparkplug: devices of the site are devices, what the gateway tells of itself belongs to the
 * edge node. Pure.
 */
import { COMMANDS_DEVICE, GATEWAY_DEVICE, RULES_DEVICE } from '../../model/event-tag.ts';
import type { TagId } from '../../model/sample.ts';

export interface Place {
  /** The device id; undefined: the edge node itself. */
  readonly device: string | undefined;
  /** The name of the metric. */
  readonly metric: string;
}

const OWN: ReadonlySet<string> = new Set([COMMANDS_DEVICE, GATEWAY_DEVICE, RULES_DEVICE]);

/** `press.oil_temp` is `oil_temp` of the device `press`; `gateway.autonomy` is `gateway/autonomy` of the node. */
export function placeOf(tag: TagId): Place {
  const dot = tag.lastIndexOf('.');
  const [device, quantity] = [tag.slice(0, dot), tag.slice(dot + 1)];
  return OWN.has(device)
    ? { device: undefined, metric: `${device}/${quantity}` }
    : { device, metric: quantity };
}
