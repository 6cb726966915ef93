import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type CredentialNews,
  watchCredentials,
} from '../../../gateway/forward/credential-watch.ts';
import { credentialFault, readCredentials } from '../../../gateway/forward/credentials.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis, seconds, utcMs } from '../../../gateway/model/units.ts';
import { certificateAuthority } from '../../support/certificates.ts';
import { temporaryDirectory } from '../../support/journal-fixture.ts';
import { describeWith } from '../../support/real-parts.ts';
import { until } from '../../support/waiting.ts';

const DAY_MS = 86_400_000;

describeWith(['openssl'], 'certificates', () => {
  const made = () => {
    const directory = temporaryDirectory();
    const authority = certificateAuthority(directory, 'authority');
    const { cert, key } = authority.issue('own', 'DNS:own');
    const files = { ca: authority.ca, clientCert: cert, clientKey: key };
    const pem = {
      ca: readFileSync(authority.ca),
      cert: readFileSync(cert),
      key: readFileSync(key),
    };
    return { directory, authority, files, pem };
  };
  const now = utcMs(Date.now() + 1_000);

  it('are fit, or have one thing that is wrong with them', () => {
    const { directory, files, pem } = made();
    const fault = (set: Partial<typeof pem>, at: number | undefined = now) =>
      credentialFault(files, { ...pem, ...set }, at === undefined ? at : utcMs(at))?.code;
    const chain = Buffer.concat([pem.cert, pem.ca]);
    expect(fault({})).toBeUndefined();
    expect(fault({ cert: chain })).toBeUndefined();
    // OpenSSL takes what is whole, and the broker then misses what is not.
    expect(fault({ cert: chain.subarray(0, -100) })).toBe('forward.credentials-incomplete');
    expect(fault({ ca: Buffer.from('') })).toBe('forward.credentials-incomplete');
    expect(fault({ key: pem.key.subarray(0, -20) })).toBe('forward.credentials-broken');
    const other = certificateAuthority(directory, 'other').issue('other', 'DNS:other');
    expect(fault({ key: readFileSync(other.key) })).toBe('forward.credentials-mismatch');
    expect(fault({}, now + 31 * DAY_MS)).toBe('forward.credentials-expired');
    expect(fault({}, now - 2 * DAY_MS)).toBe('forward.credentials-early');
    expect(credentialFault(files, pem, undefined)).toBeUndefined();
  });

  it('of authorities may have expired, but not all', () => {
    const { authority, files } = made();
    const [old, good] = [
      authority.issue('old', 'DNS:old', { from: -3, to: -1 }).cert,
      authority.ca,
    ].map((path) => readFileSync(path)) as [Buffer, Buffer];
    const fault = (ca: Buffer) =>
      credentialFault(files, { ca, cert: undefined, key: undefined }, now)?.code;
    expect(fault(Buffer.concat([old, good]))).toBeUndefined();
    expect(fault(old)).toBe('forward.credentials-expired');
  });

  describe('that are watched', () => {
    const watched = async () => {
      const { directory, authority, files } = made();
      const clock = virtualClock(now);
      const heard: string[] = [];
      const used = await readCredentials(files);
      const tell = (news: CredentialNews) =>
        heard.push(typeof news === 'string' ? news : news.code);
      const end = watchCredentials({ files, used, clock, tell });
      const look = async () => {
        await clock.advance(seconds(10));
        await until('the look', () => clock.pending().length === 1 || heard.includes('renewed'));
      };
      return { directory, authority, files, clock, heard, look, end };
    };

    it('count when they are the same at two looks, and are told once', async () => {
      const { authority, files, heard, look } = await watched();
      const next = authority.issue('next', 'DNS:next');
      writeFileSync(files.clientCert, readFileSync(next.cert));
      await look();
      expect(heard).toEqual([]);
      writeFileSync(files.clientKey, readFileSync(next.key));
      await look();
      expect(heard).toEqual([]);
      await look();
      expect(heard).toEqual(['renewed']);
    });

    it('are told once when they are no use, and when that is over', async () => {
      const { files, heard, look } = await watched();
      const before = readFileSync(files.clientKey);
      writeFileSync(files.clientKey, 'x');
      for (let looks = 0; looks < 4; looks++) await look();
      expect(heard).toEqual(['forward.credentials-broken']);
      writeFileSync(files.clientKey, before);
      await look();
      await look();
      expect(heard).toEqual(['forward.credentials-broken', 'as before']);
    });

    it('become fit by themselves when their time comes', async () => {
      const { authority, files, clock, heard, look } = await watched();
      const next = authority.issue('next', 'DNS:next', { from: 1, to: 3 });
      writeFileSync(files.clientCert, readFileSync(next.cert));
      writeFileSync(files.clientKey, readFileSync(next.key));
      await look();
      await look();
      expect(heard).toEqual(['forward.credentials-early']);
      clock.stepWallClock(utcMs(clock.utc() + 1.5 * DAY_MS));
      await look();
      expect(heard).toEqual(['forward.credentials-early', 'renewed']);
    });

    it('are not looked at any more after the end', async () => {
      const { directory, files, clock, heard, end } = await watched();
      writeFileSync(files.ca, readFileSync(join(directory, 'authority-own.pem')));
      end();
      await clock.advance(millis(60_000));
      expect([clock.pending(), heard]).toEqual([[], []]);
    });
  });
});
