// What `npm test`, `npm run demo` and their like do. Plain JavaScript, so that it starts on any Node from 18
// on, installs what is missing and goes on with the Node this repository is pinned to.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const stamp = join(modules, '.headgate-installed');
const [task = '', ...rest] = process.argv.slice(2);

const headgate = ['node', 'bin/headgate.mjs'];
const vitest = ['node', 'node_modules/vitest/vitest.mjs', 'run'];
const types = ['node_modules/.bin/tsc', '-p', '.'];
const lint = ['node_modules/.bin/biome', 'check', '--error-on-warnings', '.'];

/** Each task is a list of commands and functions; the first that fails ends it. */
const tasks = {
  demo: [[...headgate, 'demo', ...rest]],
  test: rest.length > 0 ? [[...vitest, ...rest]] : [types, lint, vitest],
  'test:long': [[...vitest, ...(rest.length > 0 ? rest : ['test/crash', 'test/property'])]],
  bench: [['node', 'test/bench/main.ts', ...rest]],
  torture: [['node', 'test/torture/main.ts', ...rest]],
  check: [types, lint],
  fix: [['node_modules/.bin/biome', 'check', '--write', '.']],
  generate: [['node', 'tools/generate.ts']],
  addon: [addon],
};

const commands = tasks[task];
if (commands === undefined) {
  console.error(`unknown task "${task}"; one of: ${Object.keys(tasks).join(', ')}`);
  process.exit(2);
}
if (task === 'test:long') process.env.HEADGATE_LONG = '1';
install();
for (const command of commands) {
  if (typeof command === 'function') command();
  else run(command);
}

/** Installs once per lockfile. Nothing that a package brings is executed: .npmrc says ignore-scripts. */
function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.error('headgate: installing its packages (about 450 MB with the pinned Node, once) …');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
  });
  if (npm.status !== 0) {
    console.error('headgate: "npm ci" failed; the lines above say why');
    process.exit(npm.status ?? 1);
  }
  mkdirSync(modules, { recursive: true });
  writeFileSync(stamp, lock);
}

function run([program, ...args], folder = root) {
  const node = join(modules, `node-linux-${process.arch}`, 'bin', 'node');
  const pinned = existsSync(node) ? node : process.execPath;
  const result = spawnSync(program === 'node' ? pinned : join(root, program), args, {
    cwd: folder,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${join(modules, '.bin')}:${process.env.PATH}` },
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/**
 * Builds the native part of onoff, epoll, for the pinned Node with the headers that came with it: pins by sysfs need
 * it, and nothing builds it at install. `npm run addon [-- folder]`, the folder of the package.
 */
function addon() {
  const missing = ['python3', 'make', 'g++'].filter((tool) => placeOf(tool) === undefined);
  const gyp = nodeGyp();
  const headers = join(modules, `node-linux-${process.arch}`);
  if (gyp === undefined) missing.push('node-gyp (part of npm)');
  if (!existsSync(join(headers, 'include'))) missing.push(`node-linux-${process.arch}`);
  if (missing.length > 0) {
    console.error(`headgate: epoll cannot be built here, without ${missing.join(', ')}`);
    console.error('headgate: on Debian: apt-get install g++ make python3; or use backend: gpiod');
    process.exit(1);
  }
  // What npm hands down of its user's configuration would go before the flag.
  process.env.npm_config_nodedir = headers;
  const folder = rest[0] ?? join(modules, 'epoll');
  run(['node', gyp, 'rebuild', `--nodedir=${headers}`, '--loglevel=warn'], folder);
}

function nodeGyp() {
  const npm = placeOf('npm');
  const beside = npm && join(dirname(dirname(realpathSync(npm))), 'node_modules', 'node-gyp');
  const known = [process.env.npm_config_node_gyp, beside && join(beside, 'bin', 'node-gyp.js')];
  return known.find((path) => path !== undefined && existsSync(path));
}

/** Where a program is in the PATH. */
function placeOf(program) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}
