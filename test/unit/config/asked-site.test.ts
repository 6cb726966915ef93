/** Where a running gateway is asked, although somebody is in the middle of changing its files. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { askedSite } from '../../../config/asked-site.ts';
import { disposals } from '../../support/disposals.ts';

const ended = disposals();

async function siteWith(files: Readonly<Record<string, string>>) {
  const folder = ended(await mkdtemp(join(tmpdir(), 'headgate-')), (path) =>
    rm(path, { recursive: true, force: true }),
  );
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

const GATEWAY = 'gateway: { id: a, timezone: Asia/Shanghai }\njournal: { path: ./j.db }\n';

it.each<[string, Readonly<Record<string, string>>]>([
  ['a rule is no YAML', { 'gateway.yaml': GATEWAY, 'rules/r.yaml': 'rules: { a: [' }],
  ['a rule knows no tag', { 'gateway.yaml': GATEWAY, 'rules/r.yaml': 'rules: { a: { when: x } }' }],
  ['a bus is wrong', { 'gateway.yaml': `${GATEWAY}buses: 7\n` }],
  ['another option is wrong', { 'gateway.yaml': GATEWAY.replace('j.db', 'j.db, keep: 7') }],
])('is known although %s', async (_what, files) => {
  const folder = await siteWith(files);
  const asked = { gateway: 'a', journalPath: join(folder, 'j.db'), timezone: 'Asia/Shanghai' };
  expect(await askedSite(folder)).toEqual(asked);
});

it('is what a site says that says nothing', async () => {
  const folder = await siteWith({ 'gateway.yaml': 'gateway: { id: a }\n' });
  const asked = { gateway: 'a', journalPath: join(folder, 'data', 'journal.db'), timezone: 'UTC' };
  expect(await askedSite(folder)).toEqual(asked);
  expect(await askedSite(join(folder, 'gateway.yaml'))).toEqual(asked);
});

it.each<[string, Readonly<Record<string, string>>]>([
  ['there is no file', {}],
  ['no file has a gateway', { 'rules.yaml': 'rules: {}\n' }],
  ['the file with the gateway is no YAML', { 'gateway.yaml': `${GATEWAY}buses: [\n` }],
  ['the zone is none', { 'gateway.yaml': 'gateway: { id: a, timezone: Nowhere }\n' }],
])('is not known where %s', async (_what, files) => {
  expect(await askedSite(await siteWith(files))).toBeUndefined();
});
