/** With which security the command line connects where nobody says. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { OpcuaSecurity } from '../../../config/site.ts';
import type { Offer } from '../../../drivers/opcua/discovery.ts';
import { pkiFolder, strongest } from '../../../gateway/cli/opcua/opcua-call.ts';
import { isOpcuaUrl } from '../../../gateway/cli/opcua/opcua-flags.ts';
import { readVerb } from '../../../gateway/cli/read/read.ts';
import { called } from '../../support/command-line.ts';
import { limitedServer } from '../../support/opcua-limited-server.ts';

const offer = (security: OpcuaSecurity | 'Basic256/Sign', certificate = 'a'): Offer => ({
  security,
  certificate: security === 'None' ? undefined : Buffer.from(certificate),
  applicationUri: undefined,
  logins: [],
});
const isTrusted = (certificate: Uint8Array) => Buffer.from(certificate).toString() === 'trusted';
const chosen = (...offers: readonly Offer[]) => strongest(offers, isTrusted);

describe('the security of a call', () => {
  test('is the strongest that is offered, and encrypts before it only signs', () => {
    expect(
      chosen(
        offer('None'),
        offer('Aes256_Sha256_RsaPss/Sign'),
        offer('Basic256Sha256/SignAndEncrypt'),
      ),
    ).toBe('Basic256Sha256/SignAndEncrypt');
  });

  test('is the strongest of those whose certificate is trusted, where one is', () => {
    expect(
      chosen(
        offer('Aes256_Sha256_RsaPss/SignAndEncrypt'),
        offer('Basic256Sha256/SignAndEncrypt', 'trusted'),
        offer('Basic256Sha256/Sign', 'trusted'),
      ),
    ).toBe('Basic256Sha256/SignAndEncrypt');
  });

  test('is never None, and none that is broken', () => {
    expect(chosen(offer('None'), offer('Basic256/Sign'))).toBeUndefined();
  });

  test('has to be named where a server offers only None', async () => {
    const server = await limitedServer(undefined, { groups: 1, each: 1 });
    try {
      const { status, stderr } = await called({ read: readVerb }, ['read', server.url, 'i=2258']);
      expect(status).toBe(1);
      expect(stderr).toContain('[cli.opcua-unprotected]');
      expect(stderr).toContain('--security None');
    } finally {
      await server.stop();
    }
  });
});

test('keys are in the folder that was named', () => {
  const pki = join(tmpdir(), 'keys');
  expect(pkiFolder({ values: { pki } })).toBe(pki);
  expect(pkiFolder({ values: {} })).toMatch(/headgate\/pki$/);
});

test('a server is known by its scheme', () => {
  expect(isOpcuaUrl('OPC.TCP://plc')).toBe(true);
  expect(isOpcuaUrl('tcp://plc:4840')).toBe(false);
});
