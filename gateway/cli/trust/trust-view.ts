/** Certificates as people compare them, and as scripts read them. Pure. */
import { type CertificateFacts, grouped } from '../../../drivers/opcua/certificate.ts';
import type { Offer } from '../../../drivers/opcua/discovery.ts';
import type { OwnCertificates } from '../../../drivers/opcua/own-identity.ts';
import { dayOf, takesOverAt } from '../../../drivers/opcua/renewal.ts';
import type { StoredCertificate } from '../../../drivers/opcua/trust-store.ts';
import { printable } from '../../host/quoted.ts';
import type { Language } from '../../model/errors.ts';
import type { UtcMs } from '../../model/units.ts';
import { table } from '../verb.ts';

const WORDS = {
  en: {
    subject: 'subject',
    uri: 'application URI',
    hosts: 'hosts',
    valid: 'valid',
    until: 'until',
    left: 'days left',
    ended: 'ENDED',
    early: 'NOT VALID YET',
    server: 'server',
    own: 'own certificate',
    next: 'next certificate, takes over on',
    none: 'no own certificate yet: it is made at the first start, or by headgate certificate',
    trusted: 'trusted servers',
    rejected: 'waiting for a decision',
    nobody: '-',
    offers: 'ways to connect',
    logins: 'logins',
    plain: 'unencrypted',
  },
  zh: {
    subject: '主题',
    uri: '应用 URI',
    hosts: '主机名',
    valid: '有效期',
    until: '至',
    left: '天后到期',
    ended: '已过期',
    early: '尚未生效',
    server: '服务器',
    own: '本网关证书',
    next: '下一张证书，启用日期',
    none: '尚无本网关证书：首次启动时生成，或执行 headgate certificate',
    trusted: '已信任的服务器',
    rejected: '等待确认',
    nobody: '-',
    offers: '连接方式',
    logins: '登录方式',
    plain: '不加密',
  },
} as const;

const DAY = 86_400_000;
/** Of what a server says of itself. */
const LONGEST_SAID = 200;
const said = (text: string): string => printable(text, LONGEST_SAID);

/** How a certificate is shown: for whom, and at what time. */
export interface Shown {
  readonly language: Language;
  readonly now: UtcMs;
}

/** One certificate with both fingerprints, grouped for comparing. */
export function renderCertificate(
  { certificate, urls }: StoredCertificate,
  { language, now }: Shown,
): string {
  const words = WORDS[language];
  const { subject, uri, hosts, notBefore, notAfter, sha1, sha256 } = certificate;
  const left = Math.floor((notAfter - now) / DAY);
  const state = now > notAfter ? words.ended : now < notBefore ? words.early : undefined;
  return table([
    ...urls.map((url) => [words.server, url] as const),
    [words.subject, said(subject)],
    [words.uri, said(uri ?? words.nobody)],
    [words.hosts, said(hosts.join(', ') || words.nobody)],
    [
      words.valid,
      `${dayOf(notBefore)} ${words.until} ${dayOf(notAfter)} (${state ?? `${left} ${words.left}`})`,
    ],
    ['SHA-256', grouped(sha256)],
    ['SHA-1', grouped(sha1)],
  ]);
}

/** What the gateway shows to servers. */
export function renderOwn(own: OwnCertificates | undefined, shown: Shown): string {
  const words = WORDS[shown.language];
  if (own === undefined) return words.none;
  const { current, next } = own;
  const parts = [`${words.own}\n${renderCertificate({ certificate: current, urls: [] }, shown)}`];
  if (next)
    parts.push(
      `${words.next} ${dayOf(takesOverAt(current))}\n${renderCertificate({ certificate: next, urls: [] }, shown)}`,
    );
  return parts.join('\n\n');
}

/** Everything a site has: its own certificates, the servers it trusts, those that wait. */
export interface TrustOverview {
  readonly own: OwnCertificates | undefined;
  readonly trusted: readonly StoredCertificate[];
  readonly rejected: readonly StoredCertificate[];
}

export function renderTrust({ own, trusted, rejected }: TrustOverview, shown: Shown): string {
  const words = WORDS[shown.language];
  const list = (title: string, all: readonly StoredCertificate[]) =>
    `${title}\n${all.map((one) => renderCertificate(one, shown)).join('\n\n') || `  ${words.nobody}`}`;
  return [renderOwn(own, shown), list(words.trusted, trusted), list(words.rejected, rejected)].join(
    '\n\n',
  );
}

/** What a server offers to strangers: its certificates, then the ways to connect. */
export function renderOffers(
  url: string,
  offers: readonly Offer[],
  certificates: readonly CertificateFacts[],
  shown: Shown,
): string {
  const words = WORDS[shown.language];
  const rows = offers.map(({ security, logins }) => {
    const kinds = logins.map(({ kind, isPlain }) =>
      isPlain && kind === 'password' ? `${kind} (${words.plain})` : kind,
    );
    return [said(security), [...new Set(kinds)].join(', ') || words.nobody] as const;
  });
  return [
    url,
    ...certificates.map((certificate) => renderCertificate({ certificate, urls: [] }, shown)),
    `${words.offers} / ${words.logins}\n${rows.length > 0 ? table(rows) : `  ${words.nobody}`}`,
  ].join('\n\n');
}

/** For JSON: everything but the certificate's bytes; times in ISO 8601. */
export function plainCertificate({ certificate, urls }: StoredCertificate) {
  const { subject, uri, hosts, notBefore, notAfter, sha256, sha1 } = certificate;
  return {
    subject,
    uri: uri ?? null,
    hosts,
    valid_from: new Date(notBefore).toISOString(),
    valid_to: new Date(notAfter).toISOString(),
    sha256,
    sha1,
    ...(urls.length > 0 && { servers: urls }),
  };
}

/** For JSON. */
export const plainOwn = (own: OwnCertificates | undefined) =>
  own === undefined
    ? null
    : {
        ...plainCertificate({ certificate: own.current, urls: [] }),
        next: own.next
          ? {
              ...plainCertificate({ certificate: own.next, urls: [] }),
              takes_over: takesOverAt(own.current).toISOString(),
            }
          : null,
      };
