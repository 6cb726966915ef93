/** What the doctor says about keys and trust of a site: only what somebody has to do something about. */
import type { Site } from '../../../config/site.ts';
import type { OwnCertificates } from '../../../drivers/opcua/own-identity.ts';
import { dayOf, PREPARED, takesOverAt } from '../../../drivers/opcua/renewal.ts';
import type { StoredCertificate } from '../../../drivers/opcua/trust-store.ts';
import type { Finding } from '../../health/doctor.ts';
import type { UtcMs } from '../../model/units.ts';
import type { Call } from '../verb.ts';
import { pkiOfSite, transportsOf } from './site-pki.ts';

/** Reads the files only; a site that uses no security has nothing to find. */
export async function trustFindings(
  site: Pick<Site, 'buses'>,
  call: Pick<Call, 'clock'>,
): Promise<Finding[]> {
  const pki = pkiOfSite(site, call);
  const secure = transportsOf(site).filter(({ security }) => security !== 'None');
  if (pki === undefined || secure.length === 0) return [];
  const now = call.clock.utc();
  const own = await pki.look();
  const urls = new Set(secure.map(({ url }) => url));
  const store = { trusted: await pki.store.trusted(), rejected: await pki.store.rejected() };
  return [...(own ? ownFindings(own, now) : []), ...serverFindings(store, urls, now)];
}

function ownFindings({ current, next }: OwnCertificates, now: UtcMs): Finding[] {
  const { notBefore, notAfter, isSelfSigned } = current;
  const [from, until] = [dayOf(notBefore), dayOf(notAfter)];
  if (now < notBefore || now > notAfter)
    return [found('trust.own-ended', { from, until, time: new Date(now).toISOString() })];
  if (notAfter - now >= PREPARED) return [];
  if (!isSelfSigned) return [found('trust.own-signed-ending', { until })];
  if (next === undefined) return [];
  const takes_over = dayOf(takesOverAt(current));
  return [found('trust.own-ending', { until, thumbprint: next.sha1, takes_over })];
}

/** Of the servers that the site has now; those it had are nobody's concern. */
function serverFindings(
  { trusted, rejected }: Readonly<Record<'trusted' | 'rejected', readonly StoredCertificate[]>>,
  urls: ReadonlySet<string>,
  now: UtcMs,
): Finding[] {
  const each = (all: readonly StoredCertificate[]) =>
    all.flatMap(({ certificate, urls: shown }) =>
      shown.filter((url) => urls.has(url)).map((url) => ({ url, ...certificate })),
    );
  return [
    ...each(rejected).map(({ url, subject, sha256: fingerprint }) =>
      found('trust.server-waiting', { url, subject, fingerprint }),
    ),
    ...each(trusted)
      .filter(({ notAfter }) => notAfter - now < PREPARED)
      .map(({ url, subject, notAfter }) =>
        found('trust.server-ending', { url, subject, until: dayOf(notAfter) }),
      ),
  ];
}

const found = (code: Finding['code'], details: Finding['details']): Finding => ({
  code,
  confidence: 'certain',
  details,
});
