/** Keys of operators as files and as text; Ed25519, and nothing else. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { GatewayError, reasonOf } from '../../model/errors.ts';

const KIND = 'ed25519';

/** The 32 bytes of a public key in Base64, as a site has them. */
export function publicKeyText(key: KeyObject): string {
  const { x = '' } = key.export({ format: 'jwk' });
  return Buffer.from(x, 'base64url').toString('base64');
}

/** The private key in a PEM file. Rejects with `cli.key-unreadable`. */
export async function privateKeyIn(file: string): Promise<KeyObject> {
  const refused = (reason: string) => new GatewayError('cli.key-unreadable', { file, reason });
  let key: KeyObject;
  try {
    key = createPrivateKey(await readFile(file));
  } catch (error) {
    throw refused(reasonOf(error));
  }
  if (key.asymmetricKeyType !== KIND) throw refused(`${key.asymmetricKeyType}`);
  return key;
}
