/** What an uplink over MQTT says of its messages against the rest of it. Pure. */
import { PLACEHOLDERS, templateProblem } from '../gateway/model/message-template.ts';
import type { Draft } from './draft.ts';
import type { Finding } from './finding.ts';
import type { MqttOptions } from './schema-uplink.ts';

export const lintFormats = ({ uplinks }: Draft): Finding[] =>
  [...uplinks].flatMap(([name, uplink]) =>
    uplink !== undefined && 'mqtt' in uplink ? lintFormat(name, uplink) : [],
  );

function lintFormat(name: string, options: MqttOptions): Finding[] {
  const { format, template, compress, version, ack, expiry } = options;
  const at = (key: string) => ({ path: ['uplinks', name, key], at: 'value' as const });
  const findings: Finding[] = [];
  const needsMqtt5 = (key: string) =>
    findings.push({ ...at(key), code: 'config.needs-mqtt-5', details: { key } });
  if (version !== 5 && compress === 'zstd') needsMqtt5('compress');
  if (version !== 5 && expiry !== undefined) needsMqtt5('expiry');
  if (expiry !== undefined && format === 'envelope')
    findings.push({ ...at('expiry'), code: 'config.expiry-of-proof' });
  if (ack === 'receiver' && format !== 'envelope')
    findings.push({ ...at('ack'), code: 'config.ack-needs-envelope', details: { format } });
  if (format === 'template' && template === undefined)
    findings.push({
      ...at('format'),
      code: 'config.pair-missing',
      details: { key: 'format: template', other: 'template' },
    });
  if (format !== 'template' && template !== undefined)
    findings.push({
      ...at('template'),
      code: 'config.pair-missing',
      details: { key: 'template', other: 'format: template' },
    });
  const problem = template === undefined ? undefined : templateProblem(template);
  if (problem?.kind === 'unknown')
    findings.push({
      ...at('template'),
      code: 'config.template-unknown',
      details: {
        placeholder: `{${problem.placeholder}}`,
        known: PLACEHOLDERS.map((known) => `{${known}}`).join(' '),
      },
    });
  if (problem?.kind === 'values')
    findings.push({
      ...at('template'),
      code: 'config.template-values',
      details: { placeholder: `{${problem.placeholder}}` },
    });
  return findings;
}
