/** Whose signature a command has. The one place that knows how commands are signed. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { Operator } from '../model/command.ts';
import type { CommandSignature } from '../model/remote-command.ts';

/** Whether the signature is by the key of the operator of that name; only that one key is tried. */
export type JudgeSignature = (
  by: string,
  signature: CommandSignature,
) => 'good' | 'bad' | 'unknown-operator';

/** Before the text, so that a signature for something else is none for a command. */
const DOMAIN = 'headgate-command-v1\n';
/** RFC 8410 §4: an Ed25519 key of 32 bytes as a SubjectPublicKeyInfo. */
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');
const KEY_LENGTH = 32;

/** What is signed: these bytes. */
export const signedBytes = (text: string): Buffer => Buffer.from(DOMAIN + text, 'utf8');

/** Throws for a key that is not of 32 bytes, which a site cannot have. */
export function signatureJudge(operators: ReadonlyMap<string, Operator>): JudgeSignature {
  const keys = new Map([...operators].map(([name, { publicKey }]) => [name, keyOf(publicKey)]));
  return (by, { text, bytes }) => {
    const key = keys.get(by);
    if (key === undefined) return 'unknown-operator';
    return verify(null, signedBytes(text), key, bytes) ? 'good' : 'bad';
  };
}

function keyOf(raw: Uint8Array): KeyObject {
  if (raw.length !== KEY_LENGTH) throw new Error(`an Ed25519 key has ${KEY_LENGTH} bytes`);
  const key = Buffer.concat([SPKI_HEAD, raw]);
  return createPublicKey({ key, format: 'der', type: 'spki' });
}
