/** What the doctor says about keys and trust of a site: only what somebody has to do something about. */
import type { Site } from '../../../config/site.ts';
import { dayOf, PREPARED, takesOverAt } from '../../../drivers/opcua/renewal.ts';
import type { Finding } from '../../health/doctor.ts';
import type { Call } from '../verb.ts';
import { pkiOfSite, transportsOf } from './site-pki.ts';

/** Reads the files only; a site that uses no security has nothing to find. */
export async function trustFindings(site: Site, call: Pick<Call, 'clock'>): Promise<Finding[]> {
  const pki = pkiOfSite(site, call);
  const isSecure = transportsOf(site).some(({ security }) => security !== 'None');
  if (pki === undefined || !isSecure) return [];
  const now = call.clock.utc();
  const own = await pki.look();
  const findings: Finding[] = [];
  const find = (code: Finding['code'], details: Finding['details']) =>
    findings.push({ code, confidence: 'certain', details });
  if (own) {
    const { current, next } = own;
    const [from, until] = [dayOf(current.notBefore), dayOf(current.notAfter)];
    if (now < current.notBefore || now > current.notAfter)
      find('trust.own-ended', { from, until, time: new Date(now).toISOString() });
    else if (next) {
      const takes_over = dayOf(takesOverAt(current));
      find('trust.own-ending', { until, thumbprint: next.sha1, takes_over });
    }
  }
  const known = new Set(transportsOf(site).map(({ url }) => url));
  for (const { certificate, urls } of await pki.store.rejected())
    for (const url of urls.filter((one) => known.has(one))) {
      const { subject, sha256: fingerprint } = certificate;
      find('trust.server-waiting', { url, subject, fingerprint });
    }
  for (const { certificate, urls } of await pki.store.trusted())
    if (certificate.notAfter - now < PREPARED)
      for (const url of urls.filter((one) => known.has(one)))
        find('trust.server-ending', {
          url,
          subject: certificate.subject,
          until: dayOf(certificate.notAfter),
        });
  return findings;
}
