/** The site that the benches run: units of one Modbus TCP bus with float32 tags side by side, and one broker. */
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SiteShape {
  readonly units: number;
  readonly tagsPerUnit: number;
  /** As in a site's YAML: `1s`. */
  readonly scan: string;
  readonly lossWindow: string;
  /** Tags with one, two and three declared decimals in turn; without, as the float32 is. */
  readonly decimals: boolean;
  /** The round of each tag's signal. */
  readonly periodMs: number;
}

const FOLDER = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'bench');
const TMPFS_MAGIC = 0x0102_1994;
const REGISTERS_PER_TAG = 2;

export const unitName = (unit: number): string => `unit_${unit}`;
export const tagName = (tag: number): string => `t${tag}`;
export const tagAddress = (tag: number): number => tag * REGISTERS_PER_TAG;

/** A fresh folder on the disk that the repository is on. */
export function benchFolder(): { readonly path: string; readonly remove: () => void } {
  mkdirSync(FOLDER, { recursive: true });
  const path = mkdtempSync(join(FOLDER, 'run-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Whether the folder is on a file system in memory, where nothing that is said of a disk holds. */
export const isInMemory = (folder: string): boolean => statfsSync(folder).type === TMPFS_MAGIC;

/** Writes `gateway.yaml` into the folder; the journal lies beside it. */
export function writeSite(
  folder: string,
  shape: SiteShape,
  ports: { readonly modbus: number; readonly mqtt: number },
): void {
  const lines = [
    'gateway: { id: bench }',
    `journal: { path: ./journal.db, loss_window: ${shape.lossWindow} }`,
    `uplinks: { cloud: { mqtt: "mqtt://127.0.0.1:${ports.mqtt}" } }`,
    `buses: { field: { tcp: "127.0.0.1:${ports.modbus}" } }`,
    'devices:',
  ];
  for (let unit = 1; unit <= shape.units; unit++) {
    lines.push(
      `  ${unitName(unit)}:`,
      '    bus: field',
      '    protocol: modbus',
      `    unit: ${unit}`,
      `    scan: ${shape.scan}`,
      '    tags:',
    );
    for (let tag = 0; tag < shape.tagsPerUnit; tag++) {
      const decimals = shape.decimals ? `, decimals: ${1 + (tag % 3)}` : '';
      lines.push(
        `      ${tagName(tag)}: { address: "holding:${tagAddress(tag)} float32"${decimals} }`,
      );
    }
  }
  writeFileSync(join(folder, 'gateway.yaml'), `${lines.join('\n')}\n`);
}
