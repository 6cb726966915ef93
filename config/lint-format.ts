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
  const { format, template, compress, version, ack } = options;
  const at = (key: string) => ({ path: ['uplinks', name, key], at: 'value' as const });
  const findings: Finding[] = [];
  if (compress === 'zstd' && version !== 5)
    findings.push({ ...at('compress'), code: 'config.needs-mqtt-5', details: { key: 'compress' } });
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
