/** The doctor at OPC UA servers: named on the command line, and as a bus of a site. */
import { X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SimulatedOpcuaServer, startOpcuaServer } from '../../../firmware-sim/opcua/server.ts';
import { plainVariables } from '../../../firmware-sim/opcua/variables.ts';
import { doctorVerb } from '../../../gateway/cli/doctor/doctor.ts';
import { type Clock, systemClock } from '../../../gateway/host/clock.ts';
import { utcMs } from '../../../gateway/model/units.ts';
import { called } from '../../support/command-line.ts';

let server: SimulatedOpcuaServer;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-doctor-opcua-'));
  const users = new Map([['maria', 'secret']]);
  const contents = [plainVariables([{ name: 'speed' }])];
  server = await startOpcuaServer({ contents, users, clients: 'trusted' }, systemClock());
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const OPEN = ['--security', 'None'];
const pki = () => ['--pki', join(folder, 'pki')];
async function doctor(args: readonly string[], clock?: Clock) {
  const all = ['doctor', ...args, '--json'];
  const { status, stdout, stderr } = await called({ doctor: doctorVerb }, all, {
    ...(clock && { clock }),
  });
  const findings = stdout === '' ? [] : JSON.parse(stdout).findings;
  return { status, findings, stderr };
}

describe('headgate doctor opc.tcp://', () => {
  test('says what a server offers that lets us in, and leaves no session there', async () => {
    const { status, findings } = await doctor([server.endpointUrl, ...OPEN]);
    expect(status).toBe(0);
    expect(findings).toMatchObject([
      {
        code: 'doctor.opcua-well',
        fault: false,
        details: { security: 'None', login: 'anonymous', state: 'Running' },
      },
    ]);
    expect(findings[0].details.offered).toContain('Basic256Sha256/SignAndEncrypt');
    expect(findings[0].details.logins).toContain('password');
    expect(server.sessions()).toBe(0);
    expect(server.sessionsPeak()).toBe(1);
  });

  test('goes from certificate to certificate to login, one step at a time', async () => {
    const url = server.endpointUrl;
    const codeOf = async (...args: string[]) => {
      const { findings } = await doctor([url, ...pki(), ...args]);
      return findings[0].code;
    };
    const first = await doctor([url, ...pki()]);
    expect(first.status).toBe(1);
    expect(first.findings[0]).toMatchObject({ code: 'opcua.certificate-unknown', fault: true });
    const { fingerprint } = first.findings[0].details;
    expect(await codeOf('--trust', fingerprint)).toBe('opcua.gateway-untrusted');
    const own = await readFile(join(folder, 'pki', 'own', 'certs', 'headgate.pem'));
    await server.trustClient(new X509Certificate(own).raw);
    const password = join(folder, 'password');
    const login = ['--user', 'maria', '--password-file', password];
    await writeFile(password, 'guess\n');
    expect(await codeOf(...login)).toBe('opcua.login-refused');
    await writeFile(password, 'secret\n');
    const last = await doctor([url, ...pki(), ...login]);
    expect(last.findings).toMatchObject([
      { details: { security: 'Aes256_Sha256_RsaPss/SignAndEncrypt', login: 'maria' } },
    ]);
    expect(last.status).toBe(0);
  }, 30_000);

  test('tells a server whose clock is wrong', async () => {
    const clock = systemClock();
    const slow = { ...clock, utc: () => utcMs(clock.utc() - 3_600_000) };
    const { status, findings } = await doctor([server.endpointUrl, ...OPEN], slow);
    expect(status).toBe(1);
    expect(findings).toMatchObject([{ code: 'doctor.opcua-clock', details: { apart: 3_600 } }]);
    expect(findings[0].next.zh).toContain('时间服务器');
  });

  test('tells a full server', async () => {
    server.setFault({ kind: 'session-limit', sessions: 0 });
    const { findings } = await doctor([server.endpointUrl, ...OPEN]);
    server.clearFault('session-limit');
    expect(findings).toMatchObject([{ code: 'opcua.server-full' }]);
  });

  test('tells a port where nobody listens, and one where somebody else does', async () => {
    const closed = await doctor(['opc.tcp://127.0.0.1:1', ...OPEN]);
    expect(closed.findings).toMatchObject([{ code: 'doctor.opcua-port-closed' }]);
    expect(closed.status).toBe(1);
    const other = createServer((socket) => {
      socket.on('error', () => {});
      socket.end('220 mail\r\n');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { readonly port: number };
    const { findings } = await doctor([`opc.tcp://127.0.0.1:${port}`, '--timeout', '500ms']);
    other.close();
    expect(findings).toMatchObject([
      { code: 'doctor.opcua-mute', details: { resource: `127.0.0.1:${port}` } },
    ]);
  });

  test.each([
    [['opc.tcp://'], 'no OPC UA server'],
    [['opc.tcp://127.0.0.1:1', '--protocol', 'modbus'], '--protocol is not for OPC UA'],
    [['opc.tcp://127.0.0.1:1', '--security', 'Basic128'], '--security takes one of'],
  ])('%j is wrong usage', async (args, words) => {
    const { status, stderr } = await doctor(args);
    expect(status).toBe(2);
    expect(stderr).toContain(words);
  });
});

describe('headgate doctor of a site with OPC UA', () => {
  async function examined(name: string, url: string, more = '') {
    const site = join(folder, name);
    await mkdir(join(site, 'data'), { recursive: true });
    await writeFile(
      join(site, 'gateway.yaml'),
      `gateway: { id: box, timezone: UTC }
journal: { path: data/journal, max_size: 1MB }
buses: { cell: { opcua: "${url}", security: None${more} } }
devices:
  plc: { bus: cell, protocol: opcua, tags: { speed: { address: "ns=1;s=speed" } } }
`,
    );
    const { findings } = await doctor([site]);
    return findings
      .filter(({ subject }: { readonly subject: string }) => subject === 'cell')
      .map(({ code }: { readonly code: string }) => code);
  }

  test('examines its server like one that is named', async () => {
    expect(await examined('well', server.endpointUrl)).toEqual(['doctor.opcua-well']);
    expect(await examined('away', 'opc.tcp://127.0.0.1:1')).toEqual(['doctor.opcua-port-closed']);
  }, 30_000);
});
