/**
 * The kits of a new site: each folder of sites/ is one. A kit is copied as it is written, comments and all; only the
 * values that every site has of its own are put into its text.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Option, text } from '../gateway/host/schema.ts';
import { GatewayError, isErrorCode, type Language } from '../gateway/model/errors.ts';
import { LARGEST_FILE, readBytes } from './files.ts';
import { movedTimes } from './moved-times.ts';
import { brokerUrl, endpoint, opcuaUrl, SITE_NAME, serialPath, timezone } from './options.ts';
import { mapAt } from './profile-tree.ts';
import { type MapNode, nodeAt, type Path } from './tree.ts';
import { parseYaml } from './yaml-document.ts';

const KITS = join(import.meta.dirname, 'sites');
/** What editors look for the options in. */
const SCHEMA = join(import.meta.dirname, 'gateway.schema.json');
/** Where a site that was run has its journal. */
const DATA = 'data';

export interface KitFile {
  /** Relative to the kit. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface Kit {
  readonly name: string;
  /** What the first comment of its gateway.yaml says. */
  readonly about: Readonly<Record<Language, string>>;
  readonly files: readonly KitFile[];
  readonly settings: readonly Setting[];
}

/** A value that each site has of its own. */
export interface Setting {
  readonly kind: 'id' | 'timezone' | 'broker' | 'port';
  /** Of the uplink or the bus; else of the setting. */
  readonly name: string;
  /** As the kit has it. */
  readonly value: string;
  /** The key that the value stands under. */
  readonly key: string;
  readonly file: string;
  /** The offsets of the value in the text of its file. */
  readonly from: number;
  readonly to: number;
}

