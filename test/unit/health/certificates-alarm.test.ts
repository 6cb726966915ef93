import { expect, test } from 'vitest';
import { certificatesAlarm } from '../../../gateway/health/certificates-alarm.ts';
import { utcMs } from '../../../gateway/model/units.ts';

const NOW = utcMs(1_800_000_000_000);

test('an alarm stands while certificates cannot be used, with the next step, in both languages', () => {
  const details = { path: '/etc/tls.crt', key: '/etc/tls.key' };
  const credentials = { code: 'forward.credentials-mismatch', details } as const;
  const alarm = certificatesAlarm({ uplink: 'cloud', credentials }, NOW, 'gateway');
  expect(alarm).toMatchObject({ id: 'certificates-cloud', about: 'uplink cloud', isActive: true });
  expect(alarm.messages?.en).toContain(
    'the key in /etc/tls.key does not belong to the certificate in /etc/tls.crt',
  );
  expect(alarm.messages?.en).toContain('→ put both files there');
  expect(alarm.messages?.zh).toContain('/etc/tls.key 中的私钥与 /etc/tls.crt 中的证书不匹配');
});

test('and none where nothing is wrong with them', () => {
  expect(certificatesAlarm({ uplink: 'cloud' }, NOW, 'gateway').isActive).toBe(false);
});
