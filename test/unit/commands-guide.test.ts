/** The guide of writes does what it says: its YAML loads, its lines print what it shows, its codes and numbers are ours. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  commandsOptions,
  operatorOptions,
  rangeOptions,
  safeOptions,
  writeOptions,
} from '../../config/schema-write.ts';
import { keysVerb } from '../../gateway/cli/operator/keys.ts';
import { WIRE_PATIENCE } from '../../gateway/command/attempt.ts';
import { MOST_ENDED } from '../../gateway/command/command-book.ts';
import { INTERLOCK_GRACE, STOP_PATIENCE } from '../../gateway/command/command-desk.ts';
import { MOST_OF_ALL, MOST_OF_TAG } from '../../gateway/command/entrance.ts';
import { INTENT_PATIENCE } from '../../gateway/command/intents.ts';
import { signatureJudge } from '../../gateway/command/remote-signature.ts';
import { RESOLVE_PATIENCE } from '../../gateway/command/resolution.ts';
import { MOST_COUNTED } from '../../gateway/command/write-history.ts';
import { LONGEST_HOLD, readCommand } from '../../gateway/forward/command-message.ts';
import { LONGEST_REQUEST, MOST_A_SECOND, MOST_OPEN } from '../../gateway/forward/inbox.ts';
import type { Schema } from '../../gateway/host/schema.ts';
import { commandErrors } from '../../gateway/model/catalogue/command.ts';
import { commandRemoteErrors } from '../../gateway/model/catalogue/command-remote.ts';
import { COMMAND_ORIGINS, COMMAND_OUTCOMES, SAFE_OCCASIONS } from '../../gateway/model/command.ts';
import { isErrorCode } from '../../gateway/model/errors.ts';
import { called } from '../support/command-line.ts';
import { type GuideStory, guideStory, siteText } from '../support/commands-guide.ts';
import { blocksOf, folderOf, load, readGuide } from '../support/rules-guide.ts';

const GUIDES = [
  ['docs/commands.md', 'en'],
  ['docs/commands.zh-CN.md', 'zh'],
] as const;

/** The keys of a map, as its own refusal of another one names them. */
function keysOf(options: Schema<unknown>): readonly string[] {
  const parsed = options.parse({ nonsense: 1 });
  const known = parsed.ok ? [] : parsed.issues.flatMap(({ details }) => details?.known ?? []);
  return String(known[0] ?? '').split(', ');
}

/** Each key of a tree, wherever it stands. */
const keysIn = (value: unknown): readonly string[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inside]) => [key, ...keysIn(inside)])
    : [];

/** The private keys of guides are nobody's, so the signature and the public key of a guide come from no run. */
const unkeyed = (text: string): string =>
  text.replace(/"sig":"[^"]*"/, '"sig":"…"').replace(/key: \S{44}/, 'key: …');

const consoles = (text: string) =>
  blocksOf(text, 'console').map((block) => {
    const [command = '', ...output] = block.trimEnd().split('\n');
    return [command.replace(/^\$ /, ''), output.join('\n')] as const;
  });

