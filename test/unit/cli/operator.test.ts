/** Keys of operators and signed commands, checked with nothing but node:crypto. */
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publicKeyBytes } from '../../../config/options.ts';
import { parseYaml } from '../../../config/yaml-document.ts';
import { keysVerb } from '../../../gateway/cli/operator/keys.ts';
import { signVerb } from '../../../gateway/cli/operator/sign.ts';
import { completedCommand } from '../../../gateway/cli/operator/signed-command.ts';
import { readCommand } from '../../../gateway/forward/command-message.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { seconds, utcMs } from '../../../gateway/model/units.ts';
import { type CallOptions, called } from '../../support/command-line.ts';
import { disposals } from '../../support/disposals.ts';

const ended = disposals();
const NOW = Date.UTC(2026, 0, 2, 8);
const headgate = (argv: readonly string[], options: CallOptions = {}) =>
  called({ keys: keysVerb, sign: signVerb }, argv, {
    clock: virtualClock(utcMs(NOW)),
    ...options,
  });
const folder = () =>
  ended(mkdtempSync(join(tmpdir(), 'headgate-keys-')), async (path) =>
    rmSync(path, { recursive: true, force: true }),
  );

async function operator() {
  const file = join(folder(), 'dispatch.pem');
  const { stdout } = await headgate(['keys', 'new', 'dispatch', '--out', file, '--json']);
  const { public_key: key } = JSON.parse(stdout);
  return { file, key: String(key) };
}

/** RFC 8410: the head of a SubjectPublicKeyInfo, and behind it the 32 bytes. */
const publicKeyOf = (base64: string) =>
  createPublicKey({
    key: Buffer.concat([
      Buffer.from('302a300506032b6570032100', 'hex'),
      Buffer.from(base64, 'base64'),
    ]),
    format: 'der',
    type: 'spki',
  });

function isBy(key: string, message: string): boolean {
  const { signed, sig } = JSON.parse(message);
  const bytes = Buffer.from(`headgate-command-v1\n${signed}`, 'utf8');
  return verify(null, bytes, publicKeyOf(key), Buffer.from(sig, 'base64'));
}

describe('headgate keys new', () => {
  it('writes a private key for nobody else, and prints the public one for the site', async () => {
    const file = join(folder(), 'dispatch.pem');
    const { status, stdout } = await headgate(['keys', 'new', 'dispatch', '--out', file]);
    expect(status).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const [, yaml = ''] = stdout.split('\n\n');
    const key = /key: (\S+)$/.exec(yaml)?.[1] ?? '';
    expect(yaml).toBe(`commands:\n  operators:\n    dispatch:\n      key: ${key}`);
    expect(parseYaml(yaml, 'x.yaml').problems).toEqual([]);
    expect(publicKeyBytes(key)).toHaveLength(32);
    const own = createPublicKey(readFileSync(file));
    expect(publicKeyOf(key).equals(own)).toBe(true);
    expect(stdout).not.toContain('PRIVATE');
  });

  it('speaks Chinese', async () => {
    const file = join(folder(), 'd.pem');
    const args = ['keys', 'new', 'dispatch', '--out', file];
    expect((await headgate(args, { language: 'zh' })).stdout).toContain('私钥（交给发送方）');
    const again = await headgate(args, { language: 'zh' });
    expect(again.stderr).toContain('已存在，未生成密钥 [cli.key-exists]');
  });

  it('makes another pair each time, and none over another', async () => {
    const first = await operator();
    const second = await operator();
    expect(first.key).not.toBe(second.key);
    const before = readFileSync(first.file, 'utf8');
    const { status, stderr } = await headgate(['keys', 'new', 'x', '--out', first.file]);
    expect(status).toBe(1);
    expect(stderr).toContain('[cli.key-exists]');
    expect(readFileSync(first.file, 'utf8')).toBe(before);
  });

  it.each([
    [[]],
    [['new']],
    [['show', 'dispatch']],
    [['new', 'a', 'b']],
    [['new', '../etc']],
    [['new', 'Dispatch']],
    [['new', 'x', '--out', '/nowhere/at/all.pem']],
  ])('does not understand %j', async (args) => {
    expect(await headgate(['keys', ...args])).toMatchObject({ status: 2 });
  });
});

