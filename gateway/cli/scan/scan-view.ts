/** What a scan found, as people and as sites read it. Pure. */
import type { WireTransport } from '../../../config/site.ts';
import { settingsText } from '../../health/doctor.ts';
import type { Language } from '../../model/errors.ts';
import type { Proposal } from './scan-profiles.ts';
import type { FoundDevice, GarbledPlace } from './scan-run.ts';

export interface ScanReport {
  readonly found: readonly FoundDevice[];
  readonly garbled: readonly GarbledPlace[];
  /** Frames of others that were heard before anybody was asked. */
  readonly strangers: number;
  readonly isFixed: boolean;
  readonly isAnyUnit: boolean;
  readonly isComplete: boolean;
  /** By the device they are for. */
  readonly proposals: ReadonlyMap<FoundDevice, readonly Proposal[]>;
}

/** One line for a device. */
export function foundLine(found: FoundDevice, language: Language): string {
  const { protocol, unit, settings, after, identification } = found;
  const at = settings ? ` · ${settingsText(settings)}` : '';
  const said = identification.length > 0 ? ` · ${identification.join(', ')}` : '';
  return language === 'zh'
    ? `发现 ${protocol} ${unit}${at} · ${Math.max(0, after).toFixed(0)} ms${said}`
    : `found ${protocol} ${unit}${at} · ${Math.max(0, after).toFixed(0)} ms${said}`;
}

/** Everything that is worth knowing besides the devices themselves. */
export function remarks(report: ScanReport, language: Language): readonly string[] {
  const zh = language === 'zh';
  const { found, garbled, strangers, isFixed, isAnyUnit, isComplete } = report;
  const said: string[] = [];
  if (!isComplete) said.push(zh ? '扫描被中断，以下为已发现的设备' : 'ended early; so far:');
  if (strangers > 0)
    said.push(
      zh
        ? `总线上还有另一个主站（监听到 ${strangers} 帧），结果可能不完整；请断开后重试`
        : `another master is on this line (${strangers} frames heard): disconnect it and scan again`,
    );
  if (isFixed)
    said.push(
      zh
        ? '远端的串口服务器决定串口参数，其他参数未尝试'
        : 'the serial server decides about baud and parity: other settings were not tried',
    );
  if (isAnyUnit)
    said.push(zh ? '该设备对任何站号都应答' : 'the device answers to every unit number');
  for (const { protocol, unit, settings } of garbled)
    said.push(
      zh
        ? `${protocol} ${unit}（${settingsText(settings)}）处有应答但无法识别：可能两台设备地址相同`
        : `${protocol} ${unit} at ${settingsText(settings)}: an answer that cannot be read; ` +
            'two devices may answer at once',
    );
  if (found.length === 0)
    said.push(
      zh
        ? '未发现设备；请运行 headgate doctor 查找原因'
        : 'nothing found; headgate doctor finds out why',
    );
  return said;
}

/** YAML for a site: the bus, and each device with its likeliest profile, or what is known of it. */
export function siteYaml(
  { found, proposals }: Pick<ScanReport, 'found' | 'proposals'>,
  transport: WireTransport,
): string {
  const [first] = found;
  const wire = first?.settings;
  const own = wire ? `, baud: ${wire.baud}, format: ${wire.format}` : '';
  const devices = found.flatMap((device) => {
    const [best, ...others] = proposals.get(device) ?? [];
    return deviceYaml(device, wire, best, others);
  });
  return ['buses:', `  bus1: { ${busYaml(transport)}${own} }`, 'devices:', ...devices].join('\n');
}

function busYaml(transport: WireTransport): string {
  switch (transport.kind) {
    case 'serial':
      return `serial: ${transport.path}`;
    case 'serial-tcp':
      return `serial_tcp: "${transport.host}:${transport.port}"`;
    case 'tcp':
      return `tcp: "${transport.host}:${transport.port}"`;
    case 'dtu': {
      const text = Buffer.from(transport.registration).toString('latin1');
      return `dtu: "${transport.host}:${transport.port}", registration: ${JSON.stringify(text)}`;
    }
  }
}

function deviceYaml(
  { protocol, unit, options, settings, identification }: FoundDevice,
  wire: FoundDevice['settings'],
  best: Proposal | undefined,
  others: readonly Proposal[],
): readonly string[] {
  const said = identification.length > 0 ? [`    # ${identification.join(', ')}`] : [];
  const maybe = others.map(({ profile }) => profile.id).join(', ');
  const isOther = settings && wire && settingsText(settings) !== settingsText(wire);
  const rest = Object.entries(options).map(
    ([key, value]) => `    ${key}: ${typeof value === 'number' ? value : JSON.stringify(value)}`,
  );
  return [
    `  ${protocol}_${unit.toLowerCase()}:`,
    ...said,
    '    bus: bus1',
    ...(best
      ? [`    profile: ${best.profile.id}${maybe ? ` # or ${maybe}` : ''}`]
      : [`    protocol: ${protocol}`]),
    ...(isOther ? [`    baud: ${settings.baud}`, `    format: ${settings.format}`] : []),
    ...rest,
    ...(best ? [] : ['    tags: {} # none of the profiles fits; see the manual of the device']),
  ];
}

/** `2 min 5 s` */
export function lasting(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