const section = (text: string, place: number): readonly string[] =>
  (text.split(/^## /m)[place] ?? '').split('\n');

/** Of a guide's headings of the second level, counted from 1. */
const LIMITS = 11;

describe.each(GUIDES)('%s', (path, language) => {
  const text = readGuide(path);
  const examples = blocksOf(text, 'yaml');
  const shown = consoles(text);
  const message = shown.find(([line]) => line.startsWith('headgate sign'))?.[1].split('\n')[0];
  let telling: Promise<GuideStory> | undefined;
  const told = (): Promise<GuideStory> => {
    const lines = shown.map(([line]) => line);
    telling ??= guideStory({ examples, lines, message: message ?? '', language });
    return telling;
  };

  it.each(examples.map((_, place) => [place]))(
    'has YAML that loads up to example %i',
    async (place) => {
      const site = siteText(examples.slice(0, place + 1));
      const loaded = await load(folderOf({ 'my-site/gateway.yaml': site }));
      expect(loaded.ok ? [] : loaded.problems).toEqual([]);
      const isWhole = place === examples.length - 1;
      // It is told that each write of an EEPROM wears it.
      const wears = { code: 'config.write-wears' };
      if (isWhole && loaded.ok) expect(loaded.warnings).toMatchObject([wears]);
    },
  );

  it('shows each option of writes and of commands at least once', () => {
    const known = [writeOptions, rangeOptions, safeOptions, commandsOptions, operatorOptions];
    const wanted = known.flatMap(keysOf);
    expect(wanted.length).toBeGreaterThan(20);
    const used = new Set(examples.flatMap((example) => keysIn(parse(example))));
    expect(wanted.filter((key) => !used.has(key))).toEqual([]);
    for (const key of ['access', 'wear', 'release']) expect(used).toContain(key);
  });

  it.each(shown)('shows what it prints: %s', async (line, output) => {
    const { printed: all } = await told();
    const printed = all.get(line)?.replace(/ +$/gm, '').trimEnd();
    expect(unkeyed(output)).toBe(unkeyed(printed ?? 'nothing'));
  });

  it('shows a signed message that its site takes, with the answers and the audit of it', async () => {
    const story = await told();
    const [answers = '', audit = ''] = blocksOf(text, 'json');
    expect(answers.trimEnd().split('\n')).toEqual(story.answers);
    expect(JSON.parse(story.answers[1] ?? '{}')).toMatchObject({ outcome: 'verified' });
    const entries = audit
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(entries).toEqual(story.audit);
  });

  it('names every reason why a command is not better, and no code that there is not', () => {
    const codes = [...text.matchAll(/`((?:command|config)\.[a-z-]+)`/g)].map(([, code]) => code);
    expect(codes.filter((code) => !isErrorCode(code ?? ''))).toEqual([]);
    const wanted = Object.keys({ ...commandErrors, ...commandRemoteErrors });
    expect(wanted.filter((code) => !codes.includes(code))).toEqual([]);
  });

  it('says what all outcomes, origins and occasions are', () => {
    for (const word of [...COMMAND_OUTCOMES, ...COMMAND_ORIGINS, ...SAFE_OCCASIONS])
      expect(text).toMatch(new RegExp(`^\\| \`${word}\``, 'm'));
  });

  it('has the limits of the code', () => {
    const rows = section(text, LIMITS).filter((line) => /^\| (?!\|)/.test(line));
    const whole = (number: number) => number.toLocaleString('en');
    const numbers: readonly (readonly number[])[] = [
      [1, MOST_OF_TAG, MOST_OF_ALL],
      [INTENT_PATIENCE / 1e3],
      [WIRE_PATIENCE / 1e3],
      [writeDefaults.settle / 1e3, 10],
      [RESOLVE_PATIENCE / 1e3],
      [STOP_PATIENCE / 1e3],
      [30, LONGEST_HOLD / 3.6e6],
      [LONGEST_REQUEST, 1_000, MOST_A_SECOND, MOST_OPEN],
      [5],
      [commandDefaults.max_age / 1e3, 12],
      [MOST_COUNTED],
      [24, 50_000],
    ];
    expect(rows.map((row) => row.match(/\d+(?:,\d{3})*/g))).toEqual(
      numbers.map((row) => row.map(whole)),
    );
    const isAllowed = ['12h', '13h'].map((age) => commandsOptions.parse({ max_age: age }).ok);
    expect(isAllowed).toEqual([true, false]);
    expect(text).toContain(` ${MOST_ENDED} `);
    expect(text).toContain(` ${INTERLOCK_GRACE / 1e3} `);
  });

  it('links to files and headings that exist', () => {
    const links = [...text.matchAll(/\]\(([^)#:]*)(#[^)]*)?\)/g)];
    expect(links.length).toBeGreaterThan(10);
    for (const [, file = '', anchor = '#'] of links) {
      const name = file === '' ? path : join('docs', file);
      const headings = [...readGuide(name).matchAll(/^#+ (.*)$/gm)].map(
        ([, title = '']) =>
          `#${title
            .toLowerCase()
            .replace(/[^\p{L}\p{N}_ -]/gu, '')
            .replaceAll(' ', '-')}`,
      );
      expect(['#', ...headings]).toContain(anchor);
    }
  });

  const hasCryptography = spawnSync('python3', ['-c', 'import cryptography']).status === 0;
  it.skipIf(!hasCryptography)('has a program that signs as a gateway reads it', async () => {
    const folder = folderOf({ 'sign.py': blocksOf(text, 'python').join('') });
    const argv = ['keys', 'new', 'dispatch', '--out', join(folder, 'dispatch.pem'), '--json'];
    const { stdout } = await called({ keys: keysVerb }, argv);
    const publicKey = Buffer.from(JSON.parse(stdout).public_key, 'base64');
    const printed = execFileSync('python3', ['sign.py'], { cwd: folder });
    const read = readCommand(printed);
    if (!read.ok || !read.request.signature) throw new Error(printed.toString());
    const judge = signatureJudge(new Map([['dispatch', { publicKey, tags: undefined }]]));
    expect(judge(read.request.by, read.request.signature)).toBe('good');
    expect(read.request).toMatchObject({ gateway: 'plant', tag: 'press.speed', counter: 3 });
  });
});

const parsed = <T>(options: Schema<T>): T => {
  const result = options.parse({});
  if (!result.ok) throw new Error('no defaults');
  return result.value;
};
const writeDefaults = parsed(writeOptions);
const commandDefaults = parsed(commandsOptions);

describe('both guides', () => {
  const [en, zh] = GUIDES.map(([path]) => readGuide(path)) as [string, string];

  it('say the same', () => {
    const shape = (text: string) => ({
      headings: [...text.matchAll(/^(#+) /gm)].map(([, level]) => level),
      rows: [...text.matchAll(/^\|/gm)].length,
      points: [...text.matchAll(/^(?:-|\d\.) /gm)].length,
      codes: [...text.matchAll(/`((?:command|config)\.[a-z-]+)`/g)].map(([, code]) => code),
      yaml: blocksOf(text, 'yaml').map((block) => parse(block)),
      other: ['sh', 'text', 'python', 'json'].map((kind) => blocksOf(text, kind)),
      lines: consoles(text).map(([line]) => line.replace(/--by \S+/, '')),
    });
    const [english, chinese] = [shape(en), shape(zh)];
    // The audit has the same in it; only the sender of the example has a name.
    expect(chinese).toEqual(english);
  });

  it('are in their languages', () => {
    expect(zh.match(/\p{Script=Han}/gu)?.length).toBeGreaterThan(3_000);
    expect(en.replaceAll('中文', '').match(/\p{Script=Han}/u)).toBeNull();
  });

  it.each([
    ['README.md', 'docs/commands.md'],
    ['README.zh-CN.md', 'docs/commands.zh-CN.md'],
  ])('are found from %s', (readme, guide) => {
    const text = readFileSync(join(import.meta.dirname, '../..', readme), 'utf8');
    expect(text).toContain(`(${guide})`);
  });
});
