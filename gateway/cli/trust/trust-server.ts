/** What an OPC UA server shows to strangers, before it is trusted and before there is a site. */
import { type CertificateFacts, certificateFacts } from '../../../drivers/opcua/certificate.ts';
import { type Offer, offersOf } from '../../../drivers/opcua/discovery.ts';
import { securityError } from '../../../drivers/opcua/refusals.ts';
import { type Millis, seconds } from '../../model/units.ts';
import type { Call } from '../verb.ts';
import { plainCertificate, renderOffers } from './trust-view.ts';

const PATIENCE: Millis = seconds(15);

/** Asks once, without security and without a login; trusts nothing. Throws `opcua.unreachable` and its like. */
export async function showServer(call: Call, url: string): Promise<number> {
  const { clock, signal, language } = call;
  const offers = await offersOf(url, { clock, timeout: PATIENCE, signal }).catch((error) => {
    throw securityError(error, { url });
  });
  const certificates = certificatesOf(offers);
  call.print(
    call.values.json
      ? JSON.stringify({
          url,
          certificates: certificates.map((certificate) =>
            plainCertificate({ certificate, urls: [] }),
          ),
          offers: offers.map(({ security, applicationUri, logins }) => ({
            security,
            application_uri: applicationUri ?? null,
            logins: [...new Set(logins.map(({ kind }) => kind))],
          })),
        })
      : renderOffers(url, offers, certificates, { language, now: clock.utc() }),
  );
  return 0;
}

/** Most servers have one for all their endpoints. */
function certificatesOf(offers: readonly Offer[]): readonly CertificateFacts[] {
  const all = new Map<string, CertificateFacts>();
  for (const { certificate } of offers) {
    if (certificate === undefined) continue;
    const facts = certificateFacts(certificate);
    all.set(facts.sha256, facts);
  }
  return [...all.values()];
}
