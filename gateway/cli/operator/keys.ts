/** `headgate keys new`: who signs commands has a private key, and the site has the public one. */
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SITE_NAME } from '../../../config/options.ts';
import { GatewayError, reasonOf } from '../../model/errors.ts';
import type { Call, Verb } from '../verb.ts';
import { publicKeyText } from './operator-key.ts';

/** Nobody but its owner may read a private key. */
const PRIVATE_MODE = 0o600;

export const keysVerb: Verb = {
  usage: 'headgate keys new <name> [--out <file>]',
  about: {
    en: 'Makes the key pair (Ed25519) of an operator who sends signed commands from upstream. The private key is written to a file that only you can read, and never over another one: take it to the sender, and leave no copy here. The public key is printed, with the lines for the site.',
    zh: '为从上行发送签名命令的操作员生成密钥对（Ed25519）。私钥写入仅本人可读的文件，且不会覆盖已有文件：请将其转移到发送方，不要在此保留副本。公钥与站点配置片段一并打印。',
  },
  options: {
    out: {
      type: 'string',
      placeholder: 'file',
      help: { en: 'where the private key goes (<name>.pem)', zh: '私钥文件（默认 <名称>.pem）' },
    },
    json: { type: 'boolean', help: { en: 'as JSON', zh: '以 JSON 输出' } },
  },
  examples: [
    ['headgate keys new dispatch', { en: 'the key of the control room', zh: '为调度中心生成密钥' }],
  ],
  async run(call) {
    const [command, name = '', ...rest] = call.positionals;
    if (command !== 'new' || name === '' || rest.length > 0) throw usage('say new and one name');
    // The names that a site takes.
    if (!SITE_NAME.pattern?.test(name))
      throw usage(`a name begins with a letter and has a-z, 0-9, _ and -: not "${name}"`);
    const file = resolve(String(call.values.out ?? `${name}.pem`));
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    await writeNew(file, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const key = publicKeyText(publicKey);
    call.print(
      call.values.json
        ? JSON.stringify({ name, file, public_key: key })
        : shown(call, name, { file, key }),
    );
    return 0;
  },
};

const usage = (problem: string) => new GatewayError('cli.usage', { verb: 'keys', problem });

function shown(
  { language }: Call,
  name: string,
  { file, key }: { readonly file: string; readonly key: string },
): string {
  const yaml = ['commands:', '  operators:', `    ${name}:`, `      key: ${key}`];
  const words = {
    en: [`private key, for the sender: ${file}`, 'public key, for the site:'],
    zh: [`私钥（交给发送方）：${file}`, '公钥（写入站点配置）：'],
  };
  return [...words[language], '', ...yaml].join('\n');
}

/** Throws `cli.key-exists`, and `cli.usage` where the file cannot be written. */
async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx', mode: PRIVATE_MODE });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new GatewayError('cli.key-exists', { file });
    throw usage(`${file} cannot be written: ${reasonOf(error)}`);
  }
}
