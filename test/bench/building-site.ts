/**
 * The kit four-meter-building, many times in one site: other names, its lines behind TCP, and its quarters of an hour and all
 * its other times so much shorter that a bench has some of them. Pure but for reading the kit.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface BuildingsShape {
  readonly id: string;
  readonly buildings: number;
  /** So many buildings have their heat meters on a line of their own. */
  readonly extraLines: number;
}

const KIT = join(import.meta.dirname, '../../config/sites/four-meter-building');
/** 24 flats with four meters, and four main meters. */
export const METERS_OF_ONE = 100;
const LINES = ['electricity', 'water_heat', 'gas'] as const;
/** Two minutes stand for a quarter of an hour, and the rest as it follows. */
const SHORTER: readonly (readonly [RegExp, string])[] = [
  [/\b(scan|every): 15m\b/g, '$1: 2m'],
  [/\b(scan|every): 1h\b/g, '$1: 8m'],
  [/\bscan: 5m\b/g, 'scan: 40s'],
  [/\bscan: 1d\b/g, 'scan: 3h'],
  [/\bwithin: 2m\b/g, 'within: 45s'],
];

export const lineNames = ({ buildings, extraLines }: BuildingsShape): readonly string[] =>
  prefixes(buildings).flatMap((prefix, n) => [
    ...LINES.map((line) => `${prefix}_${line}`),
    ...(n < extraLines ? [`${prefix}_heat`] : []),
  ]);

/** Writes the site into a folder. The journal lies beside it. */
export function writeBuildings(
  folder: string,
  shape: BuildingsShape,
  ports: { readonly mqtt: number; readonly line: (name: string) => number },
): void {
  for (const part of ['devices', 'rules', 'profiles'])
    mkdirSync(join(folder, part), { recursive: true });
  for (const file of readdirSync(join(KIT, 'profiles')))
    writeFileSync(join(folder, 'profiles', file), shorter(kitFile('profiles', file)));
  for (const [n, prefix] of prefixes(shape.buildings).entries())
    for (const part of ['devices', 'rules', '.'])
      for (const file of readdirSync(join(KIT, part))) {
        if (!file.endsWith('.yaml') || file === 'gateway.yaml') continue;
        const plain = shorter(withoutTests(kitFile(part, file)));
        const own = renamed(plain, prefix, n < shape.extraLines);
        // Templates stand once for all.
        const once = n === 0 ? own : own.replace(/^templates:\n(?: .*\n|\n)*?(?=^\S)/m, '');
        writeFileSync(join(folder, part, `${prefix}-${file}`), once);
      }
  writeFileSync(
    join(folder, 'gateway.yaml'),
    [
      `gateway: { id: ${shape.id}, timezone: Asia/Shanghai }`,
      'journal: { path: ./journal.db, loss_window: 5s }',
      `uplinks: { cloud: { mqtt: "mqtt://127.0.0.1:${ports.mqtt}" } }`,
      'buses:',
      ...lineNames(shape).map(
        (name) =>
          `  ${name}: { serial_tcp: "127.0.0.1:${ports.line(name)}", baud: 2400, format: 8E1 }`,
      ),
      '',
    ].join('\n'),
  );
}

const kitFile = (part: string, file: string): string => readFileSync(join(KIT, part, file), 'utf8');

const prefixes = (buildings: number): readonly string[] =>
  Array.from({ length: buildings }, (_, n) => `b${`${n}`.padStart(2, '0')}`);

const shorter = (text: string): string =>
  SHORTER.reduce((of, [from, to]) => of.replace(from, to), text);

/** A test goes to the next line that is indented no deeper. */
const withoutTests = (text: string): string =>
  text.replace(/^( +)tests:\n(?:\1 .*\n|\n(?=\1 ))*/gm, '');

function renamed(text: string, prefix: string, hasHeatLine: boolean): string {
  return text
    .replace(/\b((?:em|wm|hm|gm)_(?:main|common|\d{4})|gas_1)\b/g, `${prefix}_$1`)
    .replace(/bus: (\w+)/g, (_, line) => `bus: ${prefix}_${line}`)
    .replace(/^( {2})(flat-\d{4}|electricity|water|heat|water-at-night):$/gm, `$1${prefix}-$2:`)
    .replace(/(_hm_\w+: \{ bus: \w+?_)water_heat/g, hasHeatLine ? '$1heat' : '$&');
}
