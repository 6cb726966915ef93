import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Site } from '../../../config/site.ts';
import type { CertificateFacts } from '../../../drivers/opcua/certificate.ts';
import { Pki } from '../../../drivers/opcua/pki.ts';
import { certificateVerb } from '../../../gateway/cli/trust/certificate.ts';
import { trustVerb } from '../../../gateway/cli/trust/trust.ts';
import { trustFindings } from '../../../gateway/cli/trust/trust-findings.ts';
import { isFault } from '../../../gateway/health/doctor.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { type VirtualClock, virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { busName } from '../../../gateway/model/sample.ts';
import { seconds, utcMs } from '../../../gateway/model/units.ts';
import { type CallOptions, called } from '../../support/command-line.ts';
import { peer } from '../../support/opcua-certificates.ts';

const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const URL = 'opc.tcp://10.0.0.5:4840';
let work = '';
let folder = '';
let clock: VirtualClock;
let server: CertificateFacts;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'headgate-trust-verb-'));
  server = (await peer({ name: 'press 3' })).certificate;
});
afterAll(() => rm(work, { recursive: true, force: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(work, 'pki-'));
  clock = virtualClock(utcMs(START));
});

const pki = () => new Pki(folder, { gateway: 'weihai-3', clock, log: silentLog });
const headgate = (argv: readonly string[], options: CallOptions = {}) =>
  called({ trust: trustVerb, certificate: certificateVerb }, argv, { clock, ...options });
const trust = (argv: readonly string[] = [], options: CallOptions = {}) =>
  headgate(['trust', '--pki', folder, ...argv], options);
const certificate = (argv: readonly string[] = [], options: CallOptions = {}) =>
  headgate(['certificate', '--pki', folder, ...argv], options);

describe('headgate trust', () => {
  test('shows who waits, with fingerprint, names, validity and the url', async () => {
    await pki().store.reject(URL, server);
    const { status, stdout } = await trust();
    expect(status).toBe(0);
    expect(stdout).toContain('no own certificate yet');
    const waiting = stdout.slice(stdout.indexOf('waiting for a decision'));
    for (const shown of [URL, 'CN=press 3', 'urn:plc', '10.0.0.5', '2035-01-01'])
      expect(waiting).toContain(shown);
    expect(waiting.replaceAll(' ', '')).toContain(server.sha256);
    expect(waiting.replaceAll(' ', '')).toContain(server.sha1);
  });

  test('speaks Chinese', async () => {
    await pki().store.reject(URL, server);
    const { stdout } = await trust([], { language: 'zh' });
    for (const word of ['等待确认', '主题', '有效期', '应用 URI']) expect(stdout).toContain(word);
  });

  test('trusts what a person agrees to, and shows it first', async () => {
    await pki().store.reject(URL, server);
    const typed = [server.sha256.slice(0, 8)];
    const no = await trust(typed, { agrees: false });
    expect(no).toMatchObject({ status: 1, stderr: expect.stringContaining('trust.not-agreed') });
    expect(await pki().store.trusted()).toEqual([]);
    const yes = await trust(typed, { agrees: true });
    expect(yes.stdout).toContain('CN=press 3');
    expect(yes).toMatchObject({ status: 0, stdout: expect.stringContaining(`(${URL})`) });
    expect(await pki().store.trusted()).toMatchObject([{ urls: [URL] }]);
  });

  test('takes a fingerprint as other software shows it', async () => {
    await pki().store.reject(URL, server);
    const typed = server.sha1.toUpperCase().match(/../g)?.join(':') ?? '';
    expect(await trust([typed, '--yes', '--json'])).toMatchObject({ status: 0 });
  });

  test('takes trust back', async () => {
    await pki().store.reject(URL, server);
    await trust([server.sha256, '--yes']);
    expect(await trust(['--remove', server.sha1.slice(0, 12)])).toMatchObject({ status: 0 });
    expect(await pki().store.trusted()).toEqual([]);
  });

  test.each([[['abc']], [['not-a-fingerprint']], [['--remove', '1234567']]])(
    '%j is wrong usage',
    async (argv) => {
      expect(await trust(argv)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('fingerprint'),
      });
    },
  );

  test('answers for scripts', async () => {
    await pki().store.reject(URL, server);
    const { stdout } = await trust(['--json']);
    expect(JSON.parse(stdout)).toEqual({
      own: null,
      trusted: [],
      waiting: [
        {
          subject: 'CN=press 3',
          uri: 'urn:plc',
          hosts: ['plc', '10.0.0.5'],
          valid_from: '2025-01-01T00:00:00.000Z',
          valid_to: '2035-01-01T00:00:00.000Z',
          sha256: server.sha256,
          sha1: server.sha1,
          servers: [URL],
        },
      ],
    });
  });

  test('a site without OPC UA has nobody to trust', async () => {
    const site = join(work, 'plain');
    await mkdir(site, { recursive: true });
    await writeFile(
      join(site, 'gateway.yaml'),
      'gateway: { id: w, timezone: Asia/Shanghai }\njournal: { path: ./data/journal.db }\n',
    );
    const { status, stderr } = await headgate(['trust', site]);
    expect([status, stderr]).toEqual([2, expect.stringContaining('no OPC UA bus')]);
  });

  test('a server that is not there is named', async () => {
    const { status, stderr } = await headgate(['trust', 'opc.tcp://127.0.0.1:1']);
    expect([status, stderr]).toEqual([1, expect.stringContaining('opcua.unreachable')]);
  });
});

