#!/usr/bin/env node
// Finds the Node this version is pinned to, and starts the command line with the memory flags it is
// measured with. Plain JavaScript, so that an older Node can still read it and say what is wrong.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = [22, 18];
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const listed = (name) => JSON.parse(readFileSync(join(root, 'bin', name), 'utf8'));
// Small generations, collected by one helper thread: measured at 1,000 and 10,000 tags a second, see docs/figures.md.
// Nothing is taken for long-lived before it is: in some runs V8 did so with what a second's samples need, 450 kB a second.
// Node strips types in WebAssembly; compiling what that calls a second time has ended a process, see docs/decisions/0018.
// What the compiler is done with is freed at once: where it waits for that one thread, it came to 34 MB while a backlog drained.
const flags = listed('node-flags.json');
const pinned = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');

const [major, minor] = process.versions.node.split('.').map(Number);
const recent = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
const node = existsSync(pinned) ? pinned : recent ? process.execPath : undefined;

if (!existsSync(join(root, 'node_modules'))) {
  console.error(
    'headgate is not installed yet. Run "npm ci" in its folder. / 尚未安装，请在程序目录运行 npm ci。',
  );
  process.exit(2);
}
if (node === undefined) {
  console.error(
    `headgate needs Node ${OLDEST_NODE.join('.')} or newer, this is ${process.versions.node}; run "npm ci" on linux x64 or arm64 to get the right one. / ` +
      `需要 Node ${OLDEST_NODE.join('.')} 或更新版本，当前为 ${process.versions.node}。`,
  );
  process.exit(2);
}

const child = spawn(node, [...flags, join(root, 'gateway', 'main.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: {
    NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'headgate'),
    // One arena; what is larger than the threshold is mapped by itself, and goes back when it is freed.
    ...listed('node-environment.json'),
    ...process.env,
  },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + (signal === 'SIGINT' ? 2 : signal === 'SIGTERM' ? 15 : 9);
});
