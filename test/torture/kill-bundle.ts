/** The victim of the attack `kill` bundled as a release is, worker beside it: it starts in a third of the time. */
import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '..', '..');
const CACHE = join(ROOT, 'node_modules', '.cache', 'torture');
const VICTIM = 'kill-victim';

/** Resolves with the path of the file to start. It is named by its content, so that no other run changes it. */
export async function bundledVictim(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: {
      [VICTIM]: join(import.meta.dirname, `${VICTIM}.ts`),
      'north-worker': join(ROOT, 'gateway', 'north-worker.ts'),
    },
    outdir: CACHE,
    write: false,
    bundle: true,
    platform: 'node',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    external: ['better-sqlite3'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  const hash = createHash('sha256');
  for (const { contents } of outputFiles) hash.update(contents);
  const folder = join(CACHE, hash.digest('hex').slice(0, 16));
  mkdirSync(folder, { recursive: true });
  for (const { path, contents } of outputFiles) {
    const target = join(folder, basename(path));
    writeFileSync(`${target}.${process.pid}`, contents);
    renameSync(`${target}.${process.pid}`, target);
  }
  return join(folder, `${VICTIM}.mjs`);
}
