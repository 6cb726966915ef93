import { existsSync } from 'node:fs';
import { plain, SHORTEST_PREFIX } from '../../../drivers/opcua/certificate.ts';
import type { Pki } from '../../../drivers/opcua/pki.ts';
import type { StoredCertificate } from '../../../drivers/opcua/trust-store.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Call, Verb } from '../verb.ts';
import { agreed, namedPki, PKI_OPTION } from './site-pki.ts';
import { plainCertificate, plainOwn, renderCertificate, renderTrust } from './trust-view.ts';

export const trustVerb: Verb = {
  usage: [
    'headgate trust [site] [fingerprint]',
    '       headgate trust [site] --remove <fingerprint>',
    '       headgate trust <opc.tcp://…>',
  ].join('\n'),
  about: {
    en: [
      'Which OPC UA servers this gateway lets itself talk to.',
      'Without a fingerprint: the own certificate, the trusted ones and those that wait for a decision.',
      'With one (8 digits or more of SHA-256 or SHA-1): that certificate is trusted from the next attempt on,',
      'also while the gateway runs.',
      "With a server's url: what that server shows to strangers, to be compared with its own screen",
      'before anything is trusted.',
    ].join(' '),
    zh: [
      '本网关允许连接哪些 OPC UA 服务器。',
      '不带指纹时列出本网关证书、已信任的证书和等待确认的证书；',
      '带指纹时（SHA-256 或 SHA-1 的前 8 位及以上）信任该证书，下次连接起生效，网关运行中也可执行。',
      '给出服务器地址时，显示该服务器的证书和连接方式，供信任之前与服务器自身界面核对。',
    ].join(''),
  },
  options: {
    remove: {
      type: 'string',
      placeholder: 'fingerprint',
      help: { en: 'trust this certificate no longer', zh: '不再信任该证书' },
    },
    pki: PKI_OPTION,
    yes: { type: 'boolean', help: { en: 'do not ask', zh: '不再询问' } },
    json: { type: 'boolean', help: { en: 'everything as JSON', zh: '以 JSON 输出' } },
  },
  examples: [
    [
      'headgate trust opc.tcp://192.168.1.20:4840',
      { en: 'what a server shows', zh: '查看服务器的证书' },
    ],
    ['headgate trust ./my-site', { en: 'who is trusted, who waits', zh: '已信任和等待确认的证书' }],
    [
      'headgate trust ./my-site 3f2a91bc',
      { en: 'trust the server that showed this certificate', zh: '信任出示该证书的服务器' },
    ],
  ],
  async run(call) {
    const [first = '', second = ''] = call.positionals;
    if (first.includes('://')) return (await import('./trust-server.ts')).showServer(call, first);
    const isSiteMissing = isFingerprint(first) && !existsSync(first);
    const isAlone = call.values.pki !== undefined || isSiteMissing;
    const fingerprint = isAlone ? first : second;
    const pki = await namedPki(isSiteMissing ? { ...call, positionals: [] } : call, 'trust');
    if (call.values.remove !== undefined) return remove(call, pki, String(call.values.remove));
    return fingerprint === '' ? list(call, pki) : trust(call, pki, fingerprint);
  },
};

const isFingerprint = (text: string): boolean =>
  /^[0-9a-f: ]+$/i.test(text) && plain(text).length >= SHORTEST_PREFIX;

async function list(call: Call, pki: Pki): Promise<number> {
  const [own, trusted, rejected] = [
    await pki.look(),
    await pki.store.trusted(),
    await pki.store.rejected(),
  ];
  const { language, clock } = call;
  call.print(
    call.values.json
      ? JSON.stringify({
          own: plainOwn(own),
          trusted: trusted.map(plainCertificate),
          waiting: rejected.map(plainCertificate),
        })
      : renderTrust({ own, trusted, rejected }, { language, now: clock.utc() }),
  );
  return 0;
}

async function trust(call: Call, pki: Pki, fingerprint: string): Promise<number> {
  const meant = await pki.store.find(checked(fingerprint));
  const { language, clock } = call;
  if (!call.values.json) call.print(renderCertificate(meant, { language, now: clock.utc() }));
  await agreed(call, QUESTION[language]);
  return done(call, 'trusted', await pki.store.trust(meant.certificate.sha256));
}

async function remove(call: Call, pki: Pki, fingerprint: string): Promise<number> {
  return done(call, 'removed', await pki.store.distrust(checked(fingerprint)));
}

const QUESTION = {
  en: "is this the fingerprint on the server's own screen? Trust it (y/n)",
  zh: '与服务器自身界面显示的指纹一致吗？确认信任 (y/n)',
};

function checked(fingerprint: string): string {
  if (isFingerprint(fingerprint)) return fingerprint;
  const problem = `"${fingerprint}" is no fingerprint: write ${SHORTEST_PREFIX} or more of its hexadecimal digits`;
  throw new GatewayError('cli.usage', { verb: 'trust', problem });
}

function done(call: Call, what: keyof typeof DONE, stored: StoredCertificate): number {
  const { subject } = stored.certificate;
  const where = stored.urls.join(', ');
  call.print(
    call.values.json
      ? JSON.stringify({ [what]: plainCertificate(stored) })
      : `${DONE[what][call.language]}: ${subject}${where && ` (${where})`}`,
  );
  return 0;
}

const DONE = {
  trusted: { en: 'trusted from the next attempt on', zh: '已信任，下次连接起生效' },
  removed: {
    en: 'no longer trusted, from the next connection on',
    zh: '已取消信任，下次连接起生效',
  },
} as const;
