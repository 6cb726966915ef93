/** The driver on a server that shares no line of code with it or its library: open62541, Debian's build. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPki } from '../../drivers/opcua/pki.ts';
import { browseVerb } from '../../gateway/cli/browse/browse.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import type { Sample, Value } from '../../gateway/model/sample.ts';
import { millis } from '../../gateway/model/units.ts';
import { called } from '../support/command-line.ts';
import { disposals } from '../support/disposals.ts';
import { type OpcuaField, type OpcuaFieldOptions, opcuaField } from '../support/opcua-field.ts';
import {
  COUNTERS,
  OPEN62541_PARTS,
  type Open62541,
  open62541,
  VALUES,
} from '../support/open62541.ts';
import { describeWith } from '../support/real-parts.ts';
import { until } from '../support/waiting.ts';

const device = { namespaces: { v: VALUES, c: COUNTERS } };
const isGood = ({ quality }: Sample) => quality === 'good';
const isBad = ({ value }: Sample) => value === null;

/** What open62541 has under each name, as it is to arrive. */
const EXACT: Readonly<Record<string, Value>> = {
  Boolean: true,
  SByte: -128,
  Byte: 255,
  Int16: -32_768,
  UInt16: 65_535,
  Int32: -2_147_483_648,
  UInt32: 4_294_967_295,
  'Int64.Min': -9_223_372_036_854_775_808n,
  'Int64.Max': 9_223_372_036_854_775_807n,
  'Int64.Odd': 9_007_199_254_740_993n,
  'UInt64.Max': 18_446_744_073_709_551_615n,
  Float: 0.1,
  Double: 0.1,
  String: '油温 °C',
  DateTime: '2024-11-23T07:07:58.123Z',
  Guid: '12345678-9abc-def0-0102-030405060708',
  ByteString: '017fff',
  LocalizedText: '运行中',
  Enumeration: 'Running',
  'Int32[] [1]': 20,
  'Int64[] [2]': 9_223_372_036_854_775_807n,
  'String[] [1]': '二',
  'Matrix [1,2]': 6,
  'Position.Value .y': -2.5,
  'Position.Value .count': 7,
};

/** A line of `headgate browse --json`. */
interface Found {
  readonly address: string;
  readonly name: string;
  readonly path: string;
}

