import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadSite } from '../../../config/load.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-opcua-bus-'));
  for (const name of ['password', 'user.pem', 'user.key'])
    await writeFile(join(folder, name), 'x\n');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function load(bus: string) {
  const site = `gateway: { id: weihai-3, timezone: Asia/Shanghai }
journal: { path: ./data/journal.db }
buses: { plc: { ${bus} } }
devices: { cell: { bus: plc, protocol: opcua, tags: {} } }
`;
  await writeFile(join(folder, 'gateway.yaml'), site);
  return loadSite(folder, DRIVER_OPTIONS, { environment: {} });
}

async function transport(bus: string) {
  const loaded = await load(bus);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.site.buses[0]?.transport;
}

/** Each code with the word in the YAML that it points to. */
async function problems(bus: string): Promise<string[]> {
  const loaded = await load(bus);
  const lines = (await readFile(join(folder, 'gateway.yaml'), 'utf8')).split('\n');
  const found = loaded.ok ? loaded.warnings : loaded.problems;
  return found.map(({ code, line, col }) => {
    const [word] = /^"[^"]*"|^[\w/]+/.exec((lines[line - 1] ?? '').slice(col - 1)) ?? [];
    return `${code} ${word}`;
  });
}

const URL = 'opcua: "opc.tcp://10.0.0.5:4840"';
const PASSWORD = `user: op, password: "\${file:password}"`;
const CERTIFICATE = 'user_cert: user.pem, user_key: user.key';

describe('a bus of an OPC UA server', () => {
  test('is encrypted and anonymous unless something else is written', async () => {
    expect(await transport(URL)).toMatchObject({
      kind: 'opcua',
      url: 'opc.tcp://10.0.0.5:4840',
      security: 'Basic256Sha256/SignAndEncrypt',
      user: { kind: 'anonymous' },
      pki: join(folder, 'data', 'pki', 'opcua'),
      gateway: 'weihai-3',
    });
  });

  test('takes a user with a password from a file', async () => {
    expect(await transport(`${URL}, ${PASSWORD}`)).toMatchObject({
      user: { kind: 'password', name: 'op', password: 'x' },
    });
  });

  test('takes the certificate of a user', async () => {
    expect(await transport(`${URL}, ${CERTIFICATE}`)).toMatchObject({
      user: {
        kind: 'certificate',
        certificate: join(folder, 'user.pem'),
        key: join(folder, 'user.key'),
      },
    });
  });

  test('has one way to log in', async () => {
    expect(await problems(`${URL}, ${PASSWORD}, ${CERTIFICATE}`)).toEqual([
      'config.login-twice user_cert',
    ]);
  });

  test.each([
    ['user: op', 'user'],
    [`password: "\${file:password}"`, 'password'],
    ['user_cert: user.pem', 'user_cert'],
    ['user_key: user.key', 'user_key'],
  ])('does not take %s alone', async (half, key) => {
    expect(await problems(`${URL}, ${half}`)).toEqual([`config.pair-missing ${key}`]);
  });

  test.each([PASSWORD, CERTIFICATE])(
    'lets nobody log in where all can listen: %s',
    async (login) => {
      const bus = `${URL}, security: None`;
      expect(await problems(`${bus}, ${login}`)).toEqual(['config.login-unprotected None']);
      expect(await problems(bus)).toEqual([]);
      expect(await problems(`${URL}, security: Basic256Sha256/Sign, ${login}`)).toEqual([]);
    },
  );

  test.each([
    'http://10.0.0.5:4840',
    'opc.tcp://',
    '10.0.0.5:4840',
    'opc.tcp://op:secret@10.0.0.5:4840',
    'opc.tcp://10.0.0.5:4840?x=1',
  ])('is not at %s', async (url) => {
    expect(await problems(`opcua: "${url}"`)).toEqual([`config.opcua-url "${url}"`]);
  });

  test('knows only what is safe, and None', async () => {
    expect(await problems(`${URL}, security: Basic128Rsa15/Sign`)).toHaveLength(1);
  });
});