/** In alphabetical order. */
export async function kitNames(): Promise<string[]> {
  const entries = await readdir(KITS, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

/** `name` is one of `kitNames`. */
export async function readKit(name: string): Promise<Kit> {
  const files = await filesIn(join(KITS, name), '');
  const trees = files.filter(({ path }) => isOfSite(path)).flatMap(treeOf);
  const first = files.find(({ path }) => path === 'gateway.yaml');
  return {
    name,
    about: aboutOf(first ? textOf(first) : ''),
    files,
    settings: trees.flatMap(settingsOf).toSorted((a, b) => rank(a) - rank(b)),
  };
}

/**
 * The files of a site in `folder`, with what was answered in place of the kit's values. Times in the tests of its rules
 * stay what they are on the clock of the site. Pure.
 */
export function siteFiles(
  { name, files }: Kit,
  folder: string,
  answers: ReadonlyMap<Setting, string>,
): readonly KitFile[] {
  const [zone, own] = [...answers].find(([{ kind }]) => kind === 'timezone') ?? [];
  return files.map((file) => {
    if (!IS_TEXT.test(file.path)) return file;
    const changed = [...answers]
      .filter(([setting]) => setting.file === file.path)
      .toSorted(([a], [b]) => b.from - a.from)
      .reduce((written, [setting, answer]) => withAnswer(written, setting, answer), textOf(file))
      .replaceAll(`config/sites/${name}`, folder)
      .replace(/^(# yaml-language-server: \$schema=).*$/m, `$1${SCHEMA}`);
    const timed = zone && own ? movedTimes(changed, zone.value, own) : changed;
    return { ...file, bytes: new TextEncoder().encode(timed) };
  });
}

const IS_TEXT = /\.(yaml|md)$/;
const isOfSite = (path: string) => /^((devices|rules)\/)?[^/]+\.yaml$/.test(path);

async function filesIn(folder: string, below: string): Promise<KitFile[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true });
  const found = entries
    .filter(({ name }) => !name.startsWith('.') && join(below, name) !== DATA)
    .map(async (entry): Promise<KitFile[]> => {
      const path = join(below, entry.name);
      if (entry.isDirectory()) return filesIn(folder, path);
      const { bytes } = await readBytes(join(folder, path), LARGEST_FILE);
      return bytes ? [{ path, bytes }] : [];
    });
  return (await Promise.all(found)).flat();
}

const textOf = ({ bytes }: KitFile): string => new TextDecoder().decode(bytes);

function treeOf(file: KitFile): readonly { readonly root: MapNode; readonly file: string }[] {
  const { root } = parseYaml(textOf(file), file.path);
  return root ? [{ root, file: file.path }] : [];
}

/** Its comments above the first line of YAML: those with Chinese in them, and the others. */
function aboutOf(text: string): Kit['about'] {
  const lines: string[] = [];
  for (const line of text.split('\n').slice(1)) {
    if (!line.startsWith('# ')) break;
    lines.push(line.slice(2));
  }
  const isChinese = (line: string) => /\p{Script=Han}/u.test(line);
  const en = lines.filter((line) => !isChinese(line)).join(' ');
  const zh = lines.filter(isChinese).join('');
  return { en: en.split(/(?<=\.) /)[0] ?? '', zh: (zh || en).split(/(?<=。)/)[0] ?? '' };
}

const KINDS = ['id', 'timezone', 'broker', 'port'] as const;
const rank = ({ kind }: Setting) => KINDS.indexOf(kind);

const ID = text(SITE_NAME);
const PORTS: Readonly<Record<string, Option<unknown>>> = {
  tcp: endpoint({}),
  serial: serialPath({}),
  serial_tcp: endpoint({}),
  dtu: endpoint({}),
  opcua: opcuaUrl({}),
};

function settingsOf({ root, file }: { readonly root: MapNode; readonly file: string }): Setting[] {
  const at = (path: Path, kind: Setting['kind']): Setting[] => {
    const node = nodeAt(root, path);
    if (node?.kind !== 'scalar' || typeof node.value !== 'string') return [];
    const { value, source, start } = node;
    if (source === undefined || start === undefined) return [];
    const key = String(path.at(-1));
    const name = path.length > 2 ? String(path[1]) : key;
    return [{ kind, name, key, value, file, from: start, to: endOf(source.text, start, value) }];
  };
  const each = (section: string, keys: readonly string[], kind: Setting['kind']) =>
    [...(mapAt(root, section)?.entries.keys() ?? [])].flatMap((name) =>
      keys.flatMap((key) => at([section, name, key], kind)),
    );
  return [
    ...at(['gateway', 'id'], 'id'),
    ...at(['gateway', 'timezone'], 'timezone'),
    ...each('uplinks', ['mqtt', 'sparkplug'], 'broker'),
    ...each('buses', Object.keys(PORTS), 'port'),
  ];
}

/** Behind a text of one line, in quotes or without. */
function endOf(text: string, start: number, value: string): number {
  const quote = text.charAt(start);
  return quote === '"' || quote === "'" ? text.indexOf(quote, start + 1) + 1 : start + value.length;
}

/** The key of an answer: a serial line may be behind a port of this machine or behind a serial server. */
function keyFor({ key }: Setting, answer: string): string {
  if (key !== 'serial' && key !== 'serial_tcp') return key;
  return answer.startsWith('/') ? 'serial' : 'serial_tcp';
}

/** An answer as it goes into the YAML; a host alone is its broker. Throws what is wrong, in words of the catalogue. */
export function answerOf(setting: Setting, typed: string): string {
  const isHost = setting.kind === 'broker' && /^[\w.-]+(:\d+)?$/.test(typed);
  const answer = isHost ? `mqtt://${typed}` : typed;
  const options = { id: ID, timezone: timezone({}), broker: brokerUrl() };
  const option = setting.kind === 'port' ? PORTS[keyFor(setting, answer)] : options[setting.kind];
  const parsed = option?.parse(answer);
  if (parsed?.ok !== false) return answer;
  const [issue] = parsed.issues;
  if (issue === undefined || !isErrorCode(issue.code)) throw new Error(issue?.message);
  throw new GatewayError(issue.code, { ...issue.details, key: setting.name });
}

function withAnswer(text: string, setting: Setting, answer: string): string {
  const { key, value, from, to } = setting;
  if (answer === value) return text;
  const at = text.lastIndexOf(key, from - 1);
  const between = text.slice(at + key.length, from);
  return (
    text.slice(0, at) + keyFor(setting, answer) + between + JSON.stringify(answer) + text.slice(to)
  );
}
