/** Commands as a sender upstream makes them, plain and signed. It shares nothing with the gateway: a common mistake would hide. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';

/** A command as JSON has it; any key may be wrong or missing. */
export type CommandFields = Readonly<Record<string, unknown>>;

export interface Signer {
  readonly name: string;
  /** 32 bytes, as a site declares it. */
  readonly publicKey: Uint8Array;
  sign(text: string): Buffer;
  /** As for something else that is no command. */
  signAlone(text: string): Buffer;
}

const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The same name has always the same key. */
export function signerOf(name: string): Signer {
  const seed = createHash('sha256').update(`key of ${name}`).digest();
  const der = Buffer.concat([PKCS8_HEAD, seed]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return {
    name,
    publicKey: rawOf(createPublicKey(key)),
    sign: (text) => sign(null, Buffer.from(`headgate-command-v1\n${text}`), key),
    signAlone: (text) => sign(null, Buffer.from(text), key),
  };
}

function rawOf(key: KeyObject): Uint8Array {
  const { x } = key.export({ format: 'jwk' });
  return new Uint8Array(Buffer.from(x ?? '', 'base64url'));
}

/** The text of a message that nobody signed. */
export const plainMessage = (fields: CommandFields): string => JSON.stringify({ v: 1, ...fields });

/** The text of a message with the signature of `signer` over the fields, which are `by` him unless they say otherwise. */
export function signedMessage(fields: CommandFields, signer: Signer): string {
  const signed = JSON.stringify({ v: 1, by: signer.name, ...fields });
  return envelope(signed, signer.sign(signed));
}

/** Any text with any bytes for a signature. */
export const envelope = (signed: string, signature: Uint8Array): string =>
  JSON.stringify({ v: 1, signed, sig: Buffer.from(signature).toString('base64') });