describe('headgate certificate', () => {
  test('makes what is missing, shows and exports it: DER, or PEM by its name', async () => {
    const [der, pem] = [join(work, 'x.der'), join(work, 'x.pem')];
    expect((await certificate(['--export', der])).status).toBe(0);
    const { stdout } = await certificate(['--export', pem, '--json']);
    const own = (await pki().look())?.current;
    expect(await readFile(der)).toEqual(own?.der);
    expect(await readFile(pem, 'utf8')).toMatch(
      /^-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----\n$/,
    );
    expect(JSON.parse(stdout)).toMatchObject({ sha256: own?.sha256, next: null });
  });

  test('exports the next one once there is one', async () => {
    const path = join(work, 'next.der');
    await pki().refresh();
    const early = await certificate(['--next', '--export', path]);
    expect(early).toMatchObject({ status: 2, stderr: expect.stringContaining('60 days') });
    clock.stepWallClock(utcMs(START + 680 * DAY));
    const { stdout } = await certificate(['--next', '--export', path]);
    expect(stdout).toContain('takes over on 2027-12-18');
    expect(await readFile(path)).toEqual((await pki().look())?.next?.der);
  });

  test('renews when a person agrees, and only then', async () => {
    const before = (await pki().refresh()).current.sha256;
    expect(await certificate(['--renew'], { agrees: false })).toMatchObject({ status: 1 });
    expect((await pki().look())?.current.sha256).toBe(before);
    expect(await certificate(['--renew'], { agrees: true })).toMatchObject({ status: 0 });
    expect((await pki().look())?.current.sha256).not.toBe(before);
  });

  test('says where it cannot write', async () => {
    const { status, stderr } = await certificate(['--export', '/nowhere/at/all.der']);
    expect([status, stderr]).toEqual([2, expect.stringContaining('/nowhere/at/all.der')]);
  });
});

describe('the doctor', () => {
  const site = (
    security: Extract<Site['buses'][number]['transport'], { kind: 'opcua' }>['security'],
  ) => {
    const transport = {
      kind: 'opcua' as const,
      url: URL,
      security,
      user: { kind: 'anonymous' as const },
      sessionTimeout: seconds(30),
      keepAlive: seconds(5),
      timeout: seconds(5),
      pki: folder,
      gateway: 'weihai-3',
    };
    const bus = {
      name: busName('plc'),
      transport,
      baud: 9600,
      format: '8N1' as const,
      silentShare: 0,
    };
    return { buses: [bus] };
  };
  const findings = async (security: Parameters<typeof site>[0] = 'Basic256Sha256/Sign') =>
    (await trustFindings(site(security), { clock })).map(({ code, details }) => ({
      code,
      details,
    }));

  test('finds nothing where nothing is to be done, and makes no keys to find it', async () => {
    expect(await findings()).toEqual([]);
    expect(await pki().look()).toBeUndefined();
    await pki().refresh();
    expect(await findings()).toEqual([]);
  });

  test('names the day on which our next certificate takes over', async () => {
    await pki().refresh();
    clock.stepWallClock(utcMs(START + 680 * DAY));
    const { next } = await pki().refresh();
    expect(await findings()).toEqual([
      {
        code: 'trust.own-ending',
        details: { until: '2028-01-01', takes_over: '2027-12-18', thumbprint: next?.sha1 },
      },
    ]);
    expect(await findings('None')).toEqual([]);
  });

  test('names the day on which a certificate ends that an authority signed, for it is not renewed here', async () => {
    const { privateKeyFile, certificateFile } = pki();
    await pki().refresh();
    const ca = { key: join(work, 'ca.key'), cert: join(work, 'ca.pem') };
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      ca.key,
      '-out',
      ca.cert,
      '-subj',
      '/CN=ca',
    );
    const request = join(work, 'own.csr');
    openssl('req', '-new', '-key', privateKeyFile, '-out', request, '-subj', '/CN=headgate');
    openssl(
      'x509',
      '-req',
      '-in',
      request,
      '-CA',
      ca.cert,
      '-CAkey',
      ca.key,
      '-CAcreateserial',
      '-days',
      '30',
      '-out',
      certificateFile,
    );
    const signed = (await pki().look())?.current;
    clock.stepWallClock(utcMs((signed?.notAfter ?? 0) - 20 * DAY));
    expect((await pki().refresh()).next).toBeUndefined();
    const until = new Date(signed?.notAfter ?? 0).toISOString().slice(0, 10);
    expect(await findings()).toEqual([{ code: 'trust.own-signed-ending', details: { until } }]);
  });

  test('says that our certificate is not valid now', async () => {
    await pki().refresh();
    clock.stepWallClock(utcMs(START - 30 * DAY));
    expect(await findings()).toMatchObject([{ code: 'trust.own-ended' }]);
  });

  test('names servers of the site that wait, and none of others', async () => {
    await pki().store.reject(URL, server);
    await pki().store.reject('opc.tcp://elsewhere:4840', server);
    const all = await trustFindings(site('Basic256Sha256/Sign'), { clock });
    expect(all.map(({ code, details }) => [code, details.url])).toEqual([
      ['trust.server-waiting', URL],
    ]);
    expect(all.every(isFault)).toBe(true);
  });

  test('warns before the certificate of a trusted server ends', async () => {
    await pki().store.reject(URL, server);
    await pki().store.trust(server.sha256);
    expect(await findings()).toEqual([]);
    clock.stepWallClock(utcMs(server.notAfter - 59 * DAY));
    expect(await findings()).toMatchObject([
      { code: 'trust.server-ending', details: { url: URL, until: '2035-01-01' } },
    ]);
  });
});
