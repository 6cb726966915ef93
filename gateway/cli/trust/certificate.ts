import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pemOf } from '../../../drivers/opcua/trust-store.ts';
import { GatewayError, reasonOf } from '../../model/errors.ts';
import type { Verb } from '../verb.ts';
import { agreed, namedPki, PKI_OPTION } from './site-pki.ts';
import { plainOwn, renderOwn } from './trust-view.ts';

export const certificateVerb: Verb = {
  usage: 'headgate certificate [site] [--export <file>]',
  about: {
    en: 'The certificate by which OPC UA servers know this gateway: who it names, how long it is valid, its fingerprints. It is made when it is missing. With --export it is written to a file for the trust list of a server: DER, or PEM when the name ends in .pem. The private key is never exported.',
    zh: 'OPC UA 服务器识别本网关所用的证书：名称、有效期和指纹；不存在时自动生成。--export 将其写入文件，用于加入服务器的信任列表：默认 DER 格式，文件名以 .pem 结尾时为 PEM。私钥不会导出。',
  },
  options: {
    export: {
      type: 'string',
      placeholder: 'file',
      help: {
        en: 'write the certificate there, .der or .pem',
        zh: '将证书写入该文件，.der 或 .pem',
      },
    },
    next: {
      type: 'boolean',
      help: {
        en: 'export the one that takes over before the current one ends',
        zh: '导出当前证书到期前将启用的下一张证书',
      },
    },
    renew: {
      type: 'boolean',
      help: {
        en: 'replace the certificate now; servers that trust single certificates will ask again',
        zh: '立即更换证书；逐张信任证书的服务器需要重新确认',
      },
    },
    pki: PKI_OPTION,
    yes: { type: 'boolean', help: { en: 'do not ask before renewing', zh: '更换前不再询问' } },
    json: { type: 'boolean', help: { en: 'the certificate as JSON', zh: '以 JSON 输出' } },
  },
  examples: [
    ['headgate certificate ./my-site', { en: 'what servers see of us', zh: '服务器看到的证书' }],
    [
      'headgate certificate ./my-site --export headgate.der',
      { en: "a file for the server's trust list", zh: '用于服务器信任列表的文件' },
    ],
  ],
  async run(call) {
    const pki = await namedPki(call, 'certificate');
    if (call.values.renew) {
      await agreed(call, QUESTION[call.language]);
      await pki.renew();
    }
    const own = await pki.refresh();
    if (call.values.export !== undefined) {
      const exported = call.values.next ? own.next : own.current;
      if (exported === undefined)
        throw usage('there is no next certificate: it is made 60 days before the current one ends');
      const path = resolve(String(call.values.export));
      await write(path, /\.pem$/i.test(path) ? pemOf(exported) : exported.der);
      call.note(`${path}: SHA-1 ${exported.sha1}`);
    }
    const shown = { language: call.language, now: call.clock.utc() };
    call.print(call.values.json ? JSON.stringify(plainOwn(own)) : renderOwn(own, shown));
    return 0;
  },
};

const QUESTION = {
  en: 'replace the certificate now? Servers that trust single certificates refuse us until they are told (y/n)',
  zh: '现在更换证书？逐张信任证书的服务器在确认前会拒绝连接 (y/n)',
};

const usage = (problem: string) => new GatewayError('cli.usage', { verb: 'certificate', problem });

async function write(path: string, data: string | Uint8Array): Promise<void> {
  try {
    await writeFile(path, data);
  } catch (error) {
    throw usage(`${path} cannot be written: ${reasonOf(error)}`);
  }
}
