/** Imported tags as the YAML of a site. Pure. */
import type { ImportedTag } from './tags.ts';

export interface DeviceNames {
  readonly device: string;
  readonly bus: string;
  readonly protocol: string;
}

/** A device with its tags, ready for a file in devices/. */
export function renderDevice(
  { device, bus, protocol }: DeviceNames,
  tags: readonly ImportedTag[],
): string {
  const head = ['devices:', `  ${device}:`, `    bus: ${bus}`, `    protocol: ${protocol}`];
  if (tags.length === 0) return [...head, '    tags: {}'].join('\n');
  return [...head, '    tags:', ...tags.map(lineOf)].join('\n');
}

function lineOf({ name, keys, note }: ImportedTag): string {
  const options = Object.entries(keys).map(([key, value]) => `${key}: ${written(key, value)}`);
  const comment = note === '' ? '' : ` # ${note}`;
  return `      ${name}: { ${options.join(', ')} }${comment}`;
}

/** JSON's text in quotes is YAML's too; `read-write` needs none. */
const written = (key: string, value: string | number): string =>
  typeof value === 'number' || key === 'access' ? String(value) : JSON.stringify(value);