describe('headgate sign', () => {
  const WISH = '{"gw":"weihai-3","tag":"press.pump","value":false,"by":"dispatch"}';

  it('prints a message that the key of the operator vouches for, and a gateway can read', async () => {
    const { file, key } = await operator();
    const { status, stdout, stderr } = await headgate(['sign', WISH, '--key', file]);
    expect(status).toBe(0);
    expect(isBy(key, stdout)).toBe(true);
    expect(isBy((await operator()).key, stdout)).toBe(false);
    const read = readCommand(Buffer.from(stdout));
    if (!read.ok) throw new Error(read.problem.form.problem);
    expect(read.request).toMatchObject({
      gateway: 'weihai-3',
      tag: 'press.pump',
      by: 'dispatch',
      wish: { kind: 'write', value: false },
      issued: NOW,
      expires: NOW + 30_000,
    });
    const topic = 'headgate/v1/weihai-3/cmd';
    expect(stderr).toContain(`publish it to ${topic}, QoS 1, not retained`);
    expect(stderr).toContain(`${topic}/${read.request.id}/outcome`);
  });

  it('signs what is complete to the letter, from standard input too', async () => {
    const { file, key } = await operator();
    const whole = `{ "v":1, "gw":"a", "id":"01JDW8Y0Q4RZX3", "tag":"p.q", "value":1.50, "issued":${NOW}, "expires":${NOW + 1}, "by":"李工", "counter":12 }`;
    const { stdout } = await headgate(['sign', '-', '--key', file], { input: `${whole}\n` });
    expect(JSON.parse(stdout).signed).toBe(whole);
    expect(isBy(key, stdout)).toBe(true);
    const changed = { ...JSON.parse(stdout), signed: whole.replace('1.50', '9.50') };
    expect(isBy(key, JSON.stringify(changed))).toBe(false);
  });

  it('lets each command have an id of its own, and a time', async () => {
    const { file } = await operator();
    const sign = async () => {
      const { stdout } = await headgate(['sign', WISH, '--key', file, '--for', '5s']);
      return JSON.parse(JSON.parse(stdout).signed);
    };
    const [first, second] = [await sign(), await sign()];
    expect(first.id).not.toBe(second.id);
    expect(first.expires - first.issued).toBe(5000);
  });

  it.each([
    ['not JSON', 'command.form'],
    ['[]', 'command.form'],
    ['{"gw":"a","tag":"p.q","by":"x"}', 'command.form'],
    ['{"gw":"a","tag":"p.q","value":1,"by":"x","colour":"red"}', 'command.form'],
    ['{"gw":"a","tag":"p.q","value":1,"value":2,"by":"x"}', 'command.form'],
    ['{"gw":"a","tag":"p.q","value":9007199254740993,"by":"x"}', 'command.form'],
    ['{"gw":"a","tag":"p.q","value":1,"by":"x","id":"short"}', 'command.id'],
  ])('refuses %s as no gateway would take it: %s', async (text, code) => {
    const { file } = await operator();
    const { status, stdout, stderr } = await headgate(['sign', text, '--key', file]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(`[${code}]`);
  });

  it('refuses what is longer than a gateway reads', async () => {
    const { file } = await operator();
    const text = `{"gw":"a","tag":"p.q","value":"${'\\\\'.repeat(999)}","by":"x"}`;
    const { status, stderr } = await headgate(['sign', text, '--key', file]);
    expect(status).toBe(1);
    expect(stderr).toContain('[command.too-large]');
  });

  it.each([
    ['no file', undefined],
    ['no key', 'hello'],
    ['a key of another kind', 'rsa'],
    ['a public key', 'public'],
    ['a key with a password', 'locked'],
  ])('does not sign with %s', async (_, content) => {
    const file = join(folder(), 'x.pem');
    if (content !== undefined) writeFileSync(file, keyText(content));
    const { status, stderr } = await headgate(['sign', WISH, '--key', file]);
    expect(status).toBe(1);
    expect(stderr).toContain('[cli.key-unreadable]');
  });

  it.each([
    [[]],
    [[WISH]],
    [[WISH, 'more', '--key', 'x']],
    [[WISH, '--key', 'x', '--for', 'long']],
    [[WISH, '--key', 'x', '--for', '0s']],
    [[WISH, '--key', 'x', '--for', '2d']],
  ])('does not understand %j', async (args) => {
    expect(await headgate(['sign', ...args])).toMatchObject({ status: 2 });
  });
});

function keyText(kind: string): string {
  const pem = { type: 'pkcs8', format: 'pem' } as const;
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  switch (kind) {
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export(pem).toString();
    case 'public':
      return publicKey.export({ type: 'spki', format: 'pem' }).toString();
    case 'locked':
      return privateKey.export({ ...pem, cipher: 'aes-256-cbc', passphrase: 'x' }).toString();
    default:
      return kind;
  }
}

describe('a command that is completed', () => {
  const completion = { id: 'abcdefgh', now: utcMs(1000), lifetime: seconds(30) };

  it.each([
    ['{}', '{"v":1,"id":"abcdefgh","issued":1000,"expires":31000}'],
    ['{ }', '{"v":1,"id":"abcdefgh","issued":1000,"expires":31000}'],
    [
      ' { "value" : 1.500 }\n',
      '{"v":1,"id":"abcdefgh","issued":1000,"expires":31000,"value" : 1.500 }',
    ],
    ['{"v":2,"id":"x","issued":5}', '{"expires":30005,"v":2,"id":"x","issued":5}'],
    ['{"issued":5,"expires":6,"v":1,"id":"y"}', '{"issued":5,"expires":6,"v":1,"id":"y"}'],
    ['{"id":"x"', '{"id":"x"'],
    ['[1]', '[1]'],
    ['null', 'null'],
    ['"{}"', '"{}"'],
  ])('%s becomes %s', (text, expected) => {
    expect(completedCommand(text, completion)).toBe(expected);
  });
});
