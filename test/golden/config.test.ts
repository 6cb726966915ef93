/** What a site with mistakes is told, with line and column: one folder a case, `errors.txt` beside the files. */
import { readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadSite } from '../../config/load.ts';
import { loadProfiles } from '../../config/profiles.ts';
import { renderReference, renderSchema } from '../../config/render.ts';
import { renderProfiles } from '../../config/render-profiles.ts';
import { renderProblems } from '../../config/report.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const CASES = join(HERE, 'config');
const REPOSITORY = join(HERE, '../..');

describe('a site with mistakes', () => {
  test.for(readdirSync(CASES))('%s', async (name) => {
    const folder = relative(process.cwd(), join(CASES, name));
    const loaded = await loadSite(folder, DRIVER_OPTIONS, { environment: {} });
    const problems = loaded.ok ? loaded.warnings : loaded.problems;
    const told = problems.map((one) => ({ ...one, file: relative(folder, one.file) || '.' }));
    const lines = renderProblems(told, 'en').replaceAll(join(folder, '/'), '');
    const verdict = loaded.ok ? 'loads' : 'does not load';
    // The folder of the repository and the words of the operating system differ between machines.
    const text = `${verdict}\n${lines}\n`.replaceAll(REPOSITORY, '<repository>');
    await expect(text).toMatchFileSnapshot(join(CASES, name, 'errors.txt'));
  });
});

describe('generated files', () => {
  test('config/gateway.schema.json is what the declarations say', async () => {
    const file = join(REPOSITORY, 'config/gateway.schema.json');
    await expect(renderSchema(DRIVER_OPTIONS)).toMatchFileSnapshot(file);
  });

  test('docs/reference-configuration.md is what the declarations say', async () => {
    const file = join(REPOSITORY, 'docs/reference-configuration.md');
    await expect(renderReference(DRIVER_OPTIONS)).toMatchFileSnapshot(file);
  });

  test('docs/reference-profiles.md is what the profiles say', async () => {
    const file = join(REPOSITORY, 'docs/reference-profiles.md');
    await expect(renderProfiles(await loadProfiles(DRIVER_OPTIONS))).toMatchFileSnapshot(file);
  });
});
