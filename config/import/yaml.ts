/** Imported tags as the YAML of a site or of a profile. Pure. */
import type { Wording } from '../profiles.ts';
import type { RowProblem } from './reader.ts';
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

export interface ProfileFacts {
  readonly id: string;
  /** The file that the tags are from. */
  readonly source: string;
  /** What quantities are called. */
  readonly wordings: ReadonlyMap<string, Wording>;
  readonly doubts: readonly RowProblem[];
}

/** A profile of a Modbus device, ready for a file in profiles/. What was assumed stands where it was assumed. */
export function renderProfile(facts: ProfileFacts, tags: readonly ImportedTag[]): string {
  const { id, source, wordings, doubts } = facts;
  const assumedIn = (row: number) =>
    doubts.flatMap((doubt) => (doubt.line === row ? [assumption(doubt)] : []));
  const rows = new Set(tags.map(({ row }) => row));
  const ofTable = doubts.filter(({ line }) => !rows.has(line));
  const lines = tags.flatMap((tag) => {
    const comment = [tag.note, ...assumedIn(tag.row)].filter(Boolean).join(' · ');
    const name = wordingOf(tag, wordings);
    const words =
      name && `name: { en: ${JSON.stringify(name.en)}, zh: ${JSON.stringify(name.zh)} }`;
    const options = [...optionsOf(tag), ...(words === undefined ? [] : [words])].join(', ');
    return [...(comment ? [`  # ${comment}`] : []), `  ${tag.name}: { ${options} }`];
  });
  return [
    ...ofTable.map((doubt) => `# ${assumption(doubt)}`),
    `profile: ${id}`,
    'protocol: modbus',
    'provenance:',
    `  - source: ${JSON.stringify(source)}`,
    '    unverified: no register was read on a device; what is assumed has a question mark',
    lines.length === 0 ? 'tags: {}' : 'tags:',
    ...lines,
  ].join('\n');
}

const assumption = ({ column, assumed, code }: RowProblem): string =>
  `${column}: ${assumed}? (${code})`;

/** What the vocabulary calls it; else as the row does, in either language. */
function wordingOf(
  { name, label }: ImportedTag,
  wordings: ReadonlyMap<string, Wording>,
): Wording | undefined {
  const known = wordings.get(name);
  if (known !== undefined || label === '') return known;
  const isChinese = /\p{Script=Han}/u.test(label);
  return { en: isChinese ? name.replaceAll('_', ' ') : label, zh: label };
}

function lineOf(tag: ImportedTag): string {
  const comment = tag.note === '' ? '' : ` # ${tag.note}`;
  return `      ${tag.name}: { ${optionsOf(tag).join(', ')} }${comment}`;
}

const optionsOf = ({ keys }: ImportedTag): readonly string[] =>
  Object.entries(keys).map(([key, value]) => `${key}: ${written(key, value)}`);

/** JSON's text in quotes is YAML's too; `read-write` needs none. */
const written = (key: string, value: string | number): string =>
  typeof value === 'number' || key === 'access' ? String(value) : JSON.stringify(value);
