/** The site of the OPC UA benches: slow variables watched once a second, fast ones ten times a second. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLAIN_NAMESPACE } from '../../firmware-sim/opcua/variables.ts';

export interface OpcuaShape {
  readonly slow: number;
  readonly fast: number;
}

export const changesPerSecond = ({ slow, fast }: OpcuaShape): number => slow + 10 * fast;

export const variableName = (kind: 'slow' | 'fast', n: number): string =>
  `${kind}${String(n).padStart(4, '0')}`;

/** Writes `gateway.yaml` into the folder; the journal lies beside it. */
export function writeOpcuaSite(
  folder: string,
  shape: OpcuaShape,
  { url, mqtt }: { readonly url: string; readonly mqtt: number },
): void {
  const device = (kind: 'slow' | 'fast', scan: string) => [
    `  ${kind}:`,
    '    bus: plc',
    '    protocol: opcua',
    `    scan: ${scan}`,
    `    namespaces: { plain: "${PLAIN_NAMESPACE}" }`,
    '    tags:',
    ...Array.from({ length: shape[kind] }, (_, n) => {
      const name = variableName(kind, n);
      return `      ${name}: { address: "plain:s=${name}" }`;
    }),
  ];
  const lines = [
    'gateway: { id: bench }',
    'journal: { path: ./journal.db, loss_window: 1s }',
    `uplinks: { cloud: { mqtt: "mqtt://127.0.0.1:${mqtt}" } }`,
    `buses: { plc: { opcua: "${url}", security: None } }`,
    'devices:',
    ...device('slow', '1s'),
    ...device('fast', '100ms'),
  ];
  writeFileSync(join(folder, 'gateway.yaml'), `${lines.join('\n')}\n`);
}