describeWith(OPEN62541_PARTS, 'on open62541', () => {
  const disposed = disposals();
  const open = async (options: OpcuaFieldOptions): Promise<OpcuaField> =>
    disposed(await opcuaField({ device, ...options }), (field) => field.stop());
  const serve = async (options = {}): Promise<Open62541> => {
    const server = disposed(await open62541(options), (running) => running.close());
    await server.start();
    return server;
  };
  const counters = { fast: 'c:s=fast', slow: { address: 'c:s=slow', sampling: '100ms' } };

  describe('values', () => {
    test('of every type arrive exactly', async () => {
      const { url } = await serve();
      const names = Object.keys(EXACT);
      const tags = Object.fromEntries(names.map((name, i) => [`t${i}`, `v:s=${name}`]));
      const field = await open({ url, tags });
      for (const [i, name] of names.entries()) {
        const sample = await field.comes(`t${i}`, () => true);
        expect({ name, ...sample }).toMatchObject({ name, value: EXACT[name], quality: 'good' });
      }
    });

    test('carry the quality by its two severity bits', async () => {
      const { url } = await serve();
      const tags = {
        clamped: 'v:s=Status.Clamped',
        doubtful: 'v:s=Status.Uncertain',
        broken: 'v:s=Status.Bad',
        nan: 'v:s=NaN',
        wrong: 'v:s=Nobody',
      };
      const field = await open({ url, tags });
      const quality = async (tag: string) => (await field.comes(tag, () => true)).quality;
      expect(await quality('clamped')).toBe('good');
      expect(await quality('doubtful')).toBe('uncertain:last-usable');
      expect(await quality('broken')).toBe('bad:device');
      expect(await quality('nan')).toBe('bad:device');
      expect(await quality('wrong')).toBe('bad:config');
    });

    test('arrive each time they change, in order', async () => {
      const server = await serve();
      const field = await open({ url: server.url, tags: counters });
      await until('thirty changes', () => (field.samples.get('fast')?.length ?? 0) > 30);
      await until('three slow ones', () => (field.samples.get('slow')?.length ?? 0) > 3);
      for (const tag of ['fast', 'slow']) {
        const values = field.samples.get(tag)?.map(({ value }) => Number(value)) ?? [];
        const first = values[0] ?? 0;
        expect(values).toEqual(values.map((_, i) => first + i));
      }
    });

    test('come several to a report, and none is missed, where the server looks more often than it reports', async () => {
      const server = await serve();
      const often = { address: 'c:s=fast', sampling: '10ms' };
      const field = await open({ url: server.url, tags: { often }, scan: 1_000 });
      await until('thirty changes', () => (field.samples.get('often')?.length ?? 0) > 30);
      const samples = field.samples.get('often') ?? [];
      const first = Number(samples[0]?.value);
      expect(samples.map(({ value }) => value)).toEqual(samples.map((_, i) => first + i));
      expect(samples.every(isGood)).toBe(true);
    });
  });

  describe('writes', () => {
    test('stand at the server as they were meant', async () => {
      const server = await serve();
      const tags = { a: 'v:s=Write.Int64', b: 'v:s=Write.Float', c: 'v:s=Write.Mode' };
      const field = await open({
        url: server.url,
        tags: { ...tags, d: 'v:s=Write.Int32[] [1]', e: 'v:s=Write.String' },
      });
      const values: Readonly<Record<string, Value>> = {
        a: 9_223_372_036_854_775_807n,
        b: 0.5,
        c: 'Fault',
        d: 77,
        e: '启动',
      };
      await field.comes('e', isGood);
      for (const [tag, value] of Object.entries(values)) {
        expect(await field.write(tag, value)).toMatchObject({ outcome: 'written' });
        await field.comes(tag, (sample) => sample.value === value);
      }
      const writes = () => server.said.filter(({ write }) => write).length;
      await until('every write', () => writes() >= Object.keys(values).length);
      expect(writes()).toBe(Object.keys(values).length);
    });

    test('that the server does not take change nothing and say why', async () => {
      const server = await serve();
      const tags = { fixed: 'v:s=Int32', small: 'v:s=Write.Byte' };
      const field = await open({ url: server.url, tags });
      await field.comes('small', isGood);
      expect(await field.write('fixed', 1)).toMatchObject({ outcome: 'rejected' });
      expect(await field.write('small', 256)).toMatchObject({ outcome: 'rejected' });
      expect(server.said.some(({ write }) => write)).toBe(false);
    });

    test('of methods call them', async () => {
      const server = await serve();
      const speed = 'call v:s=Machine v:s=SetSpeed';
      const field = await open({ url: server.url, tags: { boolean: 'v:s=Boolean', speed } });
      await field.comes('boolean', isGood);
      expect(await field.write('speed', '[12.5]')).toMatchObject({ outcome: 'written' });
      await until('the call', () => server.said.some(({ call }) => call));
      expect(server.said.find(({ call }) => call)).toMatchObject({
        call: 'SetSpeed',
        value: { Body: 12.5 },
      });
      expect(await field.write('speed', '[-1]')).toMatchObject({ outcome: 'rejected' });
    });
  });

  describe('browse', () => {
    const browsed = async ({ url }: Open62541, ...more: readonly string[]): Promise<Found[]> => {
      const argv = ['browse', url, '--security', 'None', '--json', ...more];
      const { status, stdout } = await called({ browse: browseVerb }, argv);
      expect(status).toBe(0);
      return stdout.split('\n').map((line) => JSON.parse(line));
    };

    test('finds each node once, with type, value and access, at an address that can be watched', async () => {
      const server = await serve();
      const found = await browsed(server);
      const scalars = Object.keys(EXACT).filter((name) => !name.includes(' '));
      expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(scalars));
      expect(new Set(found.map(({ address }) => address)).size).toBe(found.length);
      const named = (name: string) => found.find((node) => node.name === name);
      expect(named('Int64.Max')).toMatchObject({ type: 'Int64', value: '9223372036854775807' });
      expect(named('Enumeration')).toMatchObject({ type: 'Mode', names: { 1: 'Running' } });
      expect(named('Write.Mode')).toMatchObject({ access: 'rw' });
      expect(named('Matrix')).toMatchObject({ type: 'Double[][]', access: 'r' });
      expect(named('SetSpeed')).toMatchObject({ class: 'method' });
      const tags = Object.fromEntries(scalars.map((name, i) => [`t${i}`, named(name)?.address]));
      const field = await open({ url: server.url, tags });
      for (const [i, name] of scalars.entries())
        await field.comes(`t${i}`, ({ value }) => value === EXACT[name]);
      expect(server.mostSessions).toBe(1);
    });

    test('goes through the address space of the standard to its end', async () => {
      const server = await serve();
      const found = await browsed(server, '--from', 'i=84');
      expect(found.length).toBeGreaterThan(1_000);
      expect(found.some(({ path }) => path === 'Types/DataTypes/BaseDataType/Number')).toBe(true);
      expect(new Set(found.map(({ address }) => address)).size).toBe(found.length);
    });
  });

  test('killed ten times and started again, under other namespace numbers by turns, data come back each time', async () => {
    const server = await serve();
    const field = await open({ url: server.url, tags: { ...counters, text: 'v:s=String' } });
    await field.comes('fast', isGood);
    for (let i = 0; i < 10; i++) {
      await server.kill();
      await field.comes('fast', isBad);
      await server.start({ isReshuffled: i % 2 === 0 });
      await field.comes('fast', isGood);
      await field.comes('text', ({ value }) => value === '油温 °C');
    }
    expect(server.mostSessions).toBe(1);
  }, 120_000);

  test('frozen and thawed, it is given up and taken up again without a second session', async () => {
    const server = await serve();
    const bus = { timeout: millis(700), keepAlive: millis(500) };
    const field = await open({ url: server.url, tags: counters, bus });
    await field.comes('fast', isGood);
    server.freeze();
    await field.comes('fast', isBad);
    await until('an error', () => field.bus.facts().line === 'waiting');
    server.thaw();
    await field.comes('fast', isGood);
    expect(server.mostSessions).toBe(1);
  }, 60_000);

  describe('with security', () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'headgate-pki-'));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test.each(['Basic256Sha256/SignAndEncrypt', 'Aes256_Sha256_RsaPss/Sign'])(
      '%s, and a user with a password',
      async (security) => {
        const server = await serve({ isSecure: true });
        const user = { kind: 'password', name: 'operator', password: 'secret' } as const;
        const isEncrypted = security.endsWith('SignAndEncrypt');
        const bus = { security, pki: folder, timeout: millis(5_000), ...(isEncrypted && { user }) };
        const field = await open({ url: server.url, tags: counters, bus });
        await until('the refusal', () => field.bus.facts().lastError !== undefined);
        const options = { gateway: 'test', clock: systemClock(), log: silentLog };
        const pki = await openPki(folder, options);
        for (const { certificate } of await pki.store.rejected())
          await pki.store.trust(certificate.sha256);
        await field.comes('fast', isGood);
        await server.kill();
        await field.comes('fast', isBad);
      },
      60_000,
    );
  });
});
