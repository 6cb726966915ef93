/** Looks up what a draft refers to: secrets and files. What is not there is noted at the reference. */
import type { Operator, RemotePolicy } from '../gateway/model/command.ts';
import { NO_SECRETS, type ResolvedUplink } from './build.ts';
import type { Draft } from './draft.ts';
import { isPacketPassword } from './hj212.ts';
import type { Notes } from './notes.ts';
import { publicKeyBytes } from './options.ts';
import { resolvePath, resolveText, type Source, type Surroundings } from './references.ts';
import type { OpcuaUser } from './site.ts';
import type { Path } from './tree.ts';

type Look = (
  key: string,
  by: typeof resolveText,
  source: Source | undefined,
) => Promise<string | undefined>;

const lookIn =
  (path: Path, surroundings: Surroundings, notes: Notes): Look =>
  async (key, by, source) => {
    if (source === undefined) return undefined;
    const found = await by(key, source, surroundings);
    if ('value' in found) return found.value;
    notes.find({ path: [...path, key], at: 'value', ...found });
    return undefined;
  };

/** By the name of the uplink. */
export async function resolveUplinks(
  draft: Draft,
  surroundings: Surroundings,
  notes: Notes,
): Promise<Map<string, ResolvedUplink>> {
  const resolved = new Map<string, ResolvedUplink>();
  for (const [name, uplink] of draft.uplinks) {
    if (uplink === undefined) continue;
    const look = lookIn(['uplinks', name], surroundings, notes);
    if ('hj212' in uplink) {
      const password = await look('pw', resolveText, uplink.pw);
      if (password !== undefined && !isPacketPassword(password)) {
        const path = ['uplinks', name, 'pw'];
        notes.find({ path, at: 'value', code: 'config.hj212-pw', details: { key: 'pw' } });
      }
      resolved.set(name, { ...NO_SECRETS, password });
      continue;
    }
    resolved.set(name, {
      username: await look('username', resolveText, uplink.username),
      password: await look('password', resolveText, uplink.password),
      ca: await look('ca', resolvePath, uplink.ca),
      clientCert: await look('client_cert', resolvePath, uplink.client_cert),
      clientKey: await look('client_key', resolvePath, uplink.client_key),
    });
  }
  return resolved;
}

/** Who logs in to the OPC UA servers, by the name of the bus. */
export async function resolveUsers(
  draft: Draft,
  surroundings: Surroundings,
  notes: Notes,
): Promise<Map<string, OpcuaUser>> {
  const users = new Map<string, OpcuaUser>();
  for (const [name, bus] of draft.buses) {
    if (bus === undefined || !('opcua' in bus)) continue;
    const look = lookIn(['buses', name], surroundings, notes);
    const user = await look('user', resolveText, bus.user);
    const password = await look('password', resolveText, bus.password);
    const certificate = await look('user_cert', resolvePath, bus.user_cert);
    const key = await look('user_key', resolvePath, bus.user_key);
    if (user !== undefined && password !== undefined)
      users.set(name, { kind: 'password', name: user, password });
    else if (certificate !== undefined && key !== undefined)
      users.set(name, { kind: 'certificate', certificate, key });
    else users.set(name, { kind: 'anonymous' });
  }
  return users;
}

/** Who signs commands from upstream, by name. */
export async function resolveOperators(
  draft: Draft,
  surroundings: Surroundings,
  notes: Notes,
): Promise<RemotePolicy['operators']> {
  const operators = new Map<string, Operator>();
  const owners = new Map<string, string>();
  for (const [name, operator] of draft.operators) {
    const path = ['commands', 'operators', name];
    const look = lookIn(path, surroundings, notes);
    const text = await look('key', resolveText, operator?.key);
    if (text === undefined) continue;
    const at = { path: [...path, 'key'], at: 'value' } as const;
    const publicKey = publicKeyBytes(text);
    const other = owners.get(text);
    if (publicKey === undefined) notes.find({ ...at, code: 'config.operator-key' });
    else if (other === undefined) operators.set(name, { publicKey, tags: operator?.tags });
    else {
      const first = ['commands', 'operators', other];
      notes.find({ ...at, code: 'config.operator-key-twice', details: { other }, first });
    }
    owners.set(text, other ?? name);
  }
  return operators;
}
