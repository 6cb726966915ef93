/** One-off reads and writes of an OPC UA server, from the arguments to the words. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SimulatedOpcuaServer, startOpcuaServer } from '../../../firmware-sim/opcua/server.ts';
import { TYPED_NAMESPACE, typedVariables } from '../../../firmware-sim/opcua/typed-variables.ts';
import { readVerb } from '../../../gateway/cli/read/read.ts';
import { writeVerb } from '../../../gateway/cli/write/write.ts';
import { systemClock } from '../../../gateway/host/clock.ts';
import { called } from '../../support/command-line.ts';

let server: SimulatedOpcuaServer;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-opcua-cli-'));
  const users = new Map([['maria', 'secret']]);
  server = await startOpcuaServer({ contents: [typedVariables()], users }, systemClock());
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const node = (id: string) => `nsu=${TYPED_NAMESPACE};s=${id}`;
const run = (args: readonly string[], options: Parameters<typeof called>[2] = {}) => {
  const [verb = '', ...rest] = args;
  const all = [verb, server.endpointUrl, ...rest, '--pki', join(folder, 'pki')];
  return called({ read: readVerb, write: writeVerb }, all, options);
};
const OPEN = ['--security', 'None'];
const read = (...ids: string[]) => run(['read', ...ids.map(node), ...OPEN]);
const write = (id: string, value: string, ...more: string[]) =>
  run(['write', node(id), value, ...OPEN, '--yes', '--json', ...more]);

describe('headgate read opc.tcp://', () => {
  test('prints one node a line: exactly, enumerations by name, elements and fields', async () => {
    const ids = ['Int64', 'Fault', 'Torques [2]', 'Position .x'];
    const { status, stdout } = await read(...ids);
    expect(status).toBe(0);
    expect(stdout.split('\n')).toEqual([
      `${node('Int64')}  -9223372036854775808  good`,
      `${node('Fault')}  VacuumLost  good`,
      `${node('Torques [2]')}  3.5  good`,
      `${node('Position .x')}  1  good`,
    ]);
  });

  test('finds a node by its browse path', async () => {
    const { stdout } = await run(['read', '/Objects/Typed/String', ...OPEN]);
    expect(stdout).toBe('/Objects/Typed/String  温度 °C  good');
  });

  test('prints one JSON object a line, and those that are good although others are not', async () => {
    const { status, stdout, stderr } = await run(
      ['read', node('Double'), node('Nowhere'), ...OPEN, '--json'],
      { language: 'zh' },
    );
    expect(status).toBe(1);
    const lines = stdout.split('\n').map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { address: node('Double'), value: 0.1, quality: 'good' },
      { address: node('Nowhere'), value: null, quality: 'bad:config' },
    ]);
    expect(stderr).toContain('BadNodeIdUnknown');
    expect(stderr).toContain('[cli.opcua-no-node]');
  });

  test('says what is missing of the address of an array', async () => {
    const { status, stderr } = await read('Torques');
    expect(status).toBe(1);
    expect(stderr).toContain('[cli.opcua-no-value]');
    expect(stderr).toContain('name the element');
  });

  test.each([
    [[], 'at least one address'],
    [['call ns=1;s=A ns=1;s=B'], 'headgate write'],
    [['robot:s=A'], 'no prefixes'],
    [['ns=x;s=A'], 'names no node'],
    [[node('Double'), '--unit', '3'], '--unit is not for OPC UA'],
    [[node('Double'), '--security', 'none'], '--security takes one of'],
    [[node('Double'), '--user', 'maria'], 'go together'],
    [[node('Double'), '--timeout', 'soon'], '--timeout takes'],
  ])('%j is wrong usage', async (args, words) => {
    const { status, stderr } = await run(['read', ...args]);
    expect(status).toBe(2);
    expect(stderr).toContain(words);
  });

  test('takes the strongest security, and only from a server that somebody trusts', async () => {
    const first = await run(['read', node('Double')]);
    expect(first.status).toBe(1);
    expect(first.stderr).toContain('[opcua.certificate-unknown]');
    expect(first.stderr).toContain('headgate trust');
    expect(first.stderr).toContain('--security None');
    const [, fingerprint = ''] = /--trust (\w+)/.exec(first.stderr) ?? [];
    const wrong = await run(['read', node('Double'), '--trust', '0'.repeat(64)]);
    expect(wrong.stderr).toContain('[trust.fingerprint-unknown]');
    const second = await run(['read', node('Double'), '--trust', fingerprint]);
    expect(second.stdout).toBe(`${node('Double')}  0.1  good`);
    const third = await run(['read', node('Double')]);
    expect(third.status).toBe(0);
    await writeFile(join(folder, 'password'), 'secret\n');
    const login = ['--user', 'maria', '--password-file', join(folder, 'password')];
    const fourth = await run(['read', node('Double'), ...login]);
    expect(fourth.status).toBe(0);
    const open = await run(['read', node('Double'), ...login, ...OPEN]);
    expect(open.stderr).toContain('[opcua.login-readable]');
  }, 30_000);

  test('leaves no session behind', () => {
    expect(server.sessions()).toBe(0);
    expect(server.sessionsPeak()).toBe(1);
  });
});

describe('headgate write opc.tcp://', () => {
  test('shows what it will do and asks; nothing is sent without a yes', async () => {
    const no = await run(['write', node('Setpoint'), '7', ...OPEN]);
    expect(no.status).toBe(1);
    expect(no.stdout).toContain(
      `${node('Setpoint')} = 7 to ${server.endpointUrl}\n  Double, it holds 0`,
    );
    expect(no.stdout).toContain('failed: nothing was sent');
    expect(no.stdout).toContain('[cli.not-confirmed]');
    expect(server.variable('Setpoint').value).toBe(0);
    const yes = await run(['write', node('Setpoint'), '7', ...OPEN], {
      agrees: true,
      language: 'zh',
    });
    expect(yes.status).toBe(0);
    expect(yes.stdout).toContain('verified: 回读一致 (当前值 7)');
    expect(server.variable('Setpoint').value).toBe(7);
  });

  test.each([
    ['Setpoint', '12.5', { outcome: 'verified', value: 12.5, read_back: 12.5 }],
    ['Total', '18446744073709551615', { outcome: 'verified', value: '18446744073709551615' }],
    ['Label', '42', { outcome: 'verified', value: '42', read_back: '42' }],
    ['Mode', '2', { outcome: 'verified', value: 2, read_back: 'Manual' }],
    ['Mode', 'Setup', { outcome: 'verified', value: 'Setup' }],
  ])('%s = %s is written as its type wants it, and read back', async (id, text, expected) => {
    const { status, stdout } = await write(id, text);
    expect(JSON.parse(stdout)).toMatchObject({ address: node(id), ...expected });
    expect(status).toBe(0);
  });

  test.each([
    ['Double', '1', 'opcua.write-refused'],
    ['Setpoint', 'warm', 'opcua.value-kind'],
    ['Total', '-1', 'opcua.value-range'],
    ['Mode', 'Dance', 'opcua.value-name'],
    ['Torques', '1', 'opcua.not-one-value'],
  ])('%s = %s is rejected, and the address is told as it was typed', async (id, text, code) => {
    const { status, stdout } = await write(id, text);
    const outcome = JSON.parse(stdout);
    expect(outcome).toMatchObject({ outcome: 'rejected', code });
    expect(outcome.reason).toContain(node(id));
    expect(status).toBe(1);
  });

  test('calls a method with its arguments', async () => {
    const address = `call ${node('Methods')} ${node('Methods.Add')}`;
    const { status, stdout } = await run(['write', address, '[1, 2]', ...OPEN, '--yes']);
    expect(status).toBe(0);
    expect(stdout).toContain('with [1, 2] at');
    expect(stdout).toContain('written: the device acknowledged it');
  });

  test('says that it does not know, where the connection breaks while it writes', async () => {
    const { status, stdout } = await run(['write', node('Setpoint'), '1', ...OPEN, '--json'], {
      agrees: () => {
        server.dropConnections();
        return true;
      },
    });
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'unknown', code: 'opcua.lost' });
    expect(status).toBe(1);
  });

  test('says that it does not know, where the server does not answer the write', async () => {
    const args = ['write', node('Setpoint'), '1', ...OPEN, '--json', '--timeout', '500ms'];
    const { stdout } = await run(args, {
      agrees: () => {
        server.setFault({ kind: 'silent' });
        return true;
      },
    });
    server.clearFault('silent');
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'unknown', code: 'opcua.timeout' });
  });

  test('changes nothing at a node that is not there, nor at a server that is not there', async () => {
    const { stdout } = await write('Nowhere', '1');
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'rejected', code: 'opcua.node-missing' });
    const path = await run(['write', 'Typed/Nowhere', '1', ...OPEN, '--yes', '--json']);
    expect(JSON.parse(path.stdout)).toMatchObject({ outcome: 'failed', code: 'cli.opcua-no-node' });
    const away = ['write', 'opc.tcp://127.0.0.1:1', node('Setpoint'), '1', '--yes', '--json'];
    const { status, stdout: said } = await called({ write: writeVerb }, away);
    expect(JSON.parse(said)).toMatchObject({ outcome: 'failed', code: 'opcua.unreachable' });
    expect(status).toBe(1);
  });

  test.each([
    [[node('Setpoint')], 'one address and one value'],
    [[node('Setpoint'), '1', '--allow', 'valve'], '--allow is for meters'],
    [[node('Setpoint'), '1', '--settle', 'soon'], '--settle takes'],
    [[node('Setpoint'), '1', '--protocol', 'modbus'], '--protocol is not for OPC UA'],
  ])('%j is wrong usage', async (args, words) => {
    const { status, stderr } = await run(['write', ...args]);
    expect(status).toBe(2);
    expect(stderr).toContain(words);
  });
});
